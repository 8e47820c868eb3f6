// RESERVE and RELEASE, 6 and 10, of a client that speaks SCSI itself: they belong to one I_T nexus,
// of which the disk has several.
#include <gtest/gtest.h>

#include "array/fault.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"
#include "sim/testing/two_hosts.h"

namespace sim {
namespace {

std::string run(TwoHosts::Host& host, uint8_t opcode) {
  scsi::Cdb cdb;
  cdb.bytes[0] = opcode;
  cdb.length = opcode < 0x20 ? 6 : 10;
  std::vector<uint8_t> none;
  return host.command(cdb, none);
}

// The path that the unit is reserved through: the one whose loss ends it.
void lose_the_reservation(TwoHosts& world, uint32_t& lost) {
  for (lost = 0; lost < 2; ++lost) {
    world.first->lose(lost);
    if (!world.first->disk().scsi().holds_unit()) {
      return;
    }
    world.first->heal(lost);
    world.first->wait_for(lost);
    EXPECT_EQ(world.first->access(), "rw") << "another path's loss changes nothing";
  }
  FAIL() << "no path held it";
}

class Reserve : public ::testing::TestWithParam<std::pair<uint8_t, uint8_t>> {
 protected:
  uint8_t reserve() const { return GetParam().first; }
  uint8_t release() const { return GetParam().second; }
};
INSTANTIATE_TEST_SUITE_P(
    Lengths, Reserve,
    ::testing::Values(std::pair<uint8_t, uint8_t>(scsi::kReserve6, scsi::kRelease6),
                      std::pair<uint8_t, uint8_t>(scsi::kReserve10, scsi::kRelease10)));

TEST_P(Reserve, TheHolderReadsAndWritesAndNobodyElse) {
  TwoHosts world(4);
  EXPECT_EQ(run(*world.first, reserve()), "GOOD");
  EXPECT_TRUE(world.first->disk().scsi().holds_unit());
  EXPECT_EQ(world.first->access(), "rw");
  EXPECT_EQ(world.second->access(), "--");
  EXPECT_EQ(run(*world.second, reserve()), "CONFLICT");
  EXPECT_FALSE(world.second->disk().scsi().holds_unit());
  EXPECT_EQ(run(*world.first, reserve()), "GOOD") << "again";
  world.run_ms(61'000);  // looked at again meanwhile, twice
  EXPECT_EQ(world.first->access(), "rw");
  EXPECT_EQ(run(*world.first, release()), "GOOD");
  EXPECT_FALSE(world.first->disk().scsi().holds_unit());
  EXPECT_EQ(world.second->access(), "rw");
  EXPECT_EQ(world.first->access(), "rw");
  EXPECT_EQ(world.first->disk().scsi().take_attention(), 0) << "nothing was lost";
}

TEST_P(Reserve, ItEndsWithItsPathAndTheClientHears) {
  TwoHosts world(2);
  EXPECT_EQ(run(*world.first, reserve()), "GOOD");
  EXPECT_EQ(world.first->disk().scsi().take_attention(), 0);
  uint32_t lost = 0;
  lose_the_reservation(world, lost);
  EXPECT_EQ(world.first->disk().scsi().take_attention(), scsi::kReservationsReleased);
  EXPECT_EQ(world.first->disk().scsi().take_attention(), 0) << "once";
  EXPECT_EQ(world.second->access(), "rw");
  EXPECT_EQ(run(*world.second, reserve()), "GOOD");
  EXPECT_EQ(world.first->access(), "--");
}

TEST(Reserve, WhatWasSentUnderItIsNotExecutedWithoutIt) {
  TwoHosts world(2);
  EXPECT_EQ(run(*world.first, scsi::kReserve6), "GOOD");
  for (const unsigned port : {0U, 1U}) {
    world.storage->port_faults(port).delay_ns = kSecond;
  }
  auto& write = world.first->begin(mpio::BlockOp::write);
  world.run_ms(100);
  uint32_t lost = 0;
  while (lost < 2 && world.first->disk().scsi().holds_unit()) {
    world.first->lose(lost++);
  }
  EXPECT_TRUE(world.run_until([&] { return write.done; }, 100 * kMillisecond));
  EXPECT_EQ(write.request.error, EIO);
}

TEST(Reserve, AResetEndsIt) {
  TwoHosts world(2);
  EXPECT_EQ(run(*world.first, scsi::kReserve6), "GOOD");
  world.storage->lun(0).reset();
  const std::vector<std::string> told = {"29", "03"};
  std::string error;
  ASSERT_TRUE(array::apply_fault(*world.storage, "unit-attention", told, error)) << error;
  EXPECT_EQ(run(*world.first, scsi::kTestUnitReady), "6/29/03");
  EXPECT_FALSE(world.first->disk().scsi().holds_unit());
  EXPECT_EQ(world.second->access(), "rw");
}

TEST(Reserve, TheClientsOtherCommandsNeverConflictWithIt) {
  TwoHosts world(4);  // two of them active/optimized
  for (const unsigned slow : {0U, 2U}) {
    // What goes there finds the unit reserved down the other one.
    world.storage->port_faults(slow).delay_ns = 10 * kMillisecond;
    world.storage->port_faults(2 - slow).delay_ns = 0;
    std::vector<TwoHosts::Host::Transfer*> writes;
    for (int i = 0; i < 7; ++i) {  // and then it is the other path's turn
      writes.push_back(&world.first->begin(mpio::BlockOp::write));
    }
    EXPECT_EQ(run(*world.first, scsi::kReserve6), "GOOD");
    for (const auto* write : writes) {
      EXPECT_TRUE(world.run_until([&] { return write->done; }, kSecond));
      EXPECT_EQ(write->request.error, 0);
    }
    EXPECT_EQ(run(*world.first, scsi::kRelease6), "GOOD");
  }
}

}  // namespace
}  // namespace sim
