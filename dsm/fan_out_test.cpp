// What happens to a path goes from LUN to LUN: all of them hear of it, in portions, and the
// operation invalidate_path ends when they have.
#include <gtest/gtest.h>

#include "dsm/testing/operation_host.h"

namespace dsm::testing {
namespace {

using base::Code;

// So many that their LUNs are told of a change in several steps.
void two_paths_to_many_luns(TestHost& host) {
  for (uint8_t lun = 1; lun <= 99; ++lun) {
    host.path(100U + lun, {.lun_number = lun});
    host.path(200U + lun, {.lun_number = lun});
  }
}

void tell_the_rest(TestHost& host, Progress progress, Actions& actions) {
  while (progress == Progress::more) {
    actions.clear();
    progress = host.module->resume(host.now, actions);
  }
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
  two_paths_to_many_luns(host);
  Actions actions;
  ASSERT_EQ(host.module->on(event::of_path(EventKind::path_failed, host.now, 1), actions),
            Progress::more);
  actions.clear();
  // One LUN's nexus comes back, and the path becomes suspect, before the others have heard.
  Progress progress =
      host.module->on(event::of_nexus(EventKind::nexus_activated, host.now, 101), actions);
  actions.clear();
  progress = host.module->on(event::of_path(EventKind::path_suspect, host.now, 1), actions);
  tell_the_rest(host, progress, actions);
  for (uint8_t lun = 2; lun <= 99; ++lun) {
    EXPECT_EQ(host.states(lun), "FAILED AO") << int{lun};
  }
  EXPECT_EQ(host.module->find_nexus(101)->health, Health::up);
  EXPECT_EQ(host.next(2), (std::vector<NexusId>{201, 201})) << "up, but suspect";
}

// The path fails while its LUNs are still being told that it is suspect: those that have heard that
// hear this, too.
TEST(FanOut, WorseNewsStartFromTheFirstLunAgain) {
  TestHost host;
  two_paths_to_many_luns(host);
  Actions actions;
  ASSERT_EQ(host.module->on(event::of_path(EventKind::path_suspect, host.now, 1), actions),
            Progress::more);
  actions.clear();
  Progress progress = host.module->on(event::of_path(EventKind::path_failed, host.now, 1), actions);
  tell_the_rest(host, progress, actions);
  for (uint8_t lun = 1; lun <= 99; ++lun) {
    EXPECT_EQ(host.states(lun), "FAILED AO") << int{lun};
  }
}

// Doubts about a path that is down, and the end of such doubts, do not make it any better.
TEST(FanOut, OnlyAnActivationLiftsAFailure) {
  for (const EventKind news : {EventKind::path_suspect, EventKind::path_verified}) {
    TestHost host;
    host.path(101, {.lun_number = 1});
    host.path(201, {.lun_number = 1});
    host.fail_path(1);
    ASSERT_TRUE(host.add(102, {.lun_number = 2}).ok());
    host.on(event::of_path(news, host.now, 1));
    EXPECT_EQ(host.module->find_path(1)->health, Health::down) << name_of(news);
    EXPECT_EQ(host.states(1), "FAILED AO") << name_of(news);
    EXPECT_EQ(host.states(2), "FAILED") << name_of(news);
    host.activate(102);
    EXPECT_EQ(host.states(2), "AO") << name_of(news);
    EXPECT_EQ(host.states(1), "FAILED AO") << "each nexus is activated by itself";
  }
}

// The nexus that would be told next is removed meanwhile.
TEST(FanOut, GoesOnBehindANexusThatIsRemoved) {
  TestHost host;
  two_paths_to_many_luns(host);
  Actions actions;
  Progress progress = host.module->on(event::of_path(EventKind::path_failed, host.now, 1), actions);
  ASSERT_EQ(progress, Progress::more);
  const Nexus* next = host.module->find_path(1)->fan_cursor;
  ASSERT_NE(next, nullptr);
  const NexusId removed = next->id;
  for (const EventKind kind : {EventKind::nexus_removed, EventKind::lanes_synchronised}) {
    actions.clear();
    Event event;
    event.kind = kind;
    event.now = host.now;
    event.nexus = removed;
    event.lun = next->lun->id;
    progress = host.module->on(event, actions);
  }
  tell_the_rest(host, progress, actions);
  EXPECT_EQ(host.module->find_nexus(removed), nullptr);
  for (uint8_t lun = 1; lun <= 99; ++lun) {
    EXPECT_EQ(host.states(lun), 100U + lun == removed ? "AO" : "FAILED AO") << int{lun};
  }
}

TEST(InvalidatePath, OneMoreThanMayWaitIsRefused) {
  TestHost host;
  host.path(1);
  host.path(2);
  std::map<OperationId, std::vector<Code>> ends;
  Actions actions;
  const auto note_ends = [&] {
    for (const Action& action : actions) {
      if (action.kind == ActionKind::op_done) {
        ends[action.result.id].push_back(action.result.status.code());
      }
    }
    actions.clear();
  };
  for (OperationId id = 1; id <= kMaxPathOperations + 1; ++id) {
    while (actions.room() > kActionsPerStep) {  // no room to tell the LUN
      ASSERT_TRUE(actions.push_back({}));
    }
    host.module->on(
        event::start(host.now, {.id = id, .kind = OperationKind::invalidate_path, .path = 1}),
        actions);
    note_ends();
  }
  EXPECT_EQ(ends.size(), 1U);
  host.module->resume(host.now, actions);
  note_ends();
  for (OperationId id = 1; id <= kMaxPathOperations; ++id) {
    EXPECT_EQ(ends[id], std::vector<Code>{Code::ok}) << id;
  }
  EXPECT_EQ(ends[kMaxPathOperations + 1], std::vector<Code>{Code::exhausted});
}

TEST(InvalidatePath, TheSuccessorIsAnotherPath) {
  OperationHost host;
  host.path(101, {.lun_number = 1});
  host.path(201, {.lun_number = 1});
  host.path(301, {.lun_number = 1});
  host.on(event::of_path(EventKind::path_suspect, host.now, 2));
  const OperationId id = host.start({.kind = OperationKind::invalidate_path, .path = 1});
  EXPECT_EQ(host.code(id), Code::ok);
  EXPECT_EQ(host.results.back().successor, 3U) << "the one that carries the LUN now";
}

// A nexus of the path is back before the LUNs have been told: the path is no successor of itself.
TEST(InvalidatePath, ThePathItselfIsNoSuccessor) {
  TestHost host;
  host.path(1);
  host.path(2);
  Actions actions;
  const auto without_room_to_go_on = [&](const Event& event) {
    actions.clear();
    while (actions.room() > kActionsPerStep) {
      ASSERT_TRUE(actions.push_back({}));
    }
    ASSERT_EQ(host.module->on(event, actions), Progress::more);
  };
  without_room_to_go_on(
      event::start(host.now, {.id = 77, .kind = OperationKind::invalidate_path, .path = 1}));
  without_room_to_go_on(event::of_nexus(EventKind::nexus_activated, host.now, 1));
  actions.clear();
  ASSERT_EQ(host.module->resume(host.now, actions), Progress::done);
  EXPECT_EQ(host.states(), "AO AO");
  EXPECT_EQ(actions.back().kind, ActionKind::op_done);
  EXPECT_EQ(actions.back().result.successor, 2U);
}

TEST(InvalidatePath, TheSuccessorMayCarryAnyOfItsLuns) {
  for (const uint8_t only_here : std::to_array<uint8_t>({1, 2})) {
    OperationHost host;
    for (const uint8_t lun : std::to_array<uint8_t>({1, 2})) {
      host.path(100U + lun, {.lun_number = lun});
      if (lun != only_here) {
        host.path(200U + lun, {.lun_number = lun});
      }
    }
    const OperationId id = host.start({.kind = OperationKind::invalidate_path, .path = 1});
    EXPECT_EQ(host.code(id), Code::ok);
    EXPECT_EQ(host.results.back().successor, 2U) << "LUN " << int{only_here} << " has no way out";
  }
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
