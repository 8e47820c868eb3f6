// The naive model of reservations: each rule once.
#include "sim/checkers/reservation_ledger.h"

#include <gtest/gtest.h>

namespace sim {
namespace {

using scsi::ReservationType;
using scsi::ReserveOutAction;
using Outcome = ReservationLedger::Outcome;

constexpr HostPort kFirst{0, 0};
constexpr HostPort kFirstElsewhere{0, 1};
constexpr HostPort kSecond{1, 0};
constexpr uint64_t kKey = 0xa;
constexpr uint64_t kOther = 0xb;

struct Ledger : ::testing::Test {
  Outcome act(const HostPort& from, ReserveOutAction action, uint64_t key, uint64_t other_key = 0,
              ReservationType type = ReservationType::none, bool persists = false) {
    return ledger.apply(
        from, {.action = action, .type = type, .parameter_bytes = scsi::kReserveOutBytes},
        {.key = key, .service_action_key = other_key, .persists = persists, .transport_ids = {}},
        true);
  }
  void register_both() {
    EXPECT_EQ(act(kFirst, ReserveOutAction::register_key, 0, kKey), Outcome::good);
    EXPECT_EQ(act(kSecond, ReserveOutAction::register_key, 0, kOther), Outcome::good);
  }
  std::string access(const HostPort& who) const {
    return {ledger.may(who, false) ? 'r' : '-', ledger.may(who, true) ? 'w' : '-'};
  }
  ReservationLedger ledger;
};

TEST_F(Ledger, KnowsWhoMayDoWhat) {
  struct Case {
    ReservationType type;
    const char* holder;
    const char* registered;
    const char* unregistered;
  };
  for (const Case& one :
       {Case{ReservationType::write_exclusive, "rw", "r-", "r-"},
        Case{ReservationType::exclusive_access, "rw", "--", "--"},
        Case{ReservationType::write_exclusive_registrants_only, "rw", "rw", "r-"},
        Case{ReservationType::exclusive_access_all_registrants, "rw", "rw", "--"}}) {
    ledger = {};
    register_both();
    EXPECT_EQ(act(kFirst, ReserveOutAction::reserve, kKey, 0, one.type), Outcome::good);
    EXPECT_EQ(access(kFirst), one.holder);
    EXPECT_EQ(access(kSecond), one.registered);
    EXPECT_EQ(access(kFirstElsewhere), one.unregistered);
  }
}

TEST_F(Ledger, PreemptTakesOverOnlyFromTheHolder) {
  register_both();
  act(kFirst, ReserveOutAction::reserve, kKey, 0, ReservationType::write_exclusive);
  EXPECT_EQ(
      act(kSecond, ReserveOutAction::preempt, kOther, kKey, ReservationType::exclusive_access),
      Outcome::good);
  EXPECT_EQ(ledger.holder(), kSecond);
  EXPECT_EQ(ledger.key_of(kFirst), 0U);
  EXPECT_EQ(act(kSecond, ReserveOutAction::preempt, kOther, kKey), Outcome::conflict) << "gone";
  act(kFirst, ReserveOutAction::register_key, 0, kKey);
  EXPECT_EQ(act(kFirst, ReserveOutAction::preempt, kKey, kKey), Outcome::good)
      << "who preempts its own key and holds nothing removes itself";
  EXPECT_EQ(ledger.key_of(kFirst), 0U);
  EXPECT_EQ(ledger.holder(), kSecond);
}

TEST_F(Ledger, WhatIsRefusedChangesNothing) {
  register_both();
  EXPECT_EQ(act(kFirst, ReserveOutAction::reserve, kOther, 0, ReservationType::write_exclusive),
            Outcome::conflict);
  EXPECT_EQ(act(kFirst, ReserveOutAction::preempt, kKey, 0), Outcome::refused);
  EXPECT_EQ(ledger.type(), ReservationType::none);
  EXPECT_EQ(ledger.keys().size(), 2U);
}

TEST_F(Ledger, UnregisteringTheHolderReleases) {
  register_both();
  act(kFirst, ReserveOutAction::reserve, kKey, 0, ReservationType::write_exclusive);
  act(kFirst, ReserveOutAction::register_key, kKey, 0);
  EXPECT_EQ(ledger.type(), ReservationType::none);
}

TEST_F(Ledger, PowerTakesWhatDoesNotPersist) {
  act(kFirst, ReserveOutAction::register_key, 0, kKey, ReservationType::none, true);
  ledger.lose_power();
  EXPECT_EQ(ledger.key_of(kFirst), kKey);
  act(kSecond, ReserveOutAction::register_key, 0, kOther);
  ledger.lose_power();
  EXPECT_TRUE(ledger.keys().empty());
}

}  // namespace
}  // namespace sim
