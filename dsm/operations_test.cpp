// Operations: each ends exactly once, whatever happens to what it works on. Scenarios 31 and 33.
#include <gtest/gtest.h>

#include <map>

#include "dsm/testing/test_host.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

using base::Code;
using scsi::AccessState;

constexpr PathSpec explicit_in(uint16_t group) {
  return {.group = group, .support = AluaSupport::explicit_only};
}
constexpr PathSpec implicit_in(uint16_t group) {
  return {.group = group, .support = AluaSupport::implicit_only};
}

constexpr uint8_t kRtpg = 0xa3;
constexpr uint8_t kStpg = 0xa4;

struct OperationHost : TestHost {
  explicit OperationHost(PolicyId policy = PolicyId::round_robin) : TestHost(policy) {}
  ~OperationHost() {
    for (const auto& [id, count] : counts()) {
      EXPECT_EQ(count, 1U) << "operation " << id << " ended " << count << " times";
    }
  }

  OperationId start(Operation operation) {
    operation.id = ++last_;
    on(event::start(now, operation));
    return last_;
  }
  OperationId verify(NexusId nexus, TimeNs deadline = 0) {
    return start({.kind = OperationKind::verify_path, .nexus = nexus, .deadline = deadline});
  }
  OperationId move(NexusId nexus) {
    return start({.kind = OperationKind::move, .lun = lun().id, .nexus = nexus});
  }
  OperationId set_policy(const PolicySettings& settings) {
    return start({.kind = OperationKind::set_policy, .lun = lun().id, .settings = settings});
  }
  bool ended(OperationId id) { return counts()[id] != 0; }
  Code code(OperationId id) const {
    for (const OperationResult& result : results) {
      if (result.id == id) {
        return result.status.code();
      }
    }
    ADD_FAILURE() << "operation " << id << " has not ended";
    return Code::ok;
  }
  std::map<OperationId, unsigned> counts() const {
    std::map<OperationId, unsigned> counts;
    for (const OperationResult& result : results) {
      ++counts[result.id];
    }
    return counts;
  }

 private:
  OperationId last_ = 0;
};

// P1 in group 1 (active/optimized), P2 in group 2 (active/non-optimized), explicit ALUA.
struct ExplicitHost : OperationHost {
  explicit ExplicitHost(PolicyId policy = PolicyId::round_robin) : OperationHost(policy) {
    groups = {{1, AccessState::active_optimized}, {2, AccessState::active_nonoptimized}};
    path(1, explicit_in(1));
    path(2, explicit_in(2));
  }
};

TEST(Verify, WithoutAluaATurIsAllThereIs) {
  OperationHost host;
  host.path(1);
  const OperationId id = host.verify(1);
  const SentCommand tur = host.take();
  EXPECT_TRUE(tur.is_tur());
  EXPECT_EQ(tur.nexus, 1U);
  host.answer(tur, scsi::kGood);
  EXPECT_EQ(host.code(id), Code::ok);
  EXPECT_TRUE(host.sent.empty());
}

TEST(Verify, UnitAttentionsAreReadAwayUpToALimit) {
  for (const int attentions : {1, 7, 8}) {
    OperationHost host;
    host.path(1);
    const OperationId id = host.verify(1);
    for (int i = 0; i < attentions; ++i) {
      host.answer_with_sense(host.take(), scsi::kUnitAttention, 0x29, 0x00);
    }
    if (attentions < 8) {
      host.answer(host.take(), scsi::kGood);
    }
    EXPECT_EQ(host.code(id), attentions < 8 ? Code::ok : Code::io_error) << attentions;
    EXPECT_TRUE(host.sent.empty());
  }
}

TEST(Verify, AStandbyPortIsInOrder) {
  for (const uint8_t ascq : std::to_array<uint8_t>({0x0a, 0x0b, 0x0c})) {
    ExplicitHost host;
    const OperationId id = host.verify(2);
    host.answer_with_sense(host.take(), scsi::kNotReady, 0x04, ascq);
    EXPECT_TRUE(host.sent.front().is_rtpg());
    EXPECT_EQ(host.sent.front().nexus, 2U);
    host.answer_all();
    EXPECT_EQ(host.code(id), Code::ok);
  }
}

TEST(Verify, OtherAnswersAreFailures) {
  const auto outcome = [](auto&& answer) {
    OperationHost host;
    host.path(1);
    const OperationId id = host.verify(1);
    answer(host, host.take());
    return host.code(id);
  };
  EXPECT_EQ(outcome([](TestHost& host, const SentCommand& tur) { host.lose(tur); }),
            Code::io_error);
  EXPECT_EQ(outcome([](TestHost& host, const SentCommand& tur) {
              host.answer_with_sense(tur, scsi::kNotReady, 0x04, 0x03);
            }),
            Code::io_error);
  EXPECT_EQ(outcome([](TestHost& host, const SentCommand& tur) {
              host.answer_with_sense(tur, scsi::kIllegalRequest, 0x25, 0x00);
            }),
            Code::io_error);
  EXPECT_EQ(outcome([](TestHost& host, const SentCommand& tur) {
              host.answer(tur, scsi::kReservationConflict);
            }),
            Code::ok)
      << "somebody answers there";
}

// With every path dead, verification is the only way back: its RTPG goes down the dead path.
TEST(Verify, WorksWhileEveryPathIsDown) {
  ExplicitHost host;
  host.fail_path(1);
  host.fail_path(2);
  while (!host.sent.empty()) {
    host.lose(host.take());
  }
  EXPECT_EQ(host.states(), "FAILED FAILED");
  const OperationId id = host.verify(2);
  host.answer(host.take(), scsi::kGood);
  ASSERT_FALSE(host.sent.empty());
  EXPECT_TRUE(host.sent.front().is_rtpg());
  EXPECT_EQ(host.sent.front().nexus, 2U);
  host.answer_all();
  EXPECT_EQ(host.code(id), Code::ok);
  EXPECT_EQ(host.states(), "FAILED FAILED");
  host.activate(2);
  host.answer_all();
  EXPECT_EQ(host.states(), "FAILED AO");
}

TEST(Verify, FailsWhenItsOwnRtpgDoesThoughAnotherPathAnswers) {
  ExplicitHost host;
  host.fail_path(2);
  const OperationId id = host.verify(2);
  host.answer(host.take(), scsi::kGood);
  ASSERT_EQ(host.sent.front().nexus, 2U);
  host.lose(host.take());
  ASSERT_EQ(host.sent.front().nexus, 1U) << "the states are wanted all the same";
  host.answer_all();
  EXPECT_EQ(host.code(id), Code::io_error);
}

TEST(Verify, AsksAgainWhenAnotherRtpgWasUnderWay) {
  ExplicitHost host;
  host.sense(1, scsi::kUnitAttention, 0x2a, 0x06);
  const SentCommand first = host.take();
  ASSERT_EQ(first.nexus, 1U);
  const OperationId id = host.verify(2);
  host.answer(host.take(), scsi::kGood);
  EXPECT_TRUE(host.sent.empty()) << "one at a time";
  host.sent.push_back(first);
  host.answer(host.take(), scsi::kBusy);
  host.advance_ms(100);
  const SentCommand again = host.take();
  EXPECT_FALSE(host.ended(id));
  host.sent.push_back(again);
  host.answer_all();
  EXPECT_EQ(host.code(id), Code::ok);
}

// What its path did in the work before does not count: it is being asked anew.
TEST(Verify, IsNotJudgedByWhatWasBefore) {
  ExplicitHost host;
  host.sense(2, scsi::kUnitAttention, 0x2a, 0x06);
  host.lose(host.take());  // P2 fails to carry the RTPG; P1 is asked
  const SentCommand of_p1 = host.take();
  ASSERT_EQ(of_p1.nexus, 1U);
  const OperationId id = host.verify(2);
  host.answer(host.take(), scsi::kGood);
  host.sent.push_back(of_p1);
  host.answer_one();
  EXPECT_FALSE(host.ended(id));
  EXPECT_EQ(host.sent.front().nexus, 2U);
  host.answer_all();
  EXPECT_EQ(host.code(id), Code::ok);
}

TEST(Verify, IsNotGoodBecauseItsPathOnceAnswered) {
  ExplicitHost host;
  host.groups = {{1, AccessState::transitioning}, {2, AccessState::transitioning}};
  host.sense(2, scsi::kUnitAttention, 0x2a, 0x06);
  host.answer_one();  // P2 answers; nothing serves, so the states are read again after a pause
  ASSERT_EQ(host.lun().access.phase, AccessPhase::pause);
  const OperationId id = host.verify(2);
  host.answer(host.take(), scsi::kGood);
  host.advance_ms(100);
  ASSERT_EQ(host.sent.front().nexus, 2U);
  host.lose(host.take());
  host.groups = {{1, AccessState::active_optimized}, {2, AccessState::standby}};
  host.answer_all();
  EXPECT_EQ(host.code(id), Code::io_error);
}

// An array that takes back what it has just said would otherwise be asked for ever.
TEST(Verify, AnArrayThatContradictsItselfIsNotAskedForEver) {
  ExplicitHost host;
  const OperationId id = host.verify(2);
  bool after_stpg = false;
  unsigned commands = 0;
  for (; !host.sent.empty() && commands < 100; ++commands) {
    if (host.sent.front().is_rtpg()) {
      host.groups = {{1, AccessState::standby},
                     {2, after_stpg ? AccessState::active_optimized : AccessState::standby}};
    }
    after_stpg = host.sent.front().is_stpg();
    host.answer_one();
  }
  EXPECT_LE(commands, 10U);
  EXPECT_TRUE(host.ended(id));
}

TEST(Verify, OfManyPathsAtOnce) {
  OperationHost host;
  host.groups = {{1, AccessState::active_optimized}};
  std::map<NexusId, OperationId> ids;
  for (NexusId nexus = 1; nexus <= 32; ++nexus) {
    ASSERT_TRUE(host.add(nexus, explicit_in(1)).ok());
  }
  for (NexusId nexus = 1; nexus <= 32; ++nexus) {
    ids[nexus] = host.verify(nexus);
  }
  host.answer_all();
  for (const auto& [nexus, id] : ids) {
    EXPECT_EQ(host.code(id), Code::ok) << nexus;
  }
  EXPECT_LE(host.count_sent(kRtpg), 33U);
}

TEST(Verify, EndsAtItsDeadline) {
  OperationHost host;
  host.path(1);
  const OperationId id = host.verify(1, host.now + 50 * kNsPerMs);
  host.advance_ms(49);
  EXPECT_FALSE(host.ended(id));
  host.advance_ms(1);
  EXPECT_EQ(host.code(id), Code::timed_out);
  host.answer(host.take(), scsi::kGood);  // too late to matter
}

TEST(Verify, CanBeCancelledInEachPhase) {
  ExplicitHost host;
  const OperationId early = host.verify(2);
  host.on(event::cancel(host.now, {.id = early, .lun = host.lun().id}));
  EXPECT_EQ(host.code(early), Code::cancelled);
  host.answer(host.take(), scsi::kGood);

  const OperationId late = host.verify(2);
  host.answer(host.take(), scsi::kGood);
  host.on(event::cancel(host.now, {.id = late, .nexus = 2}));
  EXPECT_EQ(host.code(late), Code::cancelled);
  host.answer_all();
  host.on(event::cancel(host.now, {.id = late, .lun = host.lun().id}));  // has ended already
}

TEST(Verify, EndsWithItsNexus) {
  for (const bool after_tur : {false, true}) {
    ExplicitHost host;
    const OperationId id = host.verify(2);
    if (after_tur) {
      host.answer(host.take(), scsi::kGood);
    }
    const SentCommand command = host.take();
    host.on(event::of_nexus(EventKind::nexus_removed, host.now, 2));
    EXPECT_EQ(host.code(id), Code::not_found);
    EXPECT_NE(host.module->find_nexus(2), nullptr) << "its command is still out";
    host.lose(command);
    EXPECT_EQ(host.module->find_nexus(2), nullptr);
    host.answer_all();
  }
}

TEST(Verify, OfWhatIsNotThere) {
  OperationHost host;
  host.path(1);
  EXPECT_EQ(host.code(host.verify(9)), Code::not_found);
  EXPECT_EQ(host.code(host.start({.kind = OperationKind::verify_path, .lun = host.lun().id})),
            Code::not_found)
      << "a LUN, but no nexus";
  EXPECT_EQ(host.code(host.start({.kind = OperationKind::move, .lun = host.lun().id})),
            Code::not_found);
  EXPECT_EQ(host.code(host.start({.kind = OperationKind::none, .lun = host.lun().id})),
            Code::invalid_argument);
}

TEST(Operations, TheFortyFirstIsRefused) {
  OperationHost host;
  host.path(1);
  std::vector<OperationId> ids;
  for (unsigned i = 0; i < kMaxOperationsPerLun; ++i) {
    ids.push_back(host.verify(1));
  }
  EXPECT_EQ(host.code(host.verify(1)), Code::exhausted);
  host.answer_all();
  for (const OperationId id : ids) {
    EXPECT_EQ(host.code(id), Code::ok);
  }
}

TEST(Operations, FortyEndWithTheirLun) {
  OperationHost host;
  host.path(1);
  for (unsigned i = 0; i < kMaxOperationsPerLun; ++i) {
    host.verify(1);
  }
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 1));
  EXPECT_EQ(host.results.size(), kMaxOperationsPerLun + 1) << "and the verification of its arrival";
  while (!host.sent.empty()) {
    host.lose(host.take());
  }
  host.on(event::of_path(EventKind::path_removed, host.now, 1));
  EXPECT_EQ(host.storage_held(), 0U);
}

TEST(Move, S33_MakesThePathActiveAndTheOldOneStandsBy) {
  OperationHost host(PolicyId::fail_over_only);
  host.path(1);
  host.path(2);
  EXPECT_EQ(host.code(host.move(2)), Code::ok);
  EXPECT_EQ(host.states(), "SB AO");
  EXPECT_EQ(host.code(host.move(7)), Code::not_found);
  EXPECT_EQ(host.states(), "SB AO");
}

TEST(Move, ActivatesTheGroupAndReleasesThePlaceWhenThePathFails) {
  ExplicitHost host(PolicyId::fail_over_only);
  const OperationId id = host.move(2);
  EXPECT_FALSE(host.ended(id)) << "the array is being asked";
  host.answer_all();
  EXPECT_EQ(host.code(id), Code::ok);
  EXPECT_EQ(host.states(), "AU AO");
  host.fail_path(2);
  EXPECT_EQ(host.lun().moved_to, 0U);
  host.answer_all();
  host.activate(2);
  host.answer_all();
  EXPECT_EQ(host.states(), "AO AU") << "the move does not outlive the failure";
}

TEST(Move, ARefusalLeavesNothingBehind) {
  ExplicitHost host(PolicyId::fail_over_only);
  host.refuse_stpg = true;
  const OperationId id = host.move(2);
  host.answer_all();
  EXPECT_EQ(host.code(id), Code::refused);
  EXPECT_EQ(host.states(), "AO AU");
  EXPECT_EQ(host.lun().moved_to, 0U);
  host.groups[2] = AccessState::active_optimized;  // some day
  host.sense(1, scsi::kUnitAttention, 0x2a, 0x06);
  host.answer_all();
  EXPECT_EQ(host.states(), "AO AU") << "no late effect of a refused move";
}

TEST(SetPolicy, S31_ARejectionLeavesEverything) {
  ExplicitHost host(PolicyId::fail_over_only);
  host.set_policy({.policy = PolicyId::fail_over_only, .preferred = 1});
  const size_t history = host.history.size();
  const auto rejected = [&](const PolicySettings& settings) {
    const Code code = host.code(host.set_policy(settings));
    EXPECT_EQ(host.states(), "AO AU");
    EXPECT_EQ(host.lun().policy, PolicyId::fail_over_only);
    EXPECT_EQ(host.lun().preferred, 1U);
    EXPECT_EQ(host.module->find_nexus(1)->desired, Desire::undetermined);
    EXPECT_EQ(host.module->find_nexus(1)->weight, 0U);
    return code;
  };
  using enum Desire;
  const PathSetting two_active[] = {{1, active_optimized, 5}, {2, active_optimized, 5}};
  const PathSetting one_missing[] = {{1, active_optimized, 5}};
  const PathSetting one_twice[] = {{1, active_optimized, 5}, {1, standby, 5}};
  const PathSetting a_stranger[] = {{1, active_optimized, 5}, {9, standby, 5}};
  const PathSetting good[] = {{1, active_optimized, 5}, {2, standby, 5}};
  EXPECT_EQ(rejected({.policy = PolicyId::fail_over_only, .paths = two_active}),
            Code::invalid_argument);
  EXPECT_EQ(rejected({.policy = PolicyId::fail_over_only, .paths = one_missing}),
            Code::invalid_argument);
  EXPECT_EQ(rejected({.policy = PolicyId::fail_over_only, .paths = one_twice}),
            Code::invalid_argument);
  EXPECT_EQ(rejected({.policy = PolicyId::fail_over_only, .paths = a_stranger}), Code::not_found);
  EXPECT_EQ(rejected({.policy = PolicyId::round_robin, .paths = good}), Code::unsupported)
      << "round robin on an asymmetric LUN";
  EXPECT_EQ(rejected({.policy = PolicyId::none}), Code::invalid_argument);
  EXPECT_EQ(rejected({.policy = static_cast<PolicyId>(9)}), Code::invalid_argument);
  EXPECT_EQ(rejected({.policy = PolicyId::least_queue_depth, .preferred = 1}),
            Code::invalid_argument);
  EXPECT_EQ(rejected({.policy = PolicyId::fail_over_only, .preferred = 9}), Code::not_found);
  for (size_t i = history; i < host.history.size(); ++i) {
    EXPECT_EQ(host.history[i].kind, ActionKind::op_done);
  }
}

TEST(SetPolicy, IsAppliedAsAWhole) {
  OperationHost host;
  for (NexusId id = 1; id <= 3; ++id) {
    host.path(id);
  }
  const PathSetting paths[] = {
      {1, Desire::standby, 7}, {2, Desire::active_optimized, 8}, {3, Desire::undetermined, 9}};
  EXPECT_EQ(host.code(host.set_policy({.policy = PolicyId::round_robin_subset, .paths = paths})),
            Code::ok);
  EXPECT_EQ(host.states(), "SB AO AO");
  EXPECT_EQ(host.module->find_nexus(3)->weight, 9U);
  EXPECT_EQ(host.code(host.set_policy({.policy = PolicyId::round_robin})), Code::ok);
  EXPECT_EQ(host.states(), "AO AO AO");
  EXPECT_EQ(host.module->find_nexus(1)->desired, Desire::standby) << "an empty list leaves these";
}

TEST(SetPolicy, APathThatIsBeingRemovedNeedNotBeNamed) {
  OperationHost host;
  host.path(1);
  host.path(2);
  Token token = host.begin();
  ASSERT_EQ(host.nexus_of(token), 1U);
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 1));
  const PathSetting paths[] = {{2, Desire::active_optimized, 0}};
  EXPECT_EQ(host.code(host.set_policy({.policy = PolicyId::fail_over_only, .paths = paths})),
            Code::ok);
  EXPECT_EQ(host.code(host.set_policy({.policy = PolicyId::fail_over_only, .preferred = 1})),
            Code::not_found)
      << "and cannot be the preferred one";
  host.complete(token);
}

TEST(SetPolicy, AsksTheArrayForWhatItWants) {
  for (const bool by_preference : {true, false}) {
    ExplicitHost host;
    const PathSetting paths[] = {{1, Desire::undetermined, 0}, {2, Desire::active_optimized, 0}};
    PolicySettings settings{.policy = PolicyId::fail_over_only};
    if (by_preference) {
      settings.preferred = 2;
    } else {
      settings.paths = paths;
    }
    EXPECT_EQ(host.code(host.set_policy(settings)), Code::ok) << "at once";
    EXPECT_EQ(host.count_sent(kStpg), 1U);
    EXPECT_EQ(host.sent.front().nexus, 2U);
    host.answer_all();
    EXPECT_EQ(host.states(), "AU AO");
  }
}

TEST(SetPolicy, TheSettingsStayWhenTheArrayRefuses) {
  ExplicitHost host;
  host.refuse_stpg = true;
  host.set_policy({.policy = PolicyId::fail_over_only, .preferred = 2});
  host.answer_all();
  EXPECT_EQ(host.states(), "AO AU");
  EXPECT_EQ(host.lun().preferred, 2U);
  EXPECT_EQ(
      host.reports.back().what == ReportWhat::stpg_failed ||
          std::any_of(host.reports.begin(), host.reports.end(),
                      [](const Report& report) { return report.what == ReportWhat::stpg_failed; }),
      true);
}

TEST(ActivateGroup, Works) {
  ExplicitHost host;
  const OperationId id =
      host.start({.kind = OperationKind::activate_group, .lun = host.lun().id, .group = 2});
  EXPECT_EQ(host.sent.front().nexus, 2U);
  host.answer_all();
  EXPECT_EQ(host.code(id), Code::ok);
  EXPECT_EQ(host.states(), "AU AO");
}

TEST(ActivateGroup, IsRefusedByTheArrayOrUnknownOrWithoutAPath) {
  ExplicitHost host;
  const auto activate = [&](uint16_t group) {
    const OperationId id =
        host.start({.kind = OperationKind::activate_group, .lun = host.lun().id, .group = group});
    host.answer_all();
    return host.code(id);
  };
  host.refuse_stpg = true;
  EXPECT_EQ(activate(2), Code::refused);
  EXPECT_EQ(host.states(), "AO AU");
  host.refuse_stpg = false;
  EXPECT_EQ(activate(7), Code::not_found);
  host.fail_path(2);
  EXPECT_EQ(activate(2), Code::not_found) << "no working path leads there";
  EXPECT_EQ(host.count_sent(kStpg), 1U);

  OperationHost implicit;
  implicit.groups = {{1, AccessState::active_nonoptimized}};
  implicit.path(1, implicit_in(1));
  const OperationId id =
      implicit.start({.kind = OperationKind::activate_group, .lun = implicit.lun().id, .group = 1});
  EXPECT_EQ(implicit.code(id), Code::unsupported);
  EXPECT_EQ(implicit.count_sent(kStpg), 0U);
}

// An RTPG that was out before must not be taken for the answer to the activation.
TEST(ActivateGroup, WaitsItsTurn) {
  ExplicitHost host;
  host.sense(1, scsi::kUnitAttention, 0x2a, 0x06);
  const OperationId id =
      host.start({.kind = OperationKind::activate_group, .lun = host.lun().id, .group = 2});
  EXPECT_EQ(host.count_sent(kStpg), 0U);
  host.answer_all();
  EXPECT_EQ(host.count_sent(kStpg), 1U);
  EXPECT_EQ(host.code(id), Code::ok);
  EXPECT_EQ(host.states(), "AU AO");
}

// The plan's own wish comes after the administrator's.
TEST(ActivateGroup, IsNotOvertakenByThePlan) {
  ExplicitHost host;
  host.groups[3] = AccessState::active_nonoptimized;
  host.path(3, explicit_in(3));
  host.sense(1, scsi::kUnitAttention, 0x2a, 0x06);
  const OperationId id =
      host.start({.kind = OperationKind::activate_group, .lun = host.lun().id, .group = 3});
  host.groups[1] = AccessState::active_nonoptimized;  // now nothing is optimized
  host.answer_all();
  EXPECT_EQ(host.code(id), Code::ok);
  EXPECT_EQ(host.states(), "AU AU AO");
  EXPECT_EQ(host.count_sent(kStpg), 1U);
}

TEST(ActivateGroup, IsNotFooledByAnOldState) {
  ExplicitHost host;
  const OperationId id =
      host.start({.kind = OperationKind::activate_group, .lun = host.lun().id, .group = 1});
  while (!host.sent.empty()) {
    host.lose(host.take());
  }
  EXPECT_EQ(host.code(id), Code::refused) << "nobody has confirmed it";
}

TEST(RefreshAccess, ReadsTheStatesOrSaysThatItCouldNot) {
  ExplicitHost host;
  host.groups = {{1, AccessState::active_nonoptimized}, {2, AccessState::active_optimized}};
  OperationId id = host.start({.kind = OperationKind::refresh_access, .lun = host.lun().id});
  host.answer_all();
  EXPECT_EQ(host.code(id), Code::ok);
  EXPECT_EQ(host.states(), "AU AO");
  id = host.start({.kind = OperationKind::refresh_access, .lun = host.lun().id});
  host.lose(host.take());
  host.lose(host.take());
  EXPECT_EQ(host.code(id), Code::io_error);
}

TEST(InvalidatePath, EndsOnceAllLunsHaveBeenServed) {
  OperationHost host;
  for (const NexusId path : {1U, 2U}) {
    for (uint8_t lun = 1; lun <= 60; ++lun) {
      host.path(path * 100 + lun, {.lun_number = lun});
    }
  }
  const OperationId id = host.start({.kind = OperationKind::invalidate_path, .path = 1});
  EXPECT_EQ(host.code(id), Code::ok);
  EXPECT_EQ(host.results.back().successor, 2U);
  for (uint8_t lun = 1; lun <= 60; ++lun) {
    EXPECT_EQ(host.states(lun), "FAILED AO");
  }
  EXPECT_EQ(host.code(host.start({.kind = OperationKind::invalidate_path, .path = 2})),
            Code::not_found)
      << "nothing carries these LUNs any more";
  EXPECT_EQ(host.code(host.start({.kind = OperationKind::invalidate_path, .path = 9})),
            Code::not_found);
}

// Many LUNs: the list of actions is drained in between, and the operation can still be cancelled.
TEST(InvalidatePath, CanBeCancelledWhileTheFanOutIsUnderWay) {
  OperationHost host;
  for (uint8_t lun = 1; lun <= 99; ++lun) {
    host.path(100U + lun, {.lun_number = lun});
  }
  Actions actions;
  Progress progress = host.module->on(
      event::start(host.now, {.id = 77, .kind = OperationKind::invalidate_path, .path = 1}),
      actions);
  ASSERT_EQ(progress, Progress::more);
  actions.clear();
  progress = host.module->on(event::cancel(host.now, {.id = 77, .path = 1}), actions);
  unsigned done = 0;
  for (;;) {
    for (const Action& action : actions) {
      done += action.kind == ActionKind::op_done && action.result.id == 77 ? 1U : 0U;
    }
    if (progress == Progress::done) {
      break;
    }
    actions.clear();
    progress = host.module->resume(host.now, actions);
  }
  EXPECT_EQ(done, 1U);
  EXPECT_EQ(host.states(99), "FAILED");
}

// A failure that is still on its way to the LUNs is not lost when the path becomes suspect.
TEST(FanOut, AFailureIsNotOvertaken) {
  TestHost host;
  for (uint8_t lun = 1; lun <= 99; ++lun) {
    host.path(100U + lun, {.lun_number = lun});
    host.path(200U + lun, {.lun_number = lun});
  }
  Actions actions;
  ASSERT_EQ(host.module->on(event::of_path(EventKind::path_failed, host.now, 1), actions),
            Progress::more);
  actions.clear();
  // One LUN's nexus comes back, and the path becomes suspect, before the others have heard.
  Progress progress =
      host.module->on(event::of_nexus(EventKind::nexus_activated, host.now, 101), actions);
  actions.clear();
  progress = host.module->on(event::of_path(EventKind::path_suspect, host.now, 1), actions);
  while (progress == Progress::more) {
    actions.clear();
    progress = host.module->resume(host.now, actions);
  }
  for (uint8_t lun = 2; lun <= 99; ++lun) {
    EXPECT_EQ(host.states(lun), "FAILED AO") << int{lun};
  }
  EXPECT_EQ(host.module->find_nexus(101)->health, Health::up);
  EXPECT_EQ(host.next(2), (std::vector<NexusId>{201, 201})) << "up, but suspect";
}

TEST(FanOut, AnActivationEndsTheSuspicionForAllLunsOfThePath) {
  TestHost host;
  for (uint8_t lun = 1; lun <= 3; ++lun) {
    host.path(100U + lun, {.lun_number = lun});
    host.path(200U + lun, {.lun_number = lun});
  }
  host.on(event::of_path(EventKind::path_suspect, host.now, 1));
  EXPECT_EQ(host.lun(2).candidates(), 2U);
  host.activate(101);
  EXPECT_EQ(host.lun(2).candidates(), 3U);
}

}  // namespace
}  // namespace dsm::testing
