// RESERVE and RELEASE: who may do what, and what ends a reservation.
#include <gtest/gtest.h>

#include "array/testing/rig.h"
#include "scsi/opcodes.h"

namespace array {
namespace {

using testing::Host;
using testing::Raw;
using testing::Rig;

// RESERVE(6), (10); RELEASE(6), (10).
uint8_t reserve(Host& host, bool ten = false) {
  return ten ? host.send({0x56, 0, 0, 0, 0, 0, 0, 0, 0, 0}).status
             : host.send({0x16, 0, 0, 0, 0, 0}).status;
}
uint8_t release(Host& host, bool ten = false) {
  return ten ? host.send({0x57, 0, 0, 0, 0, 0, 0, 0, 0, 0}).status
             : host.send({0x17, 0, 0, 0, 0, 0}).status;
}

struct ReserveTest : ::testing::TestWithParam<bool> {
  Rig rig;
  Host& holder = rig.host();
  Host& other = rig.host(1);
};

TEST_P(ReserveTest, OneHolderAtATime) {
  EXPECT_EQ(reserve(holder, GetParam()), scsi::kGood);
  EXPECT_EQ(reserve(holder), scsi::kGood) << "again";
  EXPECT_EQ(reserve(other, GetParam()), scsi::kReservationConflict);
  EXPECT_EQ(release(other, GetParam()), scsi::kGood) << "without effect";
  EXPECT_EQ(reserve(other), scsi::kReservationConflict);
  EXPECT_EQ(release(holder, GetParam()), scsi::kGood);
  EXPECT_EQ(reserve(other), scsi::kGood);
}

INSTANTIATE_TEST_SUITE_P(SixAndTen, ReserveTest, ::testing::Bool());

TEST_F(ReserveTest, WhatOthersMayDo) {
  ASSERT_EQ(reserve(holder), scsi::kGood);
  EXPECT_EQ(holder.send(scsi::make_write(0, 1), Raw(512)).status, scsi::kGood);
  EXPECT_EQ(other.send({0, 0, 0, 0, 0, 0}).status, scsi::kReservationConflict);
  EXPECT_EQ(other.send(scsi::make_read(0, 1)).status, scsi::kReservationConflict);
  EXPECT_EQ(other.send(scsi::make_write(0, 1), Raw(512)).status, scsi::kReservationConflict);
  EXPECT_EQ(other.send({0x1a, 0, 0x3f, 0, 255, 0}).status, scsi::kReservationConflict);
  EXPECT_EQ(other.send(scsi::make_set_target_port_groups(0)).status, scsi::kReservationConflict);
  EXPECT_EQ(other.send(scsi::make_inquiry(96)).status, scsi::kGood);
  EXPECT_EQ(other.send(scsi::make_request_sense(false, 18)).status, scsi::kGood);
  EXPECT_EQ(other.send(scsi::make_report_luns(1024)).status, scsi::kGood);
  EXPECT_EQ(other.send(scsi::make_read_capacity10()).status, scsi::kGood);
  EXPECT_EQ(other.send(scsi::make_report_target_port_groups(false, 1024)).status, scsi::kGood);
}

TEST_F(ReserveTest, EndsWithItsNexus) {
  reserve(holder);
  holder.log_out();
  EXPECT_EQ(reserve(other), scsi::kGood);
}

TEST_F(ReserveTest, EndsWhenItsPortDies) {
  reserve(holder);
  rig.array->set_port_enabled(0, false);
  EXPECT_FALSE(holder.logged_in());
  EXPECT_EQ(reserve(other), scsi::kGood);
}

TEST_F(ReserveTest, EndsWithResets) {
  for (const TaskFunction reset :
       {TaskFunction::logical_unit_reset, TaskFunction::target_warm_reset,
        TaskFunction::target_cold_reset}) {
    ASSERT_EQ(reserve(holder), scsi::kGood);
    rig.array->manage(other.nexus(), reset, 0, 0);
    holder.clear_attentions();
    other.clear_attentions();
    EXPECT_EQ(reserve(other), scsi::kGood);
    EXPECT_EQ(release(other), scsi::kGood);
  }
}

TEST_F(ReserveTest, SurvivesAClearedTaskSet) {
  reserve(holder);
  rig.array->manage(other.nexus(), TaskFunction::clear_task_set, 0, 0);
  EXPECT_EQ(reserve(other), scsi::kReservationConflict);
}

TEST_F(ReserveTest, OneLunDoesNotConcernAnother) {
  Config config = Rig::usual();
  config.luns.push_back({.size_bytes = 1U << 20});
  Rig two(config);
  Host& first = two.host();
  Host& second = two.host(1);
  reserve(first);
  while (second.send({0, 0, 0, 0, 0, 0}, {}, 1).sense.key == scsi::kUnitAttention) {
  }
  EXPECT_EQ(second.send({0, 0, 0, 0, 0, 0}, {}, 1).status, scsi::kGood);
  EXPECT_EQ(second.send({0, 0, 0, 0, 0, 0}, {}, 0).status, scsi::kReservationConflict);
}

TEST_F(ReserveTest, ExtentsAndThirdPartiesAreRefused) {
  EXPECT_EQ(holder.send({0x16, 0x01, 0, 0, 0, 0}).code(), 0x052400u);
  EXPECT_EQ(holder.send({0x16, 0x10, 0, 0, 0, 0}).code(), 0x052400u);
  EXPECT_EQ(holder.send({0x56, 0x02, 0, 0, 0, 0, 0, 0, 0, 0}).code(), 0x052400u);
}

}  // namespace
}  // namespace array
