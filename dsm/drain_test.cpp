// The end of nexuses, paths and LUNs: nothing goes while a lane may still use it, everything goes
// afterwards. Scenarios 26 and 35.
#include <gtest/gtest.h>

#include "dsm/testing/test_host.h"
#include "scsi/opcodes.h"

namespace dsm::testing {
namespace {

constexpr PathSpec explicit_in(uint16_t group) {
  return {.group = group, .support = AluaSupport::explicit_only};
}

void remove(TestHost& host, NexusId id) {
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, id));
}
void remove_path(TestHost& host, PathId id) {
  host.on(event::of_path(EventKind::path_removed, host.now, id));
}
void slot_idle(TestHost& host) {
  host.on(event::of_lun(EventKind::slot_idle, host.now, host.lun().id));
}
bool known(const TestHost& host, NexusId id) {
  return host.module->find_nexus(id) != nullptr;
}

TEST(Drain, AnIdleNexusGoesAtOnce) {
  TestHost host;
  host.path(1);
  host.path(2);
  remove(host, 1);
  EXPECT_FALSE(known(host, 1));
  EXPECT_EQ(host.count(ActionKind::drained), 1U);
  EXPECT_EQ(host.states(), "AO");
}

TEST(Drain, NothingGoesBeforeTheLanesHavePassedABarrier) {
  TestHost host;
  host.path(1);
  host.path(2);
  host.hold_lanes = true;
  remove(host, 1);
  slot_idle(host);
  host.advance_ms(10'000);
  EXPECT_TRUE(known(host, 1)) << "a count that no barrier stands behind is not believed";
  EXPECT_EQ(host.count(ActionKind::drained), 0U);
  host.synchronise();
  EXPECT_FALSE(known(host, 1));
}

// A second drain that begins while a barrier is under way needs one of its own.
TEST(Drain, EachDrainHasABarrierThatBeganAfterIt) {
  TestHost host;
  for (NexusId id = 1; id <= 3; ++id) {
    host.path(id);
  }
  host.hold_lanes = true;
  remove(host, 1);
  remove(host, 2);
  EXPECT_EQ(host.lanes_to_synchronise.size(), 1U) << "one at a time";
  host.synchronise();
  EXPECT_FALSE(known(host, 1));
  EXPECT_TRUE(known(host, 2));
  host.synchronise();
  EXPECT_FALSE(known(host, 2));
  host.synchronise();
  EXPECT_TRUE(known(host, 3));
}

TEST(Drain, CommandsOnEveryLaneAreWaitedFor) {
  TestHost host(PolicyId::round_robin, 3);
  host.path(1);
  std::vector<Token> tokens;
  for (const unsigned lane : {0U, 1U, 2U, 2U}) {
    tokens.push_back(host.begin(lane));
  }
  host.on(event::of_nexus(EventKind::nexus_removing, host.now, 1));
  EXPECT_FALSE(select(host.lun(), 0, {}).found()) << "no new commands";
  for (Token& token : tokens) {
    EXPECT_EQ(host.count(ActionKind::drained), 0U);
    host.complete(token);
  }
  EXPECT_EQ(host.count(ActionKind::drained), 1U);
  EXPECT_TRUE(known(host, 1)) << "drained, but the host still has it";
  remove(host, 1);
  EXPECT_EQ(host.count(ActionKind::drained), 1U) << "told once";
  remove_path(host, 1);
  EXPECT_EQ(host.storage_held(), 0U);
}

TEST(Drain, WhatHasDrainedNeedsNoOtherBarrierToGo) {
  TestHost host;
  host.path(1);
  host.path(2);
  host.on(event::of_nexus(EventKind::nexus_removing, host.now, 1));
  ASSERT_EQ(host.count(ActionKind::drained), 1U);
  host.hold_lanes = true;
  remove(host, 1);
  EXPECT_FALSE(known(host, 1));
}

TEST(Drain, RemovedBeforeItsCommandsEnd) {
  TestHost host;
  host.path(1);
  host.path(2);
  Token token = host.begin();
  ASSERT_EQ(host.nexus_of(token), 1U);
  remove(host, 1);
  EXPECT_TRUE(known(host, 1));
  EXPECT_EQ(host.states(), "GONE AO");
  host.complete(token);
  EXPECT_FALSE(known(host, 1));
}

TEST(Drain, TheNewsThatItIsLeavingDoesNotBringARemovedNexusBack) {
  TestHost host;
  host.path(1);
  host.path(2);
  Token token = host.begin();
  ASSERT_EQ(host.nexus_of(token), 1U);
  remove(host, 1);
  host.on(event::of_nexus(EventKind::nexus_removing, host.now, 1));
  host.complete(token);
  EXPECT_FALSE(known(host, 1)) << "the host has let go of it already";
}

// A lane that backs out of begin() just when the control plane counts tells nobody: the timer looks
// again.
TEST(Drain, ACountThatVanishesUntoldIsFoundByTheTimer) {
  TestHost host;
  host.path(1);
  host.path(2);
  Lane& lane = host.lun().published.lanes[0];
  lane.add(0, 1);
  remove(host, 1);
  EXPECT_TRUE(known(host, 1));
  host.advance_ms(1000);
  EXPECT_TRUE(known(host, 1)) << "it looks, and the count is still there";
  lane.add(0, 0U - 1);
  host.advance_ms(200);
  EXPECT_FALSE(known(host, 1));
  const size_t actions = host.history.size();
  host.advance_ms(10'000);
  EXPECT_LE(host.history.size(), actions + 1) << "and then it looks no more";
}

TEST(Drain, TheDsmsOwnCommandsAreWaitedForToo) {
  TestHost host;
  host.path(1);
  host.path(2);
  host.on(event::start(host.now, {.id = 5, .kind = OperationKind::verify_path, .nexus = 1}));
  remove(host, 1);
  EXPECT_TRUE(known(host, 1));
  EXPECT_EQ(host.count(ActionKind::drained), 1U) << "the client's commands have ended";
  host.lose(host.take());
  EXPECT_FALSE(known(host, 1));
}

TEST(Drain, AllThirtyTwoAtOnce) {
  TestHost host;
  for (NexusId id = 1; id <= 32; ++id) {
    host.path(id);
  }
  host.hold_lanes = true;
  for (NexusId id = 1; id <= 32; ++id) {
    remove_path(host, id);
    remove(host, id);
  }
  host.synchronise();
  host.synchronise();
  host.advance_ms(0);
  EXPECT_EQ(host.storage_held(), 0U);
  EXPECT_EQ(host.count(ActionKind::drained), 32U);
}

// No step may need more room than it was promised, or an action would be lost: 40 operations end,
// nexuses go and with the last the LUN, all by one event.
TEST(Drain, TheFullestStepFitsIntoTheRoomPromised) {
  TestHost host;
  for (NexusId id = 1; id <= 8; ++id) {
    host.path(id);
  }
  for (OperationId id = 1; id <= kMaxOperationsPerLun; ++id) {
    host.on(event::start(host.now, {.id = id,
                                    .kind = OperationKind::verify_path,
                                    .nexus = 8,
                                    .deadline = host.now + 1000 * kNsPerMs}));
  }
  while (!host.sent.empty()) {  // answers that nobody knows: the operations wait for their deadline
    const SentCommand command = host.take();
    host.on(event::command_done(host.now, command.lun, command.nexus,
                                {.id = 0, .outcome = TransportOutcome::connection_lost}));
  }
  ASSERT_EQ(host.lun().operations.size(), kMaxOperationsPerLun);
  for (NexusId id = 1; id <= 8; ++id) {
    remove_path(host, id);
  }
  host.hold_lanes = true;
  for (NexusId id = 1; id <= 7; ++id) {
    remove(host, id);
  }
  host.synchronise();

  Actions actions;
  while (actions.room() > kActionsPerStep) {
    ASSERT_TRUE(actions.push_back({}));
  }
  host.module->on(event::of_nexus(EventKind::nexus_removed, host.now, 8), actions);
  unsigned ended = 0;
  for (const Action& action : actions) {
    ended += action.kind == ActionKind::op_done ? 1U : 0U;
  }
  EXPECT_EQ(ended, kMaxOperationsPerLun);
}

TEST(Drain, ThirtyTwoNexusesGoInPortions) {
  TestHost host;
  for (NexusId id = 1; id <= 32; ++id) {
    host.path(id);
    remove_path(host, id);
  }
  host.hold_lanes = true;
  for (NexusId id = 1; id <= 32; ++id) {
    remove(host, id);
  }
  host.synchronise();
  Actions actions;
  while (actions.room() > kActionsPerStep) {
    ASSERT_TRUE(actions.push_back({}));
  }
  host.module->on(event::of_lun(EventKind::lanes_synchronised, host.now, host.lun().id), actions);
  EXPECT_LE(actions.size(), kActionCapacity);
  EXPECT_EQ(actions.back().kind, ActionKind::arm_timer) << "the others follow at once";
  EXPECT_EQ(actions.back().due, host.now);
}

// Reports give way to what must not be lost.
TEST(Drain, ReportsLeaveRoomForTheRest) {
  TestHost host;
  for (uint16_t id = 1; id <= 32; ++id) {
    host.groups[id] = scsi::AccessState::active_optimized;
    host.path(id, explicit_in(id));
  }
  host.sense(1, 6, 0x2a, 0x06);
  const SentCommand command = host.take();
  scsi::TargetPortGroups told;  // each group changes, and with it each path
  for (uint16_t id = 1; id <= 32; ++id) {
    scsi::TargetPortGroup group;
    group.id = id;
    group.state = scsi::AccessState::standby;
    static_cast<void>(told.groups.push_back(group));
  }
  std::array<uint8_t, 512> data{};
  const size_t size = scsi::encode_target_port_groups(data, told);
  Actions actions;
  while (actions.room() > kActionsPerStep) {
    ASSERT_TRUE(actions.push_back({}));
  }
  const size_t before = actions.size();
  host.module->on(
      event::command_done(host.now, command.lun, command.nexus,
                          {.id = command.send.id, .data_in = base::Bytes(data).first(size)}),
      actions);
  ASSERT_GT(actions.size(), before);
  EXPECT_EQ(actions[before].kind, ActionKind::send) << "an STPG, and no report in its way";
  host.sent.clear();
}

TEST(Drain, TheLunGoesWithItsTimersOperationsAndThrottle) {
  TestHost host;
  host.groups = {{1, scsi::AccessState::active_optimized}};
  host.path(1, explicit_in(1));
  host.on(event::start(host.now, {.id = 5,
                                  .kind = OperationKind::refresh_access,
                                  .lun = host.lun().id,
                                  .deadline = host.now + 1'000'000 * kNsPerMs}));
  host.sense(1, 6, 0x2a, 0x06);
  EXPECT_TRUE(host.throttled());
  host.answer(host.take(), scsi::kBusy);  // now it pauses, with a timer
  EXPECT_EQ(host.lun().access.phase, AccessPhase::pause);
  remove(host, 1);
  ASSERT_FALSE(host.results.empty());
  EXPECT_EQ(host.results.back().id, 5U);
  EXPECT_EQ(host.results.back().status.code(), base::Code::not_found);
  EXPECT_EQ(host.count(ActionKind::throttle), host.count(ActionKind::resume));
  EXPECT_EQ(host.history.back().kind, ActionKind::release);
  remove_path(host, 1);
  EXPECT_EQ(host.storage_held(), 0U);
  host.advance_ms(2'000'000);
  EXPECT_TRUE(host.last_refusal.ok()) << "no timer of a LUN that is gone";
}

TEST(Drain, TheLunWaitsForTheAnswerOfItsLastCommand) {
  TestHost host;
  host.groups = {{1, scsi::AccessState::active_optimized}};
  host.path(1, explicit_in(1));
  host.sense(1, 6, 0x2a, 0x06);
  const SentCommand command = host.take();
  remove(host, 1);
  remove_path(host, 1);
  EXPECT_EQ(host.storage_held(), 4U);
  host.lose(command);
  EXPECT_EQ(host.storage_held(), 0U);
}

TEST(Drain, ANumberThatIsUsedAgainBringsNoPreferenceAlong) {
  TestHost host(PolicyId::fail_over_only);
  host.path(1);
  host.path(2);
  host.on(event::set_preferred(host.now, host.lun().id, 2));
  ASSERT_EQ(host.states(), "SB AO");
  remove(host, 2);
  host.path(2);
  EXPECT_EQ(host.states(), "AO SB") << "it is another nexus";
}

TEST(Drain, TheNextNexusOfASlotDoesNotDrain) {
  TestHost host;
  host.path(1);
  host.path(2);
  remove(host, 1);
  host.path(3);
  Token token;
  ASSERT_TRUE(host.module->begin_on_path(token, host.lun().id, 0, 3).ok());
  ASSERT_EQ(token.slot, 0U) << "the slot is used again";
  EXPECT_EQ(complete(token), CompleteResult::done);
}

// A path that fails and loses its last nexus before its LUNs have been told.
TEST(Drain, APathGoesOnlyWhenItsNewsHasBeenTold) {
  TestHost host;
  host.path(1);
  host.path(2);
  Actions actions;
  const auto one_step_only = [&](const Event& event) {
    actions.clear();
    while (actions.room() > kActionsPerStep) {
      ASSERT_TRUE(actions.push_back({}));
    }
    EXPECT_EQ(host.module->on(event, actions), Progress::more);
  };
  const auto released_paths = [&] {
    unsigned paths = 0;
    for (const Action& action : actions) {
      paths += action.kind == ActionKind::release && action.released == Released::path &&
                       action.storage != nullptr
                   ? 1U
                   : 0U;
    }
    return paths;
  };
  const LunId lun = host.lun().id;
  one_step_only(event::of_path(EventKind::path_failed, host.now, 1));
  one_step_only(event::of_nexus(EventKind::nexus_removed, host.now, 1));
  one_step_only(event::of_lun(EventKind::lanes_synchronised, host.now, lun));
  ASSERT_FALSE(known(host, 1));
  one_step_only(event::of_path(EventKind::path_removed, host.now, 1));
  EXPECT_EQ(released_paths(), 0U);
  actions.clear();
  EXPECT_EQ(host.module->resume(host.now, actions), Progress::done);
  EXPECT_EQ(released_paths(), 1U);
  EXPECT_EQ(host.module->find_path(1), nullptr);
}

TEST(Drain, ANexusThatNeverBecameActiveGoesToo) {
  TestHost host;
  ASSERT_TRUE(host.add(1).ok());
  remove(host, 1);
  remove_path(host, 1);
  EXPECT_EQ(host.storage_held(), 0U);
}

TEST(Drain, APathComesBackBeforeTheLastCommandOfItsFormerNexusEnds) {
  TestHost host;
  host.path(101);
  host.path(201);
  Token token = host.begin();
  ASSERT_EQ(host.nexus_of(token), 101U);
  remove(host, 101);
  host.path(102);
  EXPECT_EQ(host.states(), "GONE AO AO");
  host.complete(token);
  EXPECT_EQ(host.states(), "AO AO");
}

TEST(Drain, ARemovedNexusComesBackNeither) {
  TestHost host;
  host.path(1);
  host.path(2);
  Token token = host.begin();
  remove(host, 1);
  host.activate(1);
  EXPECT_EQ(host.last_refusal.code(), base::Code::conflict);
  EXPECT_EQ(host.states(), "GONE AO");
  host.complete(token);
}

TEST(Arrival, RefusalsLeaveNothingBehind) {
  TestHost host;
  host.path(1);
  const size_t held = host.storage_held();
  EXPECT_EQ(host.add(1).code(), base::Code::already_exists) << "the nexus is known";
  EXPECT_EQ(host.add(2, {.support = AluaSupport::implicit_only}).code(), base::Code::conflict)
      << "the paths disagree about ALUA";
  host.path(101, {.lun_number = 5});
  EXPECT_EQ(host.add(102, {.lun_number = 5}).code(), base::Code::already_exists)
      << "this path leads to the LUN already";
  EXPECT_EQ(host.storage_held(), held + 3) << "LUN, lanes and nexus of 101; its path is known";
  Arrival nothing;
  host.on(event::nexus_arrived(host.now, 7, 7, nothing));
  EXPECT_EQ(host.last_refusal.code(), base::Code::invalid_argument);
}

TEST(Arrival, NeedsStorageForWhatIsNew) {
  TestHost host;
  ClaimResult claim;
  claim.refusal = ClaimRefusal::none;
  claim.identity = identity_of(1);
  Nexus nexus;
  Path path;
  const auto refusal = [&](const Arrival& arrival) {
    host.last_refusal = {};
    Actions actions;
    host.module->on(event::nexus_arrived(host.now, 1, 1, arrival), actions);
    return actions[0].status.code();
  };
  EXPECT_EQ(refusal({.claim = &claim, .nexus = &nexus}), base::Code::invalid_argument) << "no path";
  EXPECT_EQ(refusal({.claim = &claim, .path = &path, .nexus = &nexus}),
            base::Code::invalid_argument)
      << "no LUN";
  EXPECT_EQ(refusal({.claim = &claim, .path = &path}), base::Code::invalid_argument) << "no nexus";
  EXPECT_EQ(host.module->find_path(1), nullptr);
}

TEST(Arrival, AWeightIsKept) {
  TestHost host;
  host.path(1);
  host.on(event::of_nexus(EventKind::set_weight, host.now, 1, 7));
  EXPECT_EQ(host.module->find_nexus(1)->weight, 7U);
}

TEST(Arrival, EventsAboutWhatIsNotThereAreRefused) {
  TestHost host;
  for (int kind = static_cast<int>(EventKind::nexus_activated);
       kind <= static_cast<int>(EventKind::registered); ++kind) {
    host.last_refusal = {};
    Event event;
    event.kind = static_cast<EventKind>(kind);
    event.nexus = event.path = event.lun = 4711;
    host.on(event);
    EXPECT_EQ(host.last_refusal.code(), base::Code::not_found) << name_of(event.kind);
  }
  EXPECT_EQ(host.count(ActionKind::refused), static_cast<unsigned>(EventKind::registered));
}

}  // namespace
}  // namespace dsm::testing
