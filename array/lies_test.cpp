// What a lying port answers, as a host's own decoders see it: each lie is exactly the defect it is
// named after, and ends when it is told to.
#include "array/lies.h"

#include <gtest/gtest.h>

#include "array/testing/test_array.h"
#include "scsi/designator.h"
#include "scsi/opcodes.h"
#include "scsi/vpd.h"

namespace array {
namespace {

using testing::ReadyUser;
using testing::TestArray;

using Bytes = std::vector<uint8_t>;

Bytes inquiry_page(ReadyUser& user, uint8_t page, uint16_t allocation = 1024) {
  const auto& run = user->run(scsi::make_inquiry_vpd(page, allocation));
  EXPECT_EQ(run.status(), scsi::kGood);
  return run.task.data_in;
}

scsi::TargetPortGroups groups(ReadyUser& user) {
  const auto& run = user->run(scsi::make_report_target_port_groups(false, 2048));
  EXPECT_EQ(run.status(), scsi::kGood);
  scsi::TargetPortGroups decoded;
  static_cast<void>(scsi::decode_target_port_groups(run.task.data_in, decoded));
  return decoded;
}

// The bytes of the logical unit's first designator.
Bytes name_in(const Bytes& page) {
  scsi::DesignatorWalk walk(page);
  while (const auto designator = walk.next()) {
    if (designator->association == scsi::Association::logical_unit) {
      return {designator->bytes.begin(), designator->bytes.end()};
    }
  }
  return {};
}

TEST(Lies, GroupsThatAreMalformed) {
  TestArray world;
  ReadyUser liar(world, 1);
  ReadyUser honest(world, 0);
  const std::pair<const char*, scsi::GroupsDefect> kLies[] = {
      {"truncated", scsi::GroupsDefect::cut_group},
      {"too-long", scsi::GroupsDefect::length_too_large},
      {"duplicate", scsi::GroupsDefect::duplicate_group},
      {"reserved", scsi::GroupsDefect::unknown_state},
      {"off", scsi::GroupsDefect::none}};
  for (const auto& [word, defect] : kLies) {
    EXPECT_EQ(world.fault(std::string("rtpg 1 ") + word), "");
    EXPECT_EQ(groups(liar).defect, defect) << word;
    EXPECT_EQ(groups(honest).defect, scsi::GroupsDefect::none);
    EXPECT_EQ(groups(honest).groups.size(), 2U);
    EXPECT_EQ(groups(honest).groups[0].supported_states, 0xdf) << "every state can be entered";
  }
}

TEST(Lies, GroupsThatAreWellFormedAndWrong) {
  TestArray world;
  ReadyUser user(world, 1);
  EXPECT_EQ(world.fault("rtpg all empty"), "");
  EXPECT_EQ(groups(user).groups.size(), 0U);
  EXPECT_EQ(groups(user).defect, scsi::GroupsDefect::none);
  EXPECT_EQ(world.fault("rtpg all unknown-group"), "");
  EXPECT_EQ(groups(user).find(2), nullptr) << "the port's own group is missing";
  EXPECT_NE(groups(user).find(1), nullptr);
  EXPECT_EQ(groups(user).groups.size(), 2U);
}

TEST(Lies, StaleGroupsShowWhatWas) {
  TestArray world;
  ReadyUser user(world);
  EXPECT_EQ(world.fault("rtpg 0 stale"), "");
  EXPECT_EQ(world.fault("access 1 standby"), "");
  user->take_attentions();
  EXPECT_EQ(groups(user).find(1)->state, scsi::AccessState::active_optimized);
  EXPECT_EQ(world.fault("rtpg 0 off"), "");
  EXPECT_EQ(groups(user).find(1)->state, scsi::AccessState::standby);
}

TEST(Lies, PagesThatAreMalformed) {
  TestArray world;
  ReadyUser user(world);
  const Bytes truth = inquiry_page(user, scsi::kVpdDeviceIdentification);
  const auto told = [&](const std::string& lie) {
    EXPECT_EQ(world.fault("vpd 0 83 " + lie), "");
    return inquiry_page(user, scsi::kVpdDeviceIdentification);
  };
  const auto is_truncated = [](const Bytes& page) {
    scsi::DesignatorWalk walk(page);
    while (walk.next()) {
    }
    return walk.truncated();
  };
  EXPECT_TRUE(is_truncated(told("truncated")));
  EXPECT_TRUE(is_truncated(told("too-long")));
  EXPECT_TRUE(told("wrong-page")[1] != scsi::kVpdDeviceIdentification);
  const Bytes garbage = told("garbage");
  EXPECT_EQ(Bytes(garbage.begin(), garbage.begin() + 4), Bytes(truth.begin(), truth.begin() + 4));
  EXPECT_NE(garbage, truth);
  EXPECT_TRUE(scsi::vpd_payload(inquiry_page(user, scsi::kVpdSerialNumber), scsi::kVpdSerialNumber))
      << "other pages are as they were";
  EXPECT_EQ(told("off"), truth);
}

TEST(Lies, AnAllocationLengthOfAnySizeIsSafe) {
  TestArray world;
  ReadyUser user(world);
  EXPECT_EQ(world.fault("wrong-identity all on"), "");
  for (const char* lie : {"truncated", "too-long", "wrong-page", "garbage"}) {
    for (const char* page : {"0", "80", "83", "b0"}) {
      EXPECT_EQ(world.fault(std::string("vpd all ") + page + " " + lie), "");
      for (uint16_t allocation = 0; allocation < 40; ++allocation) {
        EXPECT_LE(inquiry_page(user, 0x83, allocation).size(), allocation);
        EXPECT_LE(inquiry_page(user, 0x80, allocation).size(), allocation);
      }
    }
  }
}

TEST(Lies, AnotherIdentityIsAsGoodAsTheTrueOne) {
  TestArray world;
  ReadyUser liar(world, 1);
  ReadyUser honest(world, 0);
  EXPECT_EQ(world.fault("wrong-identity 1 on"), "");
  const Bytes page = inquiry_page(liar, scsi::kVpdDeviceIdentification);
  const Bytes truth = inquiry_page(honest, scsi::kVpdDeviceIdentification);
  EXPECT_EQ(page.size(), truth.size());
  EXPECT_EQ(name_in(page).size(), 16U);
  EXPECT_NE(name_in(page), name_in(truth));
  EXPECT_NE(inquiry_page(liar, scsi::kVpdSerialNumber),
            inquiry_page(honest, scsi::kVpdSerialNumber));
  EXPECT_EQ(world.fault("wrong-identity all off"), "");
  EXPECT_EQ(name_in(inquiry_page(liar, scsi::kVpdDeviceIdentification)), name_in(truth));
}

TEST(Lies, SenseThatIsNone) {
  TestArray world;
  ReadyUser user(world);
  for (const char* lie : {"missing", "truncated", "garbage"}) {
    EXPECT_EQ(world.fault(std::string("malformed-sense 0 ") + lie), "");
    const auto& run = user->run(scsi::make_test_unit_ready());
    EXPECT_EQ(run.status(), scsi::kCheckCondition) << lie;
    EXPECT_TRUE(!run.sense().valid() || run.sense().asc == 0) << lie;
    EXPECT_EQ(user->run(scsi::make_test_unit_ready()).status(), scsi::kGood);
  }
}

}  // namespace
}  // namespace array
