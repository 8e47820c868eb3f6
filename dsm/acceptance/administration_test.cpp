// Acceptance: what an administrator or a named path asks for. Scenarios 30 to 33.
#include <array>
#include <string_view>
#include <tuple>

#include "dsm/settings.h"
#include "dsm/testing/scenario.h"

namespace dsm::testing {
namespace {

using scsi::AccessState;

bool accepted(OperationHost& host, const PolicySettings& settings) {
  return host.code(host.set_policy(settings)) == base::Code::ok;
}

TEST(Acceptance, S30_ANamedPathIsTakenAndNoCursorMoves) {
  SymmetricPaths host(PolicyId::round_robin, 3);
  EXPECT_EQ(host.next(), 1U);
  for (const PathId path : {3U, 1U, 3U}) {
    Token token;
    ASSERT_TRUE(host.module->begin_on_path(token, host.lun().id, 0, path).ok());
    EXPECT_EQ(host.nexus_of(token), path);
    EXPECT_EQ(host.lun().in_flight(token.slot), 1U) << "counted like any other";
    host.complete(token);
  }
  EXPECT_EQ(host.next(2), (Nexuses{2, 3})) << "as if nothing had been";
}

TEST(Acceptance, S30_ANamedPathMayBeInAnyState) {
  ExplicitPair host;
  host.fail_path(2);
  ASSERT_EQ(host.states(), "AO FAILED");
  Token token;
  EXPECT_TRUE(host.module->begin_on_path(token, host.lun().id, 0, 2).ok());
  EXPECT_EQ(host.nexus_of(token), 2U);
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 2));
  EXPECT_EQ(host.module->find_nexus(2)->lifecycle, Lifecycle::gone) << "the command keeps it";
  host.complete(token);
  EXPECT_EQ(host.module->find_nexus(2), nullptr);
}

TEST(Acceptance, S30_APathOfAnotherLunIsRefused) {
  SymmetricPaths host(PolicyId::round_robin, 2);
  host.path(3, {.lun_number = 2});
  Token token;
  const LunId lun = host.lun().id;
  const auto code = [&](LunId id, PathId path) {
    return host.module->begin_on_path(token, id, 0, path).code();
  };
  EXPECT_EQ(code(lun, 3), base::Code::invalid_argument);
  EXPECT_EQ(code(lun, 99), base::Code::invalid_argument);
  EXPECT_EQ(code(4711, 1), base::Code::not_found);
  Token held = host.begin();
  host.on(event::of_nexus(EventKind::nexus_removing, host.now, host.nexus_of(held)));
  EXPECT_EQ(code(lun, 1), base::Code::invalid_argument) << "on its way out";
  EXPECT_FALSE(token.counted());
  host.complete(held);
  EXPECT_EQ(host.next(2), (Nexuses{2, 2}));
}

TEST(Acceptance, S31_BadSettingsAreRejectedAndChangeNothing) {
  ExplicitPair host(PolicyId::fail_over_only);
  using enum Desire;
  const PathSetting two_active[] = {{1, active_optimized, 0}, {2, active_optimized, 0}};
  const PathSetting one_missing[] = {{1, active_optimized, 0}};
  EXPECT_FALSE(accepted(host, {.policy = PolicyId::fail_over_only, .paths = two_active}));
  EXPECT_FALSE(accepted(host, {.policy = PolicyId::fail_over_only, .paths = one_missing}));
  EXPECT_FALSE(accepted(host, {.policy = PolicyId::round_robin})) << "on an asymmetric LUN";
  EXPECT_EQ(host.states(), "AO AU");
  EXPECT_EQ(host.lun().policy, PolicyId::fail_over_only);
  EXPECT_TRUE(host.sent.empty());
}

TEST(Acceptance, S31_EverythingIsRestoredWhenTheArrayRefuses) {
  ExplicitPair host(PolicyId::weighted_paths);
  const PathSetting before[] = {{1, Desire::undetermined, 7}, {2, Desire::active_nonoptimized, 9}};
  ASSERT_TRUE(accepted(host, {.policy = PolicyId::weighted_paths, .paths = before}));
  host.refuse_stpg = true;
  const PathSetting wanted[] = {{1, Desire::standby, 1}, {2, Desire::active_optimized, 2}};
  const OperationId id =
      host.set_policy({.policy = PolicyId::fail_over_only, .preferred = 2, .paths = wanted});
  EXPECT_FALSE(host.ended(id)) << "the array is being asked";
  host.answer_all();
  EXPECT_EQ(host.code(id), base::Code::refused);
  EXPECT_EQ(host.count_sent(kStpg), 1U);
  EXPECT_EQ(host.states(), "AO AU");
  EXPECT_EQ(host.lun().policy, PolicyId::weighted_paths);
  EXPECT_EQ(host.lun().preferred, 0U);
  EXPECT_EQ(host.module->find_nexus(1)->weight, 7U);
  EXPECT_EQ(host.module->find_nexus(2)->weight, 9U);
  EXPECT_EQ(host.module->find_nexus(1)->desired, Desire::undetermined);
  EXPECT_EQ(host.module->find_nexus(2)->desired, Desire::active_nonoptimized);
}

// The host resolves the levels anew for every LUN and sets what comes out; see dsm/settings.h.
TEST(Acceptance, S32_ClearingTheDsmWidePolicyTouchesOnlyLunsThatTookItFromThere) {
  constexpr std::string_view kProducts[] = {"ONE             ", "TWO             ",
                                            "THREE           "};
  OperationHost host(PolicyId::least_queue_depth);
  for (uint8_t number = 1; number <= 3; ++number) {
    host.path(2U * number - 1, {.lun_number = number});
    host.path(2U * number, {.lun_number = number});
  }
  const HardwareChoice hardware[] = {{"DSMKIT  TWO", {PolicyId::fail_over_only, {}}}};
  PolicyChoice dsm_wide{PolicyId::least_blocks, {}};
  const auto apply = [&](uint8_t number) {
    const PolicyChoice own{number == 1 ? PolicyId::weighted_paths : PolicyId::none, {}};
    const PolicyInForce now =
        policy_in_force({.lun = own, .hardware = hardware, .dsm_wide = dsm_wide}, "DSMKIT  ",
                        kProducts[number - 1]);
    EXPECT_EQ(host.code(host.start({.kind = OperationKind::set_policy,
                                    .lun = host.lun(number).id,
                                    .settings = {.policy = now.policy, .origin = now.origin}})),
              base::Code::ok);
  };
  const auto shown = [&](uint8_t number) {
    const Lun& lun = host.lun(number);
    return std::tuple(lun.policy, lun.origin, lun.published.word.load());
  };
  for (const uint8_t number : std::to_array<uint8_t>({1, 2, 3})) {
    apply(number);
  }
  const auto first = shown(1);
  const auto second = shown(2);
  EXPECT_EQ(std::get<0>(first), PolicyId::weighted_paths);
  EXPECT_EQ(std::get<0>(second), PolicyId::fail_over_only);
  EXPECT_EQ(host.lun(3).policy, PolicyId::least_blocks);
  EXPECT_EQ(host.lun(3).origin, SettingsOrigin::dsm_wide);
  dsm_wide = {};
  for (const uint8_t number : std::to_array<uint8_t>({1, 2, 3})) {
    apply(number);
  }
  EXPECT_EQ(shown(1), first);
  EXPECT_EQ(shown(2), second);
  EXPECT_EQ(host.lun(3).policy, PolicyId::round_robin);
  EXPECT_EQ(host.lun(3).origin, SettingsOrigin::capability);
}

TEST(Acceptance, S33_MoveMakesTheSuggestedPathActiveAndTheOldOneStandsBy) {
  SymmetricPaths host(PolicyId::fail_over_only, 3);
  ASSERT_EQ(host.states(), "AO SB SB");
  EXPECT_EQ(host.code(host.move(2)), base::Code::ok);
  EXPECT_EQ(host.states(), "SB AO SB") << "P1 is not failed";
  EXPECT_EQ(host.next(2), (Nexuses{2, 2}));
  EXPECT_EQ(host.code(host.move(4711)), base::Code::not_found);
  EXPECT_EQ(host.states(), "SB AO SB");
}

}  // namespace
}  // namespace dsm::testing
