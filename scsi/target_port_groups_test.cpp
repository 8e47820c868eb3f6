// REPORT and SET TARGET PORT GROUPS: known answers, every truncation, and every way in which an
// array can lie.
#include "scsi/target_port_groups.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <vector>

#include "base/prng.h"
#include "scsi/guarded_bytes.h"

namespace scsi {
namespace {

using Raw = std::vector<uint8_t>;

// Group 1 (ports 1, 3): active/optimized, preferred. Group 2 (port 2): standby.
const Raw kBasic = {0, 0, 0, 28, 0x80, 0x0f, 0, 1, 0, 2, 0, 2, 0, 0, 0, 1,
                    0, 0, 0, 3,  0x02, 0x8f, 0, 2, 0, 1, 0, 1, 0, 0, 0, 2};

Raw extended(uint8_t seconds) {
  Raw raw = kBasic;
  raw[3] = 32;
  const std::array<uint8_t, 4> header{0x10, seconds, 0, 0};
  raw.insert(raw.begin() + 4, header.begin(), header.end());
  return raw;
}

GroupsDefect defect_of(base::Bytes raw) {
  const auto groups = std::make_unique<TargetPortGroups>();
  const bool good = decode_target_port_groups(raw, *groups);
  EXPECT_EQ(good, groups->defect == GroupsDefect::none);
  return groups->defect;
}

void expect_known(const TargetPortGroups& groups) {
  ASSERT_EQ(groups.groups.size(), 2u);
  EXPECT_EQ(groups.groups[0].id, 1);
  EXPECT_EQ(groups.groups[0].state, AccessState::active_optimized);
  EXPECT_TRUE(groups.groups[0].preferred);
  EXPECT_EQ(groups.groups[0].supported_states, 0x0f);
  EXPECT_EQ(groups.groups[0].status_code, 2);
  ASSERT_EQ(groups.groups[0].ports.size(), 2u);
  EXPECT_EQ(groups.groups[0].ports[1], 3);
  ASSERT_NE(groups.find(2), nullptr);
  EXPECT_EQ(groups.find(2)->state, AccessState::standby);
  EXPECT_FALSE(groups.find(2)->preferred);
  EXPECT_EQ(groups.find(2)->supported_states, 0x8f);
  EXPECT_EQ(groups.find(3), nullptr);
}

TEST(Rtpg, BasicKnownAnswer) {
  TargetPortGroups groups;
  EXPECT_TRUE(decode_target_port_groups(kBasic, groups));
  EXPECT_FALSE(groups.extended);
  expect_known(groups);
}

TEST(Rtpg, ExtendedKnownAnswer) {
  TargetPortGroups groups;
  EXPECT_TRUE(decode_target_port_groups(extended(60), groups));
  EXPECT_TRUE(groups.extended);
  EXPECT_EQ(groups.implicit_transition_time_s, 60);
  expect_known(groups);
}

TEST(Rtpg, DecodingClearsWhatWasThere) {
  TargetPortGroups groups;
  EXPECT_TRUE(decode_target_port_groups(extended(60), groups));
  EXPECT_FALSE(decode_target_port_groups({}, groups));
  EXPECT_TRUE(groups.groups.empty());
  EXPECT_FALSE(groups.extended);
  EXPECT_EQ(groups.implicit_transition_time_s, 0);
  EXPECT_TRUE(decode_target_port_groups(kBasic, groups));
  EXPECT_EQ(groups.defect, GroupsDefect::none);
}

TEST(Rtpg, EveryTruncationOfBothFormats) {
  for (const Raw& raw : {kBasic, extended(5)}) {
    const size_t header = raw.size() - 28;
    for_each_truncation(raw, [&](base::Bytes prefix) {
      TargetPortGroups groups;
      EXPECT_FALSE(decode_target_port_groups(prefix, groups));
      EXPECT_EQ(groups.defect,
                prefix.size() < 4 ? GroupsDefect::too_short : GroupsDefect::length_too_large);
      EXPECT_EQ(groups.groups.size(), prefix.size() >= header + 16 ? 1u : 0u) << prefix.size();
    });
  }
}

TEST(Rtpg, AnEmptyListIsWellFormed) {
  EXPECT_EQ(defect_of(Raw{0, 0, 0, 0}), GroupsDefect::none);
}

TEST(Rtpg, BytesBehindTheListAreIgnored) {
  Raw raw = kBasic;
  raw.insert(raw.end(), 100, 0xff);
  EXPECT_EQ(defect_of(raw), GroupsDefect::none);
}

TEST(Rtpg, ACutGroup) {
  Raw raw = kBasic;
  raw[3] = 27;
  EXPECT_EQ(defect_of(raw), GroupsDefect::cut_group);
  raw = kBasic;
  raw[27] = 2;  // the second group claims a port more than fits
  EXPECT_EQ(defect_of(raw), GroupsDefect::cut_group);
}

TEST(Rtpg, Duplicates) {
  Raw raw = kBasic;
  raw[23] = 1;
  TargetPortGroups groups;
  EXPECT_FALSE(decode_target_port_groups(raw, groups));
  EXPECT_EQ(groups.defect, GroupsDefect::duplicate_group);
  ASSERT_EQ(groups.groups.size(), 1u);
  EXPECT_EQ(groups.groups[0].state, AccessState::active_optimized) << "the first one counts";
  raw = kBasic;
  raw[31] = 3;  // a port of group 1 in group 2
  EXPECT_EQ(defect_of(raw), GroupsDefect::duplicate_port);
  raw = kBasic;
  raw[19] = 1;  // twice in group 1
  EXPECT_EQ(defect_of(raw), GroupsDefect::duplicate_port);
}

TEST(Rtpg, EveryStateValue) {
  for (uint8_t state = 0; state < 16; ++state) {
    Raw raw = kBasic;
    raw[4] = state;
    const bool known = state <= 4 || state >= 0xe;
    EXPECT_EQ(is_known(static_cast<AccessState>(state)), known);
    EXPECT_EQ(name_of(static_cast<AccessState>(state)) == "reserved", !known);
    EXPECT_EQ(defect_of(raw), known ? GroupsDefect::none : GroupsDefect::unknown_state)
        << int{state};
  }
}

Raw many(size_t group_count, size_t ports_each) {
  Raw raw(4);
  uint16_t port = 1;
  for (size_t i = 0; i < group_count; ++i) {
    raw.insert(raw.end(),
               {0, 1, 0, static_cast<uint8_t>(i), 0, 0, 0, static_cast<uint8_t>(ports_each)});
    for (size_t j = 0; j < ports_each; ++j, ++port) {
      raw.insert(raw.end(), {0, 0, static_cast<uint8_t>(port >> 8), static_cast<uint8_t>(port)});
    }
  }
  base::store_be32(raw.data(), static_cast<uint32_t>(raw.size() - 4));
  return raw;
}

TEST(Rtpg, Capacities) {
  EXPECT_EQ(defect_of(many(32, 1)), GroupsDefect::none);
  EXPECT_EQ(defect_of(many(33, 1)), GroupsDefect::too_many);
  EXPECT_EQ(defect_of(many(2, 32)), GroupsDefect::none);
  EXPECT_EQ(defect_of(many(2, 33)), GroupsDefect::too_many);
  EXPECT_EQ(defect_of(many(200, 255)), GroupsDefect::too_many);
}

TEST(Rtpg, HugeLengthField) {
  Raw raw = kBasic;
  raw[0] = raw[1] = raw[2] = raw[3] = 0xff;
  TargetPortGroups groups;
  EXPECT_FALSE(decode_target_port_groups(raw, groups));
  EXPECT_EQ(groups.defect, GroupsDefect::length_too_large);
  expect_known(groups);
}

TEST(Rtpg, RoundTripsOfRandomLists) {
  constexpr std::array<uint8_t, 7> kStates{0, 1, 2, 3, 4, 0xe, 0xf};
  base::Prng prng(61);
  for (int round = 0; round < 500; ++round) {
    TargetPortGroups sent;
    sent.extended = prng.chance(1, 2);
    sent.implicit_transition_time_s = sent.extended ? static_cast<uint8_t>(prng.next()) : 0;
    const size_t count = prng.below(kMaxGroups + 1);
    uint16_t port = 1;
    for (size_t i = 0; i < count; ++i) {
      TargetPortGroup group;
      group.id = static_cast<uint16_t>(i * 2048 + prng.below(2048));
      group.state = static_cast<AccessState>(kStates[prng.below(kStates.size())]);
      group.preferred = prng.chance(1, 2);
      group.supported_states = static_cast<uint8_t>(prng.next());
      group.status_code = static_cast<uint8_t>(prng.below(3));
      const size_t ports = prng.below(kMaxPortsPerGroup + 1);
      for (size_t j = 0; j < ports; ++j) {
        EXPECT_TRUE(group.ports.push_back(port++));
      }
      EXPECT_TRUE(sent.groups.push_back(group));
    }
    Raw raw(8192);
    raw.resize(encode_target_port_groups(raw, sent));
    const GuardedBytes guarded(raw);
    TargetPortGroups got;
    ASSERT_TRUE(decode_target_port_groups(guarded.view(), got)) << name_of(got.defect);
    EXPECT_EQ(got.extended, sent.extended);
    EXPECT_EQ(got.implicit_transition_time_s, sent.implicit_transition_time_s);
    ASSERT_EQ(got.groups.size(), sent.groups.size());
    for (size_t i = 0; i < count; ++i) {
      const TargetPortGroup& a = got.groups[i];
      const TargetPortGroup& b = sent.groups[i];
      EXPECT_EQ(a.id, b.id);
      EXPECT_EQ(a.state, b.state);
      EXPECT_EQ(a.preferred, b.preferred);
      EXPECT_EQ(a.supported_states, b.supported_states);
      EXPECT_EQ(a.status_code, b.status_code);
      EXPECT_TRUE(std::equal(a.ports.begin(), a.ports.end(), b.ports.begin(), b.ports.end()));
    }
  }
}

TEST(Rtpg, EncoderStaysInShortBuffers) {
  TargetPortGroups groups;
  ASSERT_TRUE(decode_target_port_groups(kBasic, groups));
  for_each_buffer(40, [&](base::MutableBytes buffer) {
    EXPECT_EQ(encode_target_port_groups(buffer, groups), 32u);
    const size_t length = std::min<size_t>(buffer.size(), kBasic.size());
    EXPECT_TRUE(std::equal(buffer.begin(), buffer.begin() + static_cast<ptrdiff_t>(length),
                           kBasic.begin()));
  });
}

TEST(Rtpg, EncoderMatchesTheBytesDecoded) {
  TargetPortGroups groups;
  for (const Raw& raw : {kBasic, extended(9)}) {
    ASSERT_TRUE(decode_target_port_groups(raw, groups));
    Raw again(raw.size());
    EXPECT_EQ(encode_target_port_groups(again, groups), raw.size());
    EXPECT_EQ(again, raw);
  }
}

TEST(Stpg, KnownAnswerBothWays) {
  const Raw raw{0, 0, 0, 0, 0x00, 0, 0, 1, 0x02, 0, 0x12, 0x34};
  const auto groups = decode_set_groups(raw);
  ASSERT_TRUE(groups);
  ASSERT_EQ(groups->size(), 2u);
  EXPECT_EQ((*groups)[0].id, 1);
  EXPECT_EQ((*groups)[0].state, AccessState::active_optimized);
  EXPECT_EQ((*groups)[1].id, 0x1234);
  EXPECT_EQ((*groups)[1].state, AccessState::standby);
  Raw again(raw.size());
  EXPECT_EQ(encode_set_groups(again, {groups->begin(), groups->size()}), raw.size());
  EXPECT_EQ(again, raw);
}

TEST(Stpg, TruncationsAndCapacity) {
  const Raw raw(kSetGroupsHeaderBytes + kMaxGroups * kSetGroupBytes);
  for_each_truncation(raw, [](base::Bytes prefix) {
    EXPECT_EQ(decode_set_groups(prefix).has_value(), prefix.size() >= 4 && prefix.size() % 4 == 0)
        << prefix.size();
  });
  EXPECT_TRUE(decode_set_groups(raw));
  EXPECT_FALSE(decode_set_groups(Raw(raw.size() + 4)));
}

}  // namespace
}  // namespace scsi
