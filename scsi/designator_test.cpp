// Page 83h: a page written out by hand, round trips, cut pages and pages of another kind.
#include "scsi/designator.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "base/prng.h"
#include "scsi/guarded_bytes.h"

namespace scsi {
namespace {

// An NAA-6 name of the logical unit, and the relative port (iSCSI) and group of the port it was
// asked on.
const std::vector<uint8_t> kPage = {0x00, 0x83, 0x00, 0x24, 0x01, 0x03, 0x00, 0x10, 0x60, 0x01,
                                    0x40, 0x5a, 1,    2,    3,    4,    5,    6,    7,    8,
                                    9,    10,   11,   12,   0x51, 0x94, 0x00, 0x04, 0x00, 0x00,
                                    0x00, 0x02, 0x51, 0x95, 0x00, 0x04, 0x00, 0x00, 0x00, 0x01};

TEST(Designator, KnownAnswer) {
  DesignatorWalk walk(kPage);
  const auto name = walk.next();
  ASSERT_TRUE(name);
  EXPECT_EQ(name->type, DesignatorType::naa);
  EXPECT_EQ(name->association, Association::logical_unit);
  EXPECT_EQ(name->code_set, CodeSet::binary);
  EXPECT_FALSE(name->protocol_valid);
  ASSERT_EQ(name->bytes.size(), 16u);
  EXPECT_EQ(name->bytes[0], 0x60);
  const auto port = walk.next();
  ASSERT_TRUE(port);
  EXPECT_EQ(port->type, DesignatorType::relative_target_port);
  EXPECT_EQ(port->association, Association::target_port);
  EXPECT_TRUE(port->protocol_valid);
  EXPECT_EQ(port->protocol, 5);
  EXPECT_EQ(base::load_be32(port->bytes.data()), 2u);
  const auto group = walk.next();
  ASSERT_TRUE(group);
  EXPECT_EQ(group->type, DesignatorType::target_port_group);
  EXPECT_FALSE(walk.next());
  EXPECT_FALSE(walk.truncated());
  EXPECT_FALSE(walk.next()) << "the end stays the end";
}

TEST(Designator, ProtocolNeedsItsValidBit) {
  std::vector<uint8_t> page = kPage;
  page[25] = 0x14;  // PIV off
  DesignatorWalk walk(page);
  walk.next();
  const auto port = walk.next();
  EXPECT_FALSE(port->protocol_valid);
  EXPECT_EQ(port->protocol, 0);
}

TEST(Designator, EveryTruncationIsNoticed) {
  for_each_truncation(kPage, [](base::Bytes prefix) {
    DesignatorWalk walk(prefix);
    size_t whole = 0;
    while (walk.next()) {
      ++whole;
    }
    EXPECT_TRUE(walk.truncated()) << prefix.size();
    EXPECT_EQ(whole, prefix.size() >= 32 ? 2u : prefix.size() >= 24 ? 1u : 0u) << prefix.size();
  });
}

TEST(Designator, BytesPastThePageLengthAreNotNames) {
  std::vector<uint8_t> page = kPage;
  page[3] = 0x14;
  DesignatorWalk walk(page);
  EXPECT_TRUE(walk.next());
  EXPECT_FALSE(walk.next());
  EXPECT_FALSE(walk.truncated());
  page[3] = 0x15;  // one byte of a second descriptor
  DesignatorWalk cut(page);
  EXPECT_TRUE(cut.next());
  EXPECT_FALSE(cut.next());
  EXPECT_TRUE(cut.truncated());
}

TEST(Designator, AnotherPageGivesNoNames) {
  std::vector<uint8_t> page = kPage;
  page[1] = 0x80;
  DesignatorWalk walk(page);
  EXPECT_FALSE(walk.next());
  EXPECT_TRUE(walk.truncated());
}

TEST(Designator, RoundTripsOfRandomLists) {
  base::Prng prng(21);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::vector<uint8_t>> values(prng.below(8));
    std::vector<Designator> sent;
    for (auto& value : values) {
      value.resize(prng.below(256));
      for (uint8_t& byte : value) {
        byte = static_cast<uint8_t>(prng.next());
      }
      Designator designator;
      designator.code_set = static_cast<CodeSet>(prng.below(4));
      designator.association = static_cast<Association>(prng.below(3));
      designator.type = static_cast<DesignatorType>(prng.below(9));
      designator.protocol_valid = prng.chance(1, 2);
      designator.protocol = designator.protocol_valid ? static_cast<uint8_t>(prng.below(16)) : 0;
      designator.bytes = value;
      sent.push_back(designator);
    }
    std::vector<uint8_t> raw(4096);
    DesignatorPageWriter writer(raw);
    for (const Designator& designator : sent) {
      EXPECT_TRUE(writer.add(designator));
    }
    raw.resize(writer.finish());
    const GuardedBytes guarded(raw);
    DesignatorWalk walk(guarded.view());
    for (const Designator& expected : sent) {
      const auto got = walk.next();
      ASSERT_TRUE(got);
      EXPECT_EQ(got->code_set, expected.code_set);
      EXPECT_EQ(got->association, expected.association);
      EXPECT_EQ(got->type, expected.type);
      EXPECT_EQ(got->protocol_valid, expected.protocol_valid);
      EXPECT_EQ(got->protocol, expected.protocol);
      EXPECT_TRUE(std::equal(got->bytes.begin(), got->bytes.end(), expected.bytes.begin(),
                             expected.bytes.end()));
    }
    EXPECT_FALSE(walk.next());
    EXPECT_FALSE(walk.truncated());
  }
}

TEST(Designator, WriterRefusesWhatItsLengthFieldsCannotSay) {
  std::vector<uint8_t> raw(100000);
  const std::vector<uint8_t> value(256);
  DesignatorPageWriter writer(raw);
  Designator designator;
  designator.bytes = value;
  EXPECT_FALSE(writer.add(designator));
  EXPECT_EQ(writer.finish(), 4u);
  designator.bytes = base::Bytes(value).first(255);
  size_t added = 0;
  while (writer.add(designator)) {
    ++added;
  }
  EXPECT_EQ(added, 65535u / 259);
  EXPECT_EQ(writer.finish(), 4 + added * 259);
}

TEST(Designator, WriterStaysInShortBuffers) {
  const std::vector<uint8_t> value{1, 2, 3, 4};
  for_each_buffer(20, [&](base::MutableBytes buffer) {
    DesignatorPageWriter writer(buffer);
    Designator designator;
    designator.bytes = value;
    EXPECT_TRUE(writer.add(designator));
    EXPECT_EQ(writer.finish(), 12u);
  });
}

TEST(Designator, NamesOfEveryValue) {
  for (unsigned value = 0; value < 16; ++value) {
    EXPECT_STRNE(name_of(static_cast<DesignatorType>(value)), "");
  }
  EXPECT_STREQ(name_of(static_cast<DesignatorType>(9)), "reserved");
  EXPECT_STREQ(name_of(static_cast<Association>(3)), "reserved");
}

}  // namespace
}  // namespace scsi
