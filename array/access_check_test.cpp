// Which commands are served in which access state, and in which order a task is checked.
#include "array/access_check.h"

#include <gtest/gtest.h>

#include <vector>

#include "array/testing/rig.h"
#include "scsi/opcodes.h"

namespace array {
namespace {

using testing::Host;
using testing::Outcome;
using testing::Raw;
using testing::Rig;

constexpr uint8_t kGroup = 1;

struct Attempt {
  const char* name;
  std::vector<unsigned> cdb;
};

scsi::Cdb cdb_of(const std::vector<unsigned>& bytes) {
  scsi::Cdb cdb;
  for (const unsigned byte : bytes) {
    cdb.bytes[cdb.length++] = static_cast<uint8_t>(byte);
  }
  return cdb;
}

const std::vector<Attempt> kInEveryState = {
    {"INQUIRY", {0x12, 0, 0, 0, 96, 0}},
    {"REQUEST SENSE", {0x03, 0, 0, 0, 18, 0}},
    {"REPORT LUNS", {0xa0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}},
    {"REPORT TARGET PORT GROUPS", {0xa3, 0x0a, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}},
};
const std::vector<Attempt> kButNotInTransition = {
    {"SET TARGET PORT GROUPS", {0xa4, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
};
const std::vector<Attempt> kInStandby = {
    {"MODE SENSE(6)", {0x1a, 0, 0x3f, 0, 255, 0}},
    {"MODE SELECT(6)", {0x15, 0x10, 0, 0, 0, 0}},
    {"REPORT SUPPORTED OPERATION CODES", {0xa3, 0x0c, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0}},
};
const std::vector<Attempt> kInActiveOnly = {
    {"TEST UNIT READY", {0x00, 0, 0, 0, 0, 0}},
    {"READ(10)", {0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0}},
    {"READ CAPACITY(10)", {0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"SYNCHRONIZE CACHE(10)", {0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"RESERVE(6)", {0x16, 0, 0, 0, 0, 0}},
    {"START STOP UNIT", {0x1b, 0, 0, 0, 1, 0}},
};

void expect_all(Host& host, const std::vector<Attempt>& attempts, uint32_t code) {
  for (const Attempt& attempt : attempts) {
    const Outcome outcome = host.send(cdb_of(attempt.cdb));
    EXPECT_EQ(outcome.status, code == 0 ? scsi::kGood : scsi::kCheckCondition) << attempt.name;
    EXPECT_EQ(outcome.code(), code) << attempt.name;
  }
}

TEST(AccessState, EachServesWhatTheStandardSays) {
  using scsi::AccessState;
  struct Expected {
    AccessState state;
    uint32_t refusal;
    bool standby_set, set_groups, active_set;
  };
  const Expected kExpected[] = {
      {AccessState::active_optimized, 0, true, true, true},
      {AccessState::active_nonoptimized, 0, true, true, true},
      {AccessState::lba_dependent, 0, true, true, true},
      {AccessState::standby, 0x02040b, true, true, false},
      {AccessState::unavailable, 0x02040c, false, true, false},
      {AccessState::offline, 0x020412, false, true, false},
      {AccessState::transitioning, 0x02040a, false, false, false},
  };
  Rig rig;
  Host& host = rig.host();
  for (const Expected& expected : kExpected) {
    SCOPED_TRACE(scsi::name_of(expected.state));
    ASSERT_TRUE(rig.array->set_group_state(kGroup, expected.state).ok());
    EXPECT_EQ(host.clear_attentions(), 1u) << "the change is announced";
    expect_all(host, kInEveryState, 0);
    expect_all(host, kButNotInTransition, expected.set_groups ? 0 : expected.refusal);
    expect_all(host, kInStandby, expected.standby_set ? 0 : expected.refusal);
    expect_all(host, kInActiveOnly, expected.active_set ? 0 : expected.refusal);
    if (expected.active_set) {
      host.send({0x17, 0, 0, 0, 0, 0});  // RELEASE(6), for the next round
    }
  }
}

TEST(AccessState, TheOtherPortIsNotConcerned) {
  Rig rig;
  Host& other = rig.host(1);
  ASSERT_TRUE(rig.array->set_group_state(kGroup, scsi::AccessState::unavailable).ok());
  other.clear_attentions();
  expect_all(other, kInActiveOnly, 0);
}

TEST(AccessCheck, AttentionThenReservationThenAccessState) {
  Rig rig;
  Host& holder = rig.host(1);
  Host& host = rig.host();
  ASSERT_EQ(holder.send({0x16, 0, 0, 0, 0, 0}).status, scsi::kGood);
  ASSERT_TRUE(rig.array->set_group_state(kGroup, scsi::AccessState::standby).ok());
  EXPECT_EQ(host.send({0x00, 0, 0, 0, 0, 0}).code(), 0x062a06u);
  EXPECT_EQ(host.send({0x00, 0, 0, 0, 0, 0}).status, scsi::kReservationConflict);
  holder.clear_attentions();
  ASSERT_EQ(holder.send({0x17, 0, 0, 0, 0, 0}).status, scsi::kGood);
  EXPECT_EQ(host.send({0x00, 0, 0, 0, 0, 0}).code(), 0x02040bu);
}

TEST(AccessCheck, MissingLun) {
  Rig rig;
  Host& host = rig.host();
  EXPECT_EQ(host.send({0x00, 0, 0, 0, 0, 0}, {}, 7).code(), 0x052500u);
  EXPECT_EQ(host.send({0xff, 0, 0, 0, 0, 0}, {}, 7).code(), 0x052500u);
  const Outcome inquiry = host.send({0x12, 0, 0, 0, 96, 0}, {}, 7);
  EXPECT_EQ(inquiry.status, scsi::kGood);
  EXPECT_EQ(inquiry.data.at(0), 0x7f);
  EXPECT_EQ(host.send({0xa0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}, {}, 7).status, scsi::kGood);
}

TEST(AccessCheck, UnknownCommandsAndServiceActions) {
  Rig rig;
  Host& host = rig.host();
  EXPECT_EQ(host.send({0xff, 0, 0, 0, 0, 0}).code(), 0x052000u);
  // RECEIVE COPY RESULTS, EXTENDED COPY: no third-party copies here.
  EXPECT_EQ(host.send({0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}).code(), 0x052000u);
  EXPECT_EQ(host.send({0x83, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}).code(), 0x052000u);
  const Outcome unknown = host.send({0x9e, 0x1f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0});
  EXPECT_EQ(unknown.code(), 0x052400u);
  EXPECT_EQ(unknown.field(), 1u);
  EXPECT_EQ(host.send({0x28, 0, 0, 0, 0, 0}).code(), 0x052000u) << "a READ(10) that is cut";
}

}  // namespace
}  // namespace array
