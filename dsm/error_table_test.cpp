// The error table: every row can be reached, rows are tried in order, sense data decide whatever
// the transport says.
#include "dsm/error_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "dsm/testing/test_host.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm {
namespace {

std::string row_of(const ErrorFacts& facts) {
  return find_row({}, facts).row->name;
}

ErrorFacts sense_facts(uint8_t key, uint8_t asc, uint8_t ascq) {
  return {.status = scsi::kCheckCondition, .has_sense = true, .key = key, .asc = asc, .ascq = ascq};
}

// Facts that this very row asks for; what it leaves open is filled with values that no row names.
ErrorFacts facts_for(const ErrorRow& row) {
  ErrorFacts facts;
  facts.has_sense = row.needs_sense || row.deferred;
  facts.deferred = row.deferred;
  facts.key = row.key == kAnyByte ? uint8_t{scsi::kMediumError} : row.key;
  facts.asc = row.asc == kAnyByte ? 0x7e : row.asc;
  facts.ascq = row.ascq == kAnyByte ? 0x7e : row.ascq;
  facts.status = row.status == kAnyByte ? 0x7e : row.status;
  facts.outcome = TransportOutcome::other;
  for (unsigned i = 0; i < static_cast<unsigned>(TransportOutcome::other); ++i) {
    const auto outcome = static_cast<TransportOutcome>(i);
    if (row.outcomes != kAnyOutcome && (row.outcomes & outcome_bit(outcome)) != 0) {
      facts.outcome = outcome;
    }
  }
  facts.is_rw = row.condition != Condition::always;
  facts.optimized_elsewhere = row.condition == Condition::read_or_write_and_optimized_elsewhere;
  facts.unregistered_here = row.condition == Condition::unregistered_here;
  return facts;
}

TEST(ErrorTable, EveryRowIsReachedByWhatItAsksFor) {
  const auto rows = builtin_rows();
  for (size_t i = 0; i < rows.size(); ++i) {
    const RowMatch match = find_row({}, facts_for(rows[i]));
    EXPECT_EQ(match.row, &rows[i]) << rows[i].name << " is hidden by " << match.row->name;
    EXPECT_EQ(match.index, kBuiltinRowBase + i);
  }
}

TEST(ErrorTable, NamesAreUniqueAndExplained) {
  std::set<std::string> names;
  for (const ErrorRow& row : builtin_rows()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_GT(std::string(row.explain).size(), 5U) << row.name;
    EXPECT_EQ(std::string(row.name).find_first_of(" _"), std::string::npos) << row.name;
  }
}

// What a verdict may be: exactly one of retry, fail over, give back; no free retry without an end.
TEST(ErrorTable, VerdictsAreConsistent) {
  for (const ErrorRow& row : builtin_rows()) {
    const Verdict& verdict = row.verdict;
    EXPECT_EQ(int{verdict.retry} + int{verdict.failover} + int{verdict.give_back}, 1) << row.name;
    EXPECT_FALSE(verdict.free && !verdict.retry) << row.name;
    EXPECT_EQ(verdict.failover, row.follow_up == FollowUp::fail_nexus) << row.name;
    // A free retry must change something, or a command could go round for ever.
    EXPECT_TRUE(!verdict.free || row.follow_up != FollowUp::nothing ||
                std::string(row.name) == "not-sent")
        << row.name;
  }
}

TEST(ErrorTable, TheLastRowTakesEverything) {
  const ErrorRow& last = builtin_rows().back();
  EXPECT_TRUE(matches(last, {.outcome = TransportOutcome::other, .status = 0x7e}));
  EXPECT_TRUE(matches(last, {}));
}

// All combinations: there is always an answer.
TEST(ErrorTable, IsTotal) {
  for (unsigned outcome = 0; outcome <= static_cast<unsigned>(TransportOutcome::other); ++outcome) {
    for (unsigned status = 0; status < 256; ++status) {
      for (unsigned key = 0; key < 16; ++key) {
        for (const bool has_sense : {false, true}) {
          for (const bool deferred : {false, true}) {
            const ErrorFacts facts{.outcome = static_cast<TransportOutcome>(outcome),
                                   .status = static_cast<uint8_t>(status),
                                   .has_sense = has_sense,
                                   .deferred = has_sense && deferred,
                                   .key = static_cast<uint8_t>(key)};
            ASSERT_TRUE(matches(*find_row({}, facts).row, facts));
          }
        }
      }
    }
  }
}

TEST(ErrorTable, RowsOfTheReferenceByName) {
  struct Expected {
    uint8_t key, asc, ascq;
    const char* name;
  };
  constexpr Expected kExpected[] = {
      {2, 0x04, 0x14, "space-allocation-in-progress"},
      {7, 0x27, 0x07, "space-allocation-failed"},
      {6, 0x38, 0x07, "soft-threshold-reached"},
      {6, 0x3f, 0x03, "inquiry-data-changed"},
      {6, 0x2a, 0x09, "capacity-changed"},
      {6, 0x2a, 0x06, "access-state-changed"},
      {6, 0x2a, 0x07, "implicit-transition-failed"},
      {6, 0x2a, 0x04, "reservations-released"},
      {6, 0x2a, 0x01, "mode-parameters-changed"},
      {6, 0x2a, 0x03, "reservations-preempted"},
      {6, 0x2a, 0x05, "registrations-preempted"},
      {6, 0x2a, 0x55, "parameters-changed"},
      {6, 0x2f, 0x00, "commands-cleared"},
      {6, 0x2f, 0x01, "commands-cleared-otherwise"},
      {6, 0x3f, 0x0a, "volume-set-modified"},
      {6, 0x3f, 0x0e, "reported-luns-changed"},
      {6, 0x29, 0x00, "unit-attention"},
      {2, 0x04, 0x0a, "access-transition"},
      {2, 0x04, 0x0c, "target-port-unavailable"},
      {2, 0x04, 0x12, "target-port-offline"},
      {2, 0x04, 0x0b, "target-port-standby-only"},
      {2, 0x04, 0x03, "manual-intervention-required"},
      {2, 0x04, 0x01, "not-ready"},
      {0, 0x00, 0x00, "no-sense"},
      {5, 0x25, 0x00, "lun-not-supported"},
      {4, 0x67, 0x0a, "set-target-port-groups-failed"},
      {4, 0x3e, 0x02, "timeout-on-logical-unit"},
      {4, 0x4b, 0x06, "initiator-response-timeout"},
      {11, 0x47, 0x00, "aborted-command"},
      {3, 0x11, 0x00, "other-sense"},
      {5, 0x20, 0x00, "other-sense"},
      {7, 0x27, 0x00, "other-sense"},
      {6, 0x3f, 0x01, "unit-attention"},
  };
  for (const Expected& expected : kExpected) {
    EXPECT_EQ(row_of(sense_facts(expected.key, expected.asc, expected.ascq)), expected.name);
  }
}

TEST(ErrorTable, StandbyIsFreeOnlyForReadsAndWritesWithAWayOut) {
  ErrorFacts facts = sense_facts(2, 0x04, 0x0b);
  for (const bool is_rw : {false, true}) {
    for (const bool elsewhere : {false, true}) {
      facts.is_rw = is_rw;
      facts.optimized_elsewhere = elsewhere;
      EXPECT_EQ(find_row({}, facts).row->verdict.free, is_rw && elsewhere);
    }
  }
}

// The order of the check: whatever the port driver or the transport made of it.
TEST(ErrorTable, SenseWinsOverTheTransport) {
  for (unsigned i = 0; i <= static_cast<unsigned>(TransportOutcome::other); ++i) {
    ErrorFacts facts = sense_facts(6, 0x2a, 0x06);
    facts.outcome = static_cast<TransportOutcome>(i);
    EXPECT_EQ(row_of(facts), "access-state-changed") << name_of(facts.outcome);
  }
}

TEST(ErrorTable, WithoutSenseTheStatusAndThenTheTransportDecide) {
  const auto status = [](uint8_t value) { return row_of({.status = value}); };
  EXPECT_EQ(status(scsi::kGood), "good");
  EXPECT_EQ(status(scsi::kCheckCondition), "check-condition-without-sense");
  EXPECT_EQ(status(scsi::kBusy), "busy");
  EXPECT_EQ(status(scsi::kReservationConflict), "reservation-conflict");
  EXPECT_EQ(status(scsi::kTaskSetFull), "task-set-full");
  EXPECT_EQ(status(scsi::kTaskAborted), "task-aborted");
  EXPECT_EQ(status(scsi::kAcaActive), "other");
  const auto transport = [](TransportOutcome outcome, bool is_rw = true) {
    // The status of a command that was not delivered means nothing.
    return row_of({.outcome = outcome, .status = scsi::kBusy, .is_rw = is_rw});
  };
  EXPECT_EQ(transport(TransportOutcome::connection_lost), "connection-lost");
  EXPECT_EQ(transport(TransportOutcome::silent), "no-answer");
  EXPECT_EQ(transport(TransportOutcome::not_sent), "not-sent");
  EXPECT_EQ(transport(TransportOutcome::no_device), "no-device");
  EXPECT_EQ(transport(TransportOutcome::bus_reset), "bus-reset");
  EXPECT_EQ(transport(TransportOutcome::overrun), "torn-transfer");
  EXPECT_EQ(transport(TransportOutcome::overrun, false), "other");
  EXPECT_EQ(transport(TransportOutcome::busy), "adapter-busy");
  EXPECT_EQ(transport(TransportOutcome::other), "other");
}

TEST(ErrorTable, DeferredSenseIsAboutAnotherCommand) {
  ErrorFacts facts = sense_facts(3, 0x11, 0x00);
  facts.deferred = true;
  EXPECT_EQ(row_of(facts), "deferred-error");
  EXPECT_TRUE(find_row({}, facts).row->verdict.retry);
  facts = sense_facts(6, 0x2a, 0x06);
  facts.deferred = true;
  EXPECT_EQ(row_of(facts), "deferred-error") << "even where the codes have a row";
}

TEST(ErrorTable, BothSenseFormatsAreRead) {
  const scsi::Sense sense{.key = scsi::kUnitAttention, .asc = 0x2a, .ascq = 0x06};
  std::array<uint8_t, 64> bytes{};
  for (const bool fixed : {true, false}) {
    const size_t size = fixed ? scsi::encode_fixed_sense(bytes, sense)
                              : scsi::encode_descriptor_sense(bytes, sense);
    const ErrorFacts facts = facts_of({.scsi_status = scsi::kCheckCondition,
                                       .sense = base::Bytes(bytes).first(size),
                                       .is_rw = true},
                                      true, false);
    EXPECT_EQ(row_of(facts), "access-state-changed");
    EXPECT_TRUE(facts.is_rw && facts.optimized_elsewhere);
    ++bytes[0];  // 71h, 73h
    EXPECT_TRUE(facts_of({.sense = base::Bytes(bytes).first(size)}, false, false).deferred);
  }
  const std::array<uint8_t, 18> rubbish{0x12, 0x34};
  EXPECT_FALSE(facts_of({.sense = rubbish}, false, false).has_sense);
}

TEST(ErrorTable, VendorRowsStandFirst) {
  const ErrorRow vendor[] = {{.name = "never",
                              .needs_sense = true,
                              .key = scsi::kUnitAttention,
                              .asc = 0x2a,
                              .ascq = 0x06,
                              .outcomes = outcome_bit(TransportOutcome::silent)},
                             {.name = "vendor-unique",
                              .needs_sense = true,
                              .key = scsi::kVendorSpecific,
                              .verdict = {.give_back = true, .advice = Advice::retry_later}},
                             {.name = "busy-here",
                              .outcomes = outcome_bit(TransportOutcome::delivered),
                              .status = scsi::kBusy,
                              .verdict = {.retry = true, .target = Target::other_path}}};
  EXPECT_EQ(find_row(vendor, sense_facts(9, 0x80, 0x01)).index, 1);
  EXPECT_EQ(find_row(vendor, {.status = scsi::kBusy}).index, 2);
  EXPECT_EQ(std::string(find_row(vendor, sense_facts(6, 0x2a, 0x06)).row->name),
            "access-state-changed");
  ErrorFacts deferred = sense_facts(9, 0, 0);
  deferred.deferred = true;
  EXPECT_EQ(std::string(find_row(vendor, deferred).row->name), "deferred-error");
}

TEST(ErrorTable, VendorRowsDecideInTheModule) {
  const ErrorRow vendor[] = {{.name = "vendor-dead",
                              .needs_sense = true,
                              .key = scsi::kVendorSpecific,
                              .verdict = {.failover = true},
                              .follow_up = FollowUp::fail_nexus}};
  testing::TestHost host;
  host.config.vendor_rows = vendor;
  host.path(1);
  host.path(2);
  const Verdict verdict = host.sense(1, scsi::kVendorSpecific, 0x80, 0x00);
  EXPECT_TRUE(verdict.failover);
  EXPECT_EQ(verdict.row, 0);
  EXPECT_EQ(host.states(), "FAILED AO");
}

TEST(ErrorTable, ADeferredErrorIsReportedAndTheCommandSentAgain) {
  testing::TestHost host;
  host.path(1);
  auto bytes = testing::fixed_sense(3, 0x0c, 0x02);
  bytes[0] = 0x71;
  const Verdict verdict =
      host.error(1, {.scsi_status = scsi::kCheckCondition, .sense = bytes, .opcode = 0x2a});
  EXPECT_TRUE(verdict.retry);
  EXPECT_EQ(host.reports.back().what, ReportWhat::deferred_error);
  EXPECT_EQ(host.reports.back().detail, 0x030c02U);
  EXPECT_EQ(host.states(), "AO");
}

TEST(ErrorTable, OnlyTheFirstOfManyFatalErrorsIsNews) {
  testing::TestHost host;
  host.path(1);
  host.path(2);
  EXPECT_TRUE(host.transport_error(1, TransportOutcome::connection_lost).failover);
  const size_t reports = host.reports.size();
  const size_t actions = host.history.size();
  EXPECT_TRUE(host.transport_error(1, TransportOutcome::connection_lost).failover);
  EXPECT_EQ(host.reports.size(), reports);
  EXPECT_EQ(host.history.size(), actions);
}

TEST(ErrorTable, AFatalErrorOnANexusThatIsLeavingIsNoNews) {
  testing::TestHost host;
  host.path(1);
  host.path(2);
  Token token = host.begin();
  ASSERT_EQ(host.nexus_of(token), 1U);
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 1));
  const size_t reports = host.reports.size();
  EXPECT_TRUE(host.transport_error(1, TransportOutcome::connection_lost).failover);
  EXPECT_EQ(host.reports.size(), reports);
  EXPECT_EQ(host.states(), "GONE AO");
  host.complete(token);
}

// SRB_STATUS_* with every combination of its flag bits.
TEST(ErrorTable, SrbStatus) {
  struct Expected {
    uint8_t status;
    TransportOutcome outcome;
  };
  constexpr Expected kExpected[] = {
      {0x01, TransportOutcome::delivered}, {0x04, TransportOutcome::delivered},
      {0x05, TransportOutcome::busy},      {0x07, TransportOutcome::no_device},
      {0x08, TransportOutcome::no_device}, {0x0a, TransportOutcome::no_device},
      {0x11, TransportOutcome::no_device}, {0x20, TransportOutcome::no_device},
      {0x21, TransportOutcome::no_device}, {0x09, TransportOutcome::silent},
      {0x0b, TransportOutcome::silent},    {0x0e, TransportOutcome::bus_reset},
      {0x12, TransportOutcome::overrun},   {0x25, TransportOutcome::connection_lost},
      {0x02, TransportOutcome::other},     {0x06, TransportOutcome::other},
      {0x3f, TransportOutcome::other}};
  for (const Expected& expected : kExpected) {
    for (const int flags : {0x00, 0x40, 0x80, 0xc0}) {
      EXPECT_EQ(transport_from_srb_status(static_cast<uint8_t>(expected.status | flags)),
                expected.outcome)
          << int{expected.status} << " " << flags;
    }
  }
}

TEST(ErrorTable, OutcomesHaveNames) {
  std::set<std::string> names;
  for (unsigned i = 0; i <= static_cast<unsigned>(TransportOutcome::other); ++i) {
    EXPECT_TRUE(names.insert(name_of(static_cast<TransportOutcome>(i))).second);
  }
  EXPECT_EQ(names.count("?"), 0U);
}

}  // namespace
}  // namespace dsm
