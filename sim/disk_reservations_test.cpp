// Persistent reservations through real disks at the real array: who may read and write what, for
// two hosts, through one, two and four paths.
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/testing/two_hosts.h"

namespace sim {
namespace {

using scsi::ReservationType;
using scsi::ReserveOutAction;

constexpr uint64_t kFirst = 0xa11ce;
constexpr uint64_t kSecond = 0xb0b;
constexpr auto kRegistrants = ReservationType::write_exclusive_registrants_only;
constexpr auto kExclusive = ReservationType::exclusive_access;

// SPC-4 tables 50 and 51 for READ and WRITE.
struct Access {
  ReservationType type;
  const char* holder;
  const char* registered;
  const char* unregistered;
};
constexpr Access kAccess[] = {
    {ReservationType::write_exclusive, "rw", "r-", "r-"},
    {ReservationType::exclusive_access, "rw", "--", "--"},
    {ReservationType::write_exclusive_registrants_only, "rw", "rw", "r-"},
    {ReservationType::exclusive_access_registrants_only, "rw", "rw", "--"},
    {ReservationType::write_exclusive_all_registrants, "rw", "rw", "r-"},
    {ReservationType::exclusive_access_all_registrants, "rw", "rw", "--"},
};

class AccessMatrix : public ::testing::TestWithParam<std::tuple<Access, uint32_t, bool>> {
 protected:
  const Access& row() const { return std::get<0>(GetParam()); }
  uint32_t paths() const { return std::get<1>(GetParam()); }
  bool other_registered() const { return std::get<2>(GetParam()); }
  const char* of_other() const {
    return other_registered() ? row().registered : row().unregistered;
  }

  // The first host holds a reservation, the second has registered or not.
  void arrange(TwoHosts& world) const {
    EXPECT_EQ(world.first->register_key(kFirst), "GOOD");
    if (other_registered()) {
      EXPECT_EQ(world.second->register_key(kSecond), "GOOD");
    }
    EXPECT_EQ(world.first->reserve(ReserveOutAction::reserve, kFirst, 0, row().type), "GOOD");
    EXPECT_EQ(world.registered(kFirst), paths());
  }
};

TEST_P(AccessMatrix, HoldsThroughEveryPathWithOneDownAndWhenItIsBack) {
  TwoHosts world(paths());
  arrange(world);
  EXPECT_EQ(world.first->access(), row().holder);
  EXPECT_EQ(world.second->access(), of_other());
  if (paths() == 1) {
    return;
  }
  for (uint32_t path = 0; path < paths(); ++path) {  // one of them is the holder's
    SCOPED_TRACE(path);
    world.first->lose(path);
    EXPECT_EQ(world.first->access(), row().holder);
    EXPECT_EQ(world.second->access(), of_other());
    world.first->heal(path);
    world.first->wait_for(path);
    world.run_ms(1'000);
    EXPECT_EQ(world.registered(kFirst), paths());
    EXPECT_EQ(world.type(), row().type);
    EXPECT_EQ(world.first->access(), row().holder);
    EXPECT_EQ(world.second->access(), of_other());
  }
  EXPECT_EQ(world.first->reserve(ReserveOutAction::release, kFirst, 0, row().type), "GOOD");
  EXPECT_EQ(world.type(), ReservationType::none);
  EXPECT_EQ(world.second->access(), "rw");
}

INSTANTIATE_TEST_SUITE_P(Types, AccessMatrix,
                         ::testing::Combine(::testing::ValuesIn(kAccess),
                                            ::testing::Values(1U, 2U, 4U), ::testing::Bool()));

TEST(Fencing, AHostThatIsPreemptedWhileAPathIsDownStaysOut) {
  for (const bool all_down : {false, true}) {
    SCOPED_TRACE(all_down);
    TwoHosts world(2);
    world.first->register_key(kFirst);
    world.second->register_key(kSecond);
    world.first->reserve(ReserveOutAction::reserve, kFirst, 0, kRegistrants);
    world.first->lose(0);
    if (all_down) {
      world.first->lose(1);
    }
    EXPECT_EQ(world.second->reserve(ReserveOutAction::preempt, kSecond, kFirst, kRegistrants),
              "GOOD");
    for (const uint32_t path : {0U, 1U}) {
      world.first->heal(path);
      world.first->wait_for(path);
    }
    world.run_ms(10'000);
    EXPECT_EQ(world.registered(kFirst), 0U) << "nothing of ours has come back";
    EXPECT_EQ(world.first->access(), "r-");
    EXPECT_EQ(world.second->access(), "rw");
    EXPECT_TRUE(std::any_of(world.first->notes.begin(), world.first->notes.end(),
                            [](const std::string& note) {
                              return note.find("no longer registered") != std::string::npos;
                            }));
  }
}

TEST(Fencing, AWriteThatWaitsForAPathIsRefusedToo) {
  TwoHosts world(2);
  world.first->register_key(kFirst);
  world.second->register_key(kSecond);
  world.second->reserve(ReserveOutAction::reserve, kSecond, 0, kExclusive);
  EXPECT_EQ(world.first->write(), EPERM);
  EXPECT_EQ(world.second->reserve(ReserveOutAction::clear, kSecond), "GOOD");
  EXPECT_EQ(world.first->access(), "rw");
}

TEST(Reservations, APathThatWasAwayIsUnregisteredWhenItIsBack) {
  TwoHosts world(2);
  world.first->register_key(kFirst);
  world.second->register_key(kSecond);
  world.second->reserve(ReserveOutAction::reserve, kSecond, 0, kRegistrants);
  world.first->lose(1);
  EXPECT_EQ(world.first->register_key(0), "GOOD");
  EXPECT_EQ(world.first->access(), "r-");
  world.first->heal(1);
  world.first->wait_for(1);
  world.run_ms(1'000);
  EXPECT_EQ(world.registered(kFirst), 0U);
  EXPECT_EQ(world.first->access(), "r-");
}

TEST(Reservations, APathAddedLaterIsRegisteredBeforeItCarriesIo) {
  TwoHosts world(4);
  world.first->lose(3);
  EXPECT_EQ(world.first->register_key(kFirst), "GOOD");
  EXPECT_EQ(world.registered(kFirst), 3U);
  world.first->reserve(ReserveOutAction::reserve, kFirst, 0, kExclusive);
  world.first->heal(3);
  world.first->wait_for(3);
  world.run_ms(1'000);
  EXPECT_EQ(world.registered(kFirst), 4U);
  EXPECT_EQ(world.first->access(), "rw");
}

TEST(Reservations, ATransitionAndFullQueuesAreWaitedOut) {
  TwoHosts world(2);
  world.storage->crash_controller(1);
  EXPECT_EQ(world.first->register_key(kFirst), "GOOD");
  EXPECT_EQ(world.registered(kFirst), 1U);
}

TEST(Reservations, PowerLossWithoutAptplIsNoticed) {
  TwoHosts world(2);
  world.first->register_key(kFirst);
  world.storage->lun(0).lose_power();
  world.first->lose(0);
  world.first->heal(0);
  world.first->wait_for(0);
  world.run_ms(5'000);
  EXPECT_EQ(world.registered(kFirst), 0U);
  EXPECT_EQ(world.first->access(), "rw");
}

TEST(Reservations, UnitAttentionsComeOnce) {
  TwoHosts world(2);
  std::vector<uint8_t> none;
  world.storage->attention_for_all(0x2900, 0);
  EXPECT_EQ(world.first->command(scsi::make_test_unit_ready(), none), "6/29/00");
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(world.first->command(scsi::make_test_unit_ready(), none), "GOOD");
  }
  world.storage->attention_for_all(0x2900, 0);
  EXPECT_EQ(world.first->command(scsi::make_test_unit_ready(), none), "6/29/00") << "another one";
}

TEST(Reservations, WhatOnesOwnCommandAnnouncesIsNoNews) {
  TwoHosts world(2);
  std::vector<uint8_t> none;
  for (TwoHosts::Host* host : {world.first.get(), world.second.get()}) {
    host->register_key(host == world.first.get() ? kFirst : kSecond);
  }
  world.first->reserve(ReserveOutAction::reserve, kFirst, 0, kRegistrants);
  EXPECT_EQ(world.first->reserve(ReserveOutAction::release, kFirst, 0, kRegistrants), "GOOD");
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(world.first->command(scsi::make_test_unit_ready(), none), "GOOD");
  }
  EXPECT_EQ(world.second->command(scsi::make_test_unit_ready(), none), "6/2A/04") << "once";
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(world.second->command(scsi::make_test_unit_ready(), none), "GOOD");
  }
}

TEST(Reservations, KeysAreReadThroughAnyPath) {
  TwoHosts world(2);
  world.first->register_key(kFirst);
  for (const uint32_t path : {0U, 1U}) {
    world.first->lose(path);
    std::vector<uint8_t> data(256);
    EXPECT_EQ(world.first->command(
                  scsi::make_persistent_reserve_in(scsi::ReserveInAction::read_keys, 256), data),
              "GOOD");
    EXPECT_EQ(data.size(), 8U + 16U);
    world.first->heal(path);
    world.first->wait_for(path);
  }
}

}  // namespace
}  // namespace sim
