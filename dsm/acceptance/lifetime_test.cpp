// Acceptance: nothing is lost and nothing is left. Scenarios 26, 34, 35.
#include "dsm/testing/scenario.h"

namespace dsm::testing {
namespace {

TEST(Acceptance, S26_APathOutlivesItsRemovalUntilTheLastCommandEnds) {
  TestHost host;
  host.path(1, kSymmetric);
  host.path(2, kSymmetric);
  std::vector<Token> tokens;
  while (tokens.size() < 3) {
    Token token = host.begin();
    if (host.nexus_of(token) == 1) {
      tokens.push_back(token);
    } else {
      host.complete(token);
    }
  }
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 1));
  host.on(event::of_path(EventKind::path_removed, host.now, 1));
  EXPECT_EQ(host.paths_held(), 2U);
  host.complete(tokens[0]);
  host.complete(tokens[1]);
  EXPECT_EQ(host.paths_held(), 2U);
  host.complete(tokens[2]);
  EXPECT_EQ(host.paths_held(), 1U);

  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 2));
  host.on(event::of_path(EventKind::path_removed, host.now, 2));
  EXPECT_EQ(host.storage_held(), 0U);
}

TEST(Acceptance, S34_The33rdPathIsRefusedCleanly) {
  TestHost host;
  for (NexusId id = 1; id <= 32; ++id) {
    host.path(id, kSymmetric);
  }
  const size_t held = host.storage_held();
  const base::Status status = host.add(33, kSymmetric);
  EXPECT_EQ(status.code(), base::Code::exhausted);
  EXPECT_EQ(host.storage_held(), held) << "nothing of it may be left behind";
  EXPECT_EQ(host.next(33).back(), 1U) << "all 32 in turn, then the first again";
}

TEST(Acceptance, S35_UnloadGivesEveryAllocationBack) {
  TestHost host;
  host.groups = {{1, scsi::AccessState::active_optimized},
                 {2, scsi::AccessState::active_nonoptimized}};
  for (const NexusId path : {1U, 2U, 3U}) {
    const auto group = static_cast<uint16_t>(path == 3 ? 2 : 1);
    host.path(path * 100 + 1, {.lun_number = 1});
    host.path(path * 100 + 2,
              {.group = group, .support = AluaSupport::explicit_only, .lun_number = 2});
  }
  ASSERT_TRUE(host.add(103, {.lun_number = 3}).ok()) << "one that was never activated";
  std::vector<Token> tokens;
  for (int i = 0; i < 5; ++i) {
    tokens.push_back(host.begin());
  }
  host.on(event::start(host.now, {.id = 1, .kind = OperationKind::verify_path, .nexus = 101}));
  host.sense(102, 6, 0x2a, 0x06);  // an RTPG is out, and LUN 2 is held

  // What a host does that unloads: it lets go of everything, and ends what is under way.
  for (const NexusId nexus : {101U, 201U, 301U, 102U, 202U, 302U, 103U}) {
    host.on(event::of_nexus(EventKind::nexus_removed, host.now, nexus));
  }
  for (const PathId path : {1U, 2U, 3U}) {
    host.on(event::of_path(EventKind::path_removed, host.now, path));
  }
  EXPECT_NE(host.storage_held(), 0U) << "commands are under way";
  while (!host.sent.empty()) {
    host.lose(host.take());
  }
  for (Token& token : tokens) {
    host.complete(token);
  }
  host.advance_ms(1000);
  EXPECT_EQ(host.storage_held(), 0U);
  EXPECT_EQ(host.count(ActionKind::throttle), host.count(ActionKind::resume));
}

}  // namespace
}  // namespace dsm::testing
