// Acceptance: which path each policy takes. Scenarios 6 to 11.
#include "dsm/testing/scenario.h"

namespace dsm::testing {
namespace {

using scsi::AccessState;

TEST(Acceptance, S06_SubsetRoundRobinUsesOneStandByWhenAllPrimariesAreGone) {
  OperationHost host(PolicyId::round_robin_subset);
  for (NexusId id = 1; id <= 4; ++id) {
    host.path(id, kSymmetric);
    host.on(event::set_desired(host.now, id, id <= 2 ? Desire::active_optimized : Desire::standby));
  }
  EXPECT_EQ(host.next(4), (Nexuses{1, 2, 1, 2}));
  host.fail_path(1);
  host.fail_path(2);
  EXPECT_EQ(host.states(), "FAILED FAILED AO SB");
  host.activate(1);
  EXPECT_EQ(host.states(), "AO FAILED SB SB");
}

TEST(Acceptance, S07_RoundRobinGoesOnWithTheNextPathInOrder) {
  OperationHost host;
  for (NexusId id = 1; id <= 4; ++id) {
    host.path(id, kSymmetric);
  }
  EXPECT_EQ(host.next(1), (Nexuses{1}));  // P2 is next
  host.fail_path(2);
  EXPECT_EQ(host.next(3), (Nexuses{3, 4, 1}));
}

TEST(Acceptance, S08_LeastQueueDepthTakesTheShortestQueueAndRotatesTies) {
  OperationHost host(PolicyId::least_queue_depth);
  for (NexusId id = 1; id <= 3; ++id) {
    host.path(id, kSymmetric);
  }
  std::vector<Token> tokens;
  for (const PathId path : {1U, 1U, 1U, 2U, 3U}) {  // depths 3, 1, 1
    ASSERT_TRUE(host.module->begin_on_path(tokens.emplace_back(), host.lun().id, 0, path).ok());
  }
  EXPECT_EQ(host.next(4), (Nexuses{2, 3, 2, 3}));
  for (Token& token : tokens) {
    host.complete(token);
  }
  const Nexuses idle = host.next(6);
  EXPECT_EQ(std::count(idle.begin(), idle.end(), 1U), 2);
  EXPECT_EQ(std::count(idle.begin(), idle.end(), 2U), 2);
}

TEST(Acceptance, S11_ImplicitLunTurnsAsymmetricAndBack) {
  OperationHost host;
  host.groups = {{1, AccessState::active_optimized}, {2, AccessState::active_optimized}};
  host.path(1, implicit_in(1));
  host.path(2, implicit_in(2));
  EXPECT_TRUE(host.lun().symmetric);
  EXPECT_EQ(host.next(4), (Nexuses{1, 2, 1, 2}));
  EXPECT_EQ(host.lun().plan.policy->id, PolicyId::round_robin);

  host.groups[2] = AccessState::active_nonoptimized;
  EXPECT_TRUE(host.sense(1, 6, 0x2a, 0x06).retry);
  host.answer_all();
  EXPECT_FALSE(host.lun().symmetric);
  EXPECT_EQ(host.lun().plan.policy->id, PolicyId::round_robin_subset);
  EXPECT_EQ(host.states(), "AO AU");
  EXPECT_EQ(host.next(3), (Nexuses{1, 1, 1}));

  host.groups[2] = AccessState::active_optimized;
  host.sense(1, 6, 0x2a, 0x06);
  host.answer_all();
  EXPECT_TRUE(host.lun().symmetric);
  EXPECT_EQ(host.lun().plan.policy->id, PolicyId::round_robin);
  EXPECT_EQ(host.states(), "AO AO");
}

TEST(Acceptance, S09_TheLeastWeightCarriesEverything) {
  SymmetricPaths host(PolicyId::weighted_paths, 3);
  const auto weigh = [&](NexusId nexus, uint32_t weight) {
    host.on(event::of_nexus(EventKind::set_weight, host.now, nexus, weight));
  };
  weigh(1, 10);
  weigh(2, 5);
  weigh(3, 6);
  EXPECT_EQ(host.next(3), (Nexuses{2, 2, 2}));
  host.fail_path(2);
  EXPECT_EQ(host.next(3), (Nexuses{3, 3, 3}));
  host.activate(2);
  EXPECT_EQ(host.next(3), (Nexuses{2, 2, 2}));
  EXPECT_EQ(host.states(), "SB AO SB");
}

TEST(Acceptance, S09_EqualWeightsCarryInTurn) {
  SymmetricPaths host(PolicyId::weighted_paths, 3);
  const PathSetting weights[] = {
      {.nexus = 1, .weight = 10}, {.nexus = 2, .weight = 5}, {.nexus = 3, .weight = 5}};
  host.set_policy({.policy = PolicyId::weighted_paths, .paths = weights});
  EXPECT_EQ(host.next(4), (Nexuses{2, 3, 2, 3}));
  host.fail_path(2);
  EXPECT_EQ(host.next(2), (Nexuses{3, 3}));
  host.fail_path(3);
  EXPECT_EQ(host.next(2), (Nexuses{1, 1}));
}

TEST(Acceptance, S09_TheGreatestWeightIsUsedWhenNothingElseIsLeft) {
  SymmetricPaths host(PolicyId::weighted_paths, 2);
  host.on(event::of_nexus(EventKind::set_weight, host.now, 1, 0xffffffff));
  host.on(event::of_nexus(EventKind::set_weight, host.now, 2, 0xfffffffe));
  EXPECT_EQ(host.next(2), (Nexuses{2, 2}));
  host.fail_path(2);
  EXPECT_EQ(host.next(2), (Nexuses{1, 1}));
}

TEST(Acceptance, S09_AccessStatesGoBeforeWeights) {
  ExplicitPair host(PolicyId::weighted_paths);
  host.on(event::of_nexus(EventKind::set_weight, host.now, 1, 100));
  EXPECT_EQ(host.states(), "AO AU");
  EXPECT_EQ(host.next(2), (Nexuses{1, 1}));
  EXPECT_EQ(host.count_sent(kStpg), 0U) << "a weight is no reason to ask the array";
}

// Least blocks with its own words: transfers of a number of KiB at a block address.
struct Blocks : SymmetricPaths {
  explicit Blocks(unsigned paths) : SymmetricPaths(PolicyId::least_blocks, paths) {}

  NexusId transfer(uint64_t kib_at, uint32_t kib, bool is_read, uint8_t lun_number = 1) {
    constexpr uint32_t kBlocksPerKib = 2;
    const Shape shape{.lba = kib_at * kBlocksPerKib,
                      .bytes = kib * 1024,
                      .is_read = is_read,
                      .is_write = !is_read};
    return transfer(shape, lun_number);
  }
  NexusId transfer(const Shape& shape, uint8_t lun_number = 1) {
    Token token;
    EXPECT_TRUE(dsm::begin(token, lun(lun_number), 0, select(lun(lun_number), 0, shape)));
    tokens.push_back(token);
    return nexus_of(token);
  }
  NexusId write(uint64_t kib_at, uint32_t kib) { return transfer(kib_at, kib, false); }
  NexusId read(uint64_t kib_at, uint32_t kib) { return transfer(kib_at, kib, true); }
  void complete_all() {
    for (Token& token : tokens) {
      complete(token);
    }
    tokens.clear();
  }
  ~Blocks() { complete_all(); }

  std::vector<Token> tokens;
};

TEST(Acceptance, S10_SequentialTransfersStayUntilTheCapIsFull) {
  for (const bool is_read : {false, true}) {
    Blocks host(2);
    Nexuses nexuses;
    for (uint64_t i = 0; i < 8; ++i) {
      nexuses.push_back(host.transfer(i * 256, 256, is_read));
    }
    EXPECT_EQ(nexuses, (Nexuses{1, 1, 1, 1, 2, 2, 2, 2})) << (is_read ? "reads" : "writes");
  }
}

TEST(Acceptance, S10_ThenTheLeastLoadedPathTakesOver) {
  Blocks host(3);
  EXPECT_EQ(host.write(10'000, 512), 1U);
  EXPECT_EQ(host.write(0, 700), 2U);
  EXPECT_EQ(host.write(700, 700), 3U) << "700 + 700 KiB is more than the cap, and P3 has nothing";
  EXPECT_EQ(host.write(10'512, 512), 1U) << "1 MiB is not more than 1 MiB";
  host.complete_all();
  EXPECT_EQ(host.write(1400, 700), 3U) << "room again: where the stream was last";
}

TEST(Acceptance, S10_OnlyWhatBeginsAtTheEndIsSequential) {
  Blocks host(2);
  EXPECT_EQ(host.read(0, 64), 1U);
  EXPECT_EQ(host.read(64, 64), 1U);
  EXPECT_EQ(host.read(200, 4), 2U) << "a forward seek goes to the path with less under way";
  EXPECT_EQ(host.read(128, 64), 1U) << "and the stream goes on where it was";
  EXPECT_EQ(host.read(128, 64), 2U) << "backwards is a seek, too";
}

TEST(Acceptance, S10_TheEndOfATransferDependsOnTheSizeOfTheBlocks) {
  Blocks host(2);
  const auto read_16_kib_at = [&](uint64_t lba) {
    return host.transfer({.lba = lba, .bytes = 16'384, .is_read = true, .block_scale = 3});
  };
  EXPECT_EQ(read_16_kib_at(0), 1U);
  EXPECT_EQ(read_16_kib_at(4), 1U) << "four blocks of 4 KiB further";
  EXPECT_EQ(read_16_kib_at(40), 2U);
}

TEST(Acceptance, S10_APieceOfABlockWeighsAsMuchAsAWholeOne) {
  Blocks host(2);
  const auto write = [&](uint64_t lba, uint32_t bytes) {
    return host.transfer({.lba = lba, .bytes = bytes, .is_write = true});
  };
  EXPECT_EQ(write(1000, 520), 1U);
  EXPECT_EQ(write(2000, 512), 2U);
  EXPECT_EQ(write(3000, 512), 2U) << "still less than 520";
}

TEST(Acceptance, S10_CommandsWithoutDataWeighAsLittleAsCanBe) {
  Blocks host(2);
  Token without_data = host.begin();
  EXPECT_EQ(host.nexus_of(without_data), 1U);
  EXPECT_EQ(host.next(2), (Nexuses{2, 2})) << "more than nothing";
  EXPECT_EQ(host.write(1000, 1), 2U);
  EXPECT_EQ(host.next(2), (Nexuses{1, 1})) << "less than two blocks";
  host.complete(without_data);
}

TEST(Acceptance, S10_EqualsGoRound) {
  Blocks host(3);
  Nexuses nexuses;
  for (uint64_t i = 0; i < 6; ++i) {
    nexuses.push_back(host.write(1000 * (i + 1), 4));
    host.complete_all();
  }
  EXPECT_EQ(nexuses, (Nexuses{1, 2, 3, 1, 2, 3}));
  EXPECT_EQ(host.next(4), (Nexuses{1, 2, 3, 1})) << "commands without data, too";
}

TEST(Acceptance, S10_BusyEqualsTakeTurns) {
  constexpr unsigned kPaths = 4;
  Blocks host(kPaths);
  for (uint64_t i = 0; i < kPaths; ++i) {
    host.write(1000 * (i + 1), 4);
  }
  std::array<unsigned, kPaths + 1> transfers{};
  constexpr unsigned kRounds = 1000;
  for (uint64_t i = 0; i < kRounds; ++i) {
    ++transfers[host.write(1'000'000 - 1000 * i, 4)];
    complete(host.tokens.back());
    host.tokens.pop_back();
  }
  for (unsigned path = 1; path <= kPaths; ++path) {
    EXPECT_GT(transfers[path], kRounds / kPaths / 2) << "path " << path;
  }
}

TEST(Acceptance, S10_AChangeToLeastQueueDepthCountsCommandsAtOnce) {
  Blocks host(2);
  EXPECT_EQ(host.write(0, 512), 1U);
  EXPECT_EQ(host.write(10'000, 1), 2U);
  EXPECT_EQ(host.write(20'000, 1), 2U);
  host.set_policy({.policy = PolicyId::least_queue_depth});
  EXPECT_EQ(host.next(2), (Nexuses{1, 1})) << "one command, though the larger one";
}

TEST(Acceptance, S10_AnotherLunOnTheSamePathDisturbsNothing) {
  Blocks host(0);
  for (const NexusId path : {1U, 2U}) {
    host.path(path * 100 + 1, {.lun_number = 1});
    host.path(path * 100 + 2, {.lun_number = 2});
  }
  EXPECT_EQ(host.transfer(0, 64, true, 1), 101U);
  EXPECT_EQ(host.transfer(64, 64, true, 2), 102U) << "for LUN 2 this is the first transfer";
  EXPECT_EQ(host.transfer(500, 64, true, 2), 202U);
  EXPECT_EQ(host.transfer(64, 64, true, 1), 101U) << "sequential for LUN 1";
}

TEST(Acceptance, S10_TheCacheCanBeOffFromTheStart) {
  Blocks host(0);
  host.config.least_blocks_cache = false;
  host.path(1);
  host.path(2);
  EXPECT_EQ(host.read(0, 64), 1U);
  EXPECT_EQ(host.read(64, 64), 2U);
}

TEST(Acceptance, S10_TheCacheCanBeSwitchedOffAndResized) {
  Blocks host(2);
  const auto set_cap = [&](uint32_t bytes) {
    host.on(event::of_lun(EventKind::set_sequential_cap, host.now, host.lun().id, bytes));
  };
  set_cap(0);
  EXPECT_EQ(host.read(0, 64), 1U);
  EXPECT_EQ(host.read(64, 64), 2U) << "off: always the path with the least data";
  host.complete_all();
  set_cap(128 * 1024);
  EXPECT_EQ(host.read(128, 64), 2U);
  EXPECT_EQ(host.read(192, 64), 2U);
  EXPECT_EQ(host.read(256, 64), 1U) << "128 KiB are full";
}

TEST(Acceptance, S11_EveryPolicyFollowsALunThatTurnsAsymmetricAndBack) {
  for (const Policy& policy : policies()) {
    OperationHost host(policy.id);
    host.groups = {{1, AccessState::active_optimized}, {2, AccessState::active_optimized}};
    host.path(1, implicit_in(1));
    host.path(2, implicit_in(2));
    EXPECT_EQ(host.lun().plan.policy->id, policy.id) << policy.name;
    const std::string symmetric = host.states();

    host.groups[1] = AccessState::active_nonoptimized;
    host.sense(2, 6, 0x2a, 0x06);
    host.answer_all();
    EXPECT_EQ(host.lun().plan.policy->id, policy.on_asymmetric) << policy.name;
    EXPECT_EQ(host.states(), "AU AO") << policy.name;
    EXPECT_EQ(host.next(3), (Nexuses{2, 2, 2})) << policy.name;

    host.groups[1] = AccessState::active_optimized;
    host.sense(2, 6, 0x2a, 0x06);
    host.answer_all();
    EXPECT_EQ(host.lun().plan.policy->id, policy.id) << policy.name;
    EXPECT_EQ(host.states(), policy.id == PolicyId::fail_over_only ? "SB AO" : symmetric)
        << policy.name;
  }
}

}  // namespace
}  // namespace dsm::testing
