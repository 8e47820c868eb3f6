// Move, policies, groups and the limits: each operation ends exactly once, whatever happens to what
// it works on.
#include <gtest/gtest.h>

#include "dsm/testing/operation_host.h"
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

constexpr uint8_t kStpg = 0xa4;

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

TEST(Move, KnowsOnlyPathsOfTheLun) {
  OperationHost host(PolicyId::fail_over_only);
  host.path(1);
  host.path(2);
  EXPECT_EQ(host.code(host.move(7)), Code::not_found);
  EXPECT_EQ(host.states(), "AO SB");
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

// P1 and P3 are in the same group: a move between them needs no array.
TEST(Move, ALaterOneKeepsItsPlaceWhenTheEarlierIsRefused) {
  ExplicitHost host(PolicyId::fail_over_only);
  host.path(3, explicit_in(1));
  host.on(event::set_preferred(host.now, host.lun().id, 1));
  host.refuse_stpg = true;
  const OperationId earlier = host.move(2);
  const OperationId later = host.move(3);
  host.answer_all();
  EXPECT_EQ(host.code(earlier), Code::refused);
  EXPECT_EQ(host.code(later), Code::ok);
  host.on(event::of_nexus(EventKind::set_weight, host.now, 1, 5));  // the next plan, for no reason
  EXPECT_EQ(host.next(), 3U) << "still before the preferred path";
}

// What the array has refused is asked again only after a pause - but not when somebody wants it.
TEST(Operations, DoNotWaitForThePaceOfWhatFailedBefore) {
  const auto stpgs_after = [](auto&& wish) {
    ExplicitHost host(PolicyId::fail_over_only);
    host.groups[3] = AccessState::active_nonoptimized;
    host.path(3, explicit_in(3));
    host.refuse_stpg = true;
    host.fail_path(1);
    host.answer_all();
    EXPECT_EQ(host.count_sent(kStpg), 1U);
    wish(host);
    const unsigned stpgs = host.count_sent(kStpg);
    host.answer_all();
    return stpgs;
  };
  EXPECT_EQ(stpgs_after([](OperationHost&) {}), 1U);
  EXPECT_EQ(stpgs_after([](OperationHost& host) { host.move(3); }), 2U);
  EXPECT_EQ(stpgs_after([](OperationHost& host) {
              host.set_policy({.policy = PolicyId::fail_over_only, .preferred = 3});
            }),
            2U);
  EXPECT_EQ(stpgs_after([](OperationHost& host) {
              host.on(event::set_preferred(host.now, host.lun().id, 3));
            }),
            2U);
  EXPECT_EQ(stpgs_after([](OperationHost& host) { host.activate(3); }), 2U)
      << "a path that comes back is a new situation";
}

TEST(SetPreferred, AsksTheArrayForThePath) {
  ExplicitHost host(PolicyId::fail_over_only);
  host.on(event::set_preferred(host.now, host.lun().id, 2));
  host.answer_all();
  EXPECT_EQ(host.count_sent(kStpg), 1U);
  EXPECT_EQ(host.states(), "AU AO");
}

TEST(SetPreferred, EndsAMove) {
  OperationHost host(PolicyId::fail_over_only);
  for (NexusId id = 1; id <= 3; ++id) {
    host.path(id);
  }
  host.move(3);
  ASSERT_EQ(host.states(), "SB SB AO");
  host.on(event::set_preferred(host.now, host.lun().id, 2));
  EXPECT_EQ(host.states(), "SB AO SB");
  host.move(3);
  ASSERT_EQ(host.states(), "SB SB AO");
  host.set_policy({.policy = PolicyId::fail_over_only, .preferred = 2});
  EXPECT_EQ(host.states(), "SB AO SB") << "and so does a policy";
}

TEST(SetPolicy, ARejectionLeavesEverything) {
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
  const PathSetting one_twice[] = {{1, active_optimized, 5}, {2, standby, 5}, {1, standby, 5}};
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
    const OperationId id = host.set_policy(settings);
    EXPECT_FALSE(host.ended(id)) << "the array is being asked";
    EXPECT_EQ(host.count_sent(kStpg), 1U);
    EXPECT_EQ(host.sent.front().nexus, 2U);
    host.answer_all();
    EXPECT_EQ(host.code(id), Code::ok);
    EXPECT_EQ(host.states(), "AU AO");
    EXPECT_EQ(host.lun().policy, PolicyId::fail_over_only);
  }
}

// However the wait ends without success: as if it had never been asked.
TEST(SetPolicy, IsUndoneByRefusalCancelDeadlineAndRemoval) {
  enum class End { refused, cancelled, timed_out, removed };
  for (const End end : {End::refused, End::cancelled, End::timed_out, End::removed}) {
    ExplicitHost host(PolicyId::least_queue_depth);
    host.refuse_stpg = end == End::refused;
    const OperationId id =
        host.start({.kind = OperationKind::set_policy,
                    .lun = host.lun().id,
                    .deadline = end == End::timed_out ? host.now + 5 * kNsPerMs : 0,
                    .settings = {.policy = PolicyId::fail_over_only, .preferred = 2}});
    ASSERT_EQ(host.lun().policy, PolicyId::fail_over_only) << "in force while it waits";
    Code wanted = Code::refused;
    switch (end) {
      case End::refused:
        host.answer_all();
        break;
      case End::cancelled:
        host.on(event::cancel(host.now, {.id = id, .lun = host.lun().id}));
        wanted = Code::cancelled;
        break;
      case End::timed_out:
        host.advance_ms(5);
        wanted = Code::timed_out;
        break;
      case End::removed:
        host.on(event::of_nexus(EventKind::nexus_removed, host.now, 2));
        wanted = Code::not_found;
        break;
    }
    EXPECT_EQ(host.code(id), wanted);
    EXPECT_EQ(host.lun().policy, PolicyId::least_queue_depth);
    EXPECT_EQ(host.lun().preferred, 0U);
    EXPECT_EQ(host.lun().plan.policy->id, PolicyId::least_queue_depth) << "in force again";
  }
}

TEST(SetPolicy, OneWaitsAtATime) {
  ExplicitHost host;
  const OperationId first = host.set_policy({.policy = PolicyId::fail_over_only, .preferred = 2});
  EXPECT_EQ(host.code(host.set_policy({.policy = PolicyId::least_blocks})), Code::conflict);
  host.answer_all();
  EXPECT_EQ(host.code(first), Code::ok);
  EXPECT_EQ(host.code(host.set_policy({.policy = PolicyId::least_blocks})), Code::ok);
}

TEST(SetPolicy, WhatIsSetByAnEventMeanwhileStays) {
  ExplicitHost host(PolicyId::weighted_paths);
  host.refuse_stpg = true;
  const PathSetting paths[] = {{1, Desire::standby, 3}, {2, Desire::active_optimized, 4}};
  const OperationId id =
      host.set_policy({.policy = PolicyId::fail_over_only, .preferred = 2, .paths = paths});
  host.on(event::of_nexus(EventKind::set_weight, host.now, 1, 77));
  host.on(event::set_desired(host.now, 1, Desire::active_nonoptimized));
  host.answer_all();
  EXPECT_EQ(host.code(id), Code::refused);
  EXPECT_EQ(host.module->find_nexus(1)->weight, 77U);
  EXPECT_EQ(host.module->find_nexus(1)->desired, Desire::active_nonoptimized);
  EXPECT_EQ(host.module->find_nexus(2)->weight, 0U);
}

TEST(SetPolicy, APreferredPathThatIsSetMeanwhileStays) {
  ExplicitHost host;
  host.refuse_stpg = true;
  host.set_policy({.policy = PolicyId::fail_over_only, .preferred = 2});
  host.on(event::set_preferred(host.now, host.lun().id, 1));
  host.answer_all();
  EXPECT_EQ(host.lun().preferred, 1U);
}

TEST(SetPolicy, ARefusalPutsAFormerMoveBackButNotOverALaterOne) {
  for (const bool moved_meanwhile : {false, true}) {
    ExplicitHost host(PolicyId::fail_over_only);
    host.path(3, explicit_in(1));
    ASSERT_EQ(host.code(host.move(3)), Code::ok);
    host.refuse_stpg = true;
    const OperationId id = host.set_policy({.policy = PolicyId::fail_over_only, .preferred = 2});
    if (moved_meanwhile) {
      host.move(1);
    }
    host.answer_all();
    EXPECT_EQ(host.code(id), Code::refused);
    EXPECT_EQ(host.next(), moved_meanwhile ? 1U : 3U);
    EXPECT_EQ(host.lun().moved_to, moved_meanwhile ? 1U : 3U);
  }
}

TEST(SetPolicy, ARefusalDoesNotBringAPreferenceForARemovedPathBack) {
  ExplicitHost host(PolicyId::fail_over_only);
  host.set_policy({.policy = PolicyId::fail_over_only, .preferred = 1});
  host.refuse_stpg = true;
  const OperationId id = host.set_policy({.policy = PolicyId::fail_over_only, .preferred = 2});
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 1));
  host.answer_all();
  EXPECT_EQ(host.code(id), Code::refused);
  EXPECT_EQ(host.lun().preferred, 0U);
}

TEST(SetPolicy, AsksForTheFirstWantedPathThatIsNotYetOptimized) {
  ExplicitHost host(PolicyId::round_robin_subset);
  const PathSetting both[] = {{1, Desire::active_optimized, 0}, {2, Desire::active_optimized, 0}};
  const OperationId id = host.set_policy({.policy = PolicyId::round_robin_subset, .paths = both});
  ASSERT_FALSE(host.ended(id));
  EXPECT_EQ(host.sent.front().nexus, 2U);
  host.answer_all();
  EXPECT_EQ(host.code(id), Code::ok);
}

// An implicit array changes by itself; there is nobody to refuse.
TEST(SetPolicy, DoesNotWaitForAnImplicitArray) {
  OperationHost host;
  host.groups = {{1, AccessState::active_optimized}, {2, AccessState::active_nonoptimized}};
  host.path(1, implicit_in(1));
  host.path(2, implicit_in(2));
  EXPECT_EQ(host.code(host.set_policy({.policy = PolicyId::fail_over_only, .preferred = 2})),
            Code::ok);
  EXPECT_EQ(host.states(), "AO AU");
  EXPECT_EQ(host.lun().preferred, 2U);

  host.groups[1] = AccessState::active_nonoptimized;  // now its states are read now and then
  host.sense(1, scsi::kUnitAttention, 0x2a, 0x06);
  host.answer_all();
  EXPECT_EQ(host.code(host.set_policy({.policy = PolicyId::fail_over_only, .preferred = 1})),
            Code::ok);
  host.answer_all();
  EXPECT_EQ(host.lun().preferred, 1U);
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

TEST(ActivateGroup, AsksASoundPathOfTheGroupIfThereIsOne) {
  ExplicitHost host;
  host.path(3, explicit_in(2));
  host.on(event::of_path(EventKind::path_suspect, host.now, 2));
  for (const NexusId asked : {3U, 2U}) {
    host.start({.kind = OperationKind::activate_group, .lun = host.lun().id, .group = 2});
    EXPECT_EQ(host.sent.front().nexus, asked);
    host.answer_all();
    host.fail_path(3);
    host.answer_all();
  }
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

}  // namespace
}  // namespace dsm::testing
