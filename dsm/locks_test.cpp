// Who takes which lock. That their order holds, whatever comes, random_events_test.cpp judges.
#include <gtest/gtest.h>

#include "dsm/testing/lock_judge.h"
#include "dsm/testing/operation_host.h"

namespace dsm::testing {
namespace {

struct JudgedPair : OperationHost {
  explicit JudgedPair(PolicyId policy = PolicyId::round_robin) : OperationHost(policy) {
    config.locks = judge.ops();
    path(1);
    path(2);
  }
  // {topology, LUNs} taken by `entry`.
  template <typename Entry>
  std::pair<unsigned, unsigned> taken(Entry&& entry) {
    judge.topology_taken = judge.luns_taken = 0;
    entry();
    EXPECT_TRUE(judge.all_free());
    return {judge.topology_taken, judge.luns_taken};
  }
  LockJudge judge;
};

constexpr std::pair<unsigned, unsigned> kNone{0, 0};
constexpr std::pair<unsigned, unsigned> kLunOnly{0, 1};
constexpr std::pair<unsigned, unsigned> kBoth{1, 1};

TEST(Locks, CommandsTakeNone) {
  for (const Policy& policy : policies()) {
    JudgedPair host(policy.id);
    const auto a_command = [&] {
      Token token = host.begin();
      ASSERT_TRUE(token.counted());
      const Pick pick = select(host.lun(), 0, {.lba = 8, .bytes = 512, .is_read = true});
      EXPECT_TRUE(move(token, pick).moved);
      complete(token, {.bytes = 512, .direction = Direction::read, .ok = false});
    };
    EXPECT_EQ(host.taken(a_command), kNone) << policy.name;
  }
}

TEST(Locks, AnErrorTakesThatOfItsLunOnly) {
  JudgedPair host;
  EXPECT_EQ(host.taken([&] { host.sense(1, 6, 0x29, 0x00); }), kLunOnly);
  EXPECT_EQ(host.taken([&] { host.transport_error(1, TransportOutcome::no_device); }), kLunOnly);
  EXPECT_EQ(host.states(), "FAILED AO");
}

TEST(Locks, EveryOtherEntryTakesBoth) {
  JudgedPair host;
  const LunId lun = host.lun().id;
  Statistics statistics;
  EXPECT_EQ(host.taken([&] { EXPECT_TRUE(host.module->statistics(1, statistics)); }), kBoth);
  const PolicySettings settings{.policy = PolicyId::least_blocks};
  EXPECT_EQ(host.taken([&] { EXPECT_TRUE(host.module->check_settings(lun, settings).ok()); }),
            kBoth);
  Token token;
  EXPECT_EQ(host.taken([&] { EXPECT_TRUE(host.module->begin_on_path(token, lun, 0, 1).ok()); }),
            kBoth);
  host.complete(token);
  const std::pair<unsigned, unsigned> on_and_resume{2, 1};
  EXPECT_EQ(host.taken([&] { host.activate(1); }), on_and_resume);
  EXPECT_EQ(host.taken([&] { host.set_policy(settings); }), on_and_resume);
  EXPECT_EQ(host.taken([&] { host.on(event::set_desired(host.now, 1, Desire::standby)); }),
            on_and_resume);
}

}  // namespace
}  // namespace dsm::testing
