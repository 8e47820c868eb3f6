// A path that has been removed and comes back before the last command on it has ended: an adapter
// that is reset, a cable that is put back. The host asks once, so there is no waiting.
#include <gtest/gtest.h>

#include "dsm/testing/operation_host.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

constexpr NexusId kFormer = 101;
constexpr NexusId kNew = 102;  // the same path, the same LUN

struct Returning : OperationHost {
  Returning() {
    config.path_error_limit = 3;
    config.path_error_window_ms = 1'000'000;
    path(kFormer);
    path(201);
  }
  // Removed, with a command under way.
  void goes() {
    under_way = begin();
    if (nexus_of(under_way) != kFormer) {
      complete(under_way);
      under_way = begin();
    }
    ASSERT_EQ(nexus_of(under_way), kFormer);
    removed(kFormer);
    on(event::of_path(EventKind::path_removed, now, 1));
    ASSERT_EQ(paths_held(), 2U);
  }
  void removed(NexusId id) { on(event::of_nexus(EventKind::nexus_removed, now, id)); }
  void aborts(NexusId nexus, unsigned times) {
    for (unsigned i = 0; i < times; ++i) {
      sense(nexus, scsi::kAbortedCommand, 0x47, 0x03);
    }
  }
  Token under_way;
};

TEST(PathReturn, IsNotRefusedWhileAFormerCommandIsUnderWay) {
  Returning host;
  host.goes();
  host.path(kNew);
  EXPECT_EQ(host.states(), "GONE AO AO");
  EXPECT_EQ(host.paths_held(), 2U) << "it is the same path";
  host.complete(host.under_way);
  EXPECT_EQ(host.states(), "AO AO");
  EXPECT_EQ(host.paths_held(), 2U) << "the end of the former nexus is not the end of the path";
  host.removed(kNew);
  host.removed(201);
  host.on(event::of_path(EventKind::path_removed, host.now, 2));
  EXPECT_EQ(host.paths_held(), 1U) << "it has not been removed again";
  host.on(event::of_path(EventKind::path_removed, host.now, 1));
  EXPECT_EQ(host.storage_held(), 0U);
}

TEST(PathReturn, IsNotRefusedWhileACommandOfTheDsmIsUnderWay) {
  OperationHost host;
  host.groups = {{1, scsi::AccessState::active_optimized}};
  host.path(kFormer, {.support = AluaSupport::explicit_only});
  host.sense(kFormer, scsi::kUnitAttention, 0x2a, 0x06);
  ASSERT_EQ(host.sent.size(), 1U) << "an RTPG is out";
  const SentCommand former = host.take();
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, kFormer));
  host.on(event::of_path(EventKind::path_removed, host.now, 1));
  host.path(kNew, {.support = AluaSupport::explicit_only});
  EXPECT_EQ(host.states(), "GONE AO");
  host.lose(former);
  host.answer_all();
  EXPECT_EQ(host.states(), "AO");
  EXPECT_EQ(host.paths_held(), 1U);
}

TEST(PathReturn, AllItsLunsComeBack) {
  Returning host;
  host.path(103, {.lun_number = 2});
  host.removed(103);
  host.goes();
  host.path(104, {.lun_number = 2});
  host.path(kNew);
  EXPECT_EQ(host.states(2), "AO");
  host.removed(kNew);
  host.removed(104);
  host.on(event::of_path(EventKind::path_removed, host.now, 1));
  EXPECT_NE(host.module->find_path(1), nullptr) << "the former command is under way";
  host.complete(host.under_way);
  EXPECT_EQ(host.module->find_path(1), nullptr);
}

TEST(PathReturn, ItsFailureIsForgotten) {
  Returning host;
  host.fail_path(1);
  host.activate(kFormer);
  host.goes();
  host.fail_path(1);
  host.path(kNew);
  EXPECT_EQ(host.states(), "FAILED AO AO") << "the former nexus has failed, and stays so";
}

// By itself, before it is activated: what a path that has failed would never do.
TEST(PathReturn, ItIsUpFromTheBeginning) {
  for (const EventKind kind : {EventKind::path_failed, EventKind::path_suspect}) {
    Returning host;
    host.goes();
    host.on(event::of_path(kind, host.now, 1));
    ASSERT_TRUE(host.add(kNew).ok());
    EXPECT_EQ(host.module->find_path(1)->health.load(), Health::up) << name_of(kind);
    EXPECT_EQ(host.module->find_nexus(kNew)->effective, EffectiveState::arriving);
  }
}

TEST(PathReturn, ItsErrorsAreForgotten) {
  Returning host;
  host.aborts(kFormer, 2);
  host.goes();
  host.on(event::of_path(EventKind::path_marginal, host.now, 1));
  host.path(kNew);
  EXPECT_FALSE(host.module->find_path(1)->marginal.load());
  host.aborts(kNew, 2);
  EXPECT_EQ(host.count(ActionKind::mistrust_path), 0U) << "from 1 again";
  host.aborts(kNew, 1);
  EXPECT_EQ(host.count(ActionKind::mistrust_path), 1U);
}

TEST(PathReturn, ErrorsOfFormerCommandsDoNotCount) {
  Returning host;
  host.goes();
  host.path(kNew);
  host.aborts(kFormer, 10);
  EXPECT_EQ(host.count(ActionKind::mistrust_path), 0U);
  EXPECT_EQ(host.states(), "GONE AO AO");
}

TEST(PathReturn, ItsSuccessorIsForgotten) {
  Returning host;
  host.goes();
  ASSERT_TRUE(host.add(103, {.lun_number = 2}).ok());
  host.complete(host.under_way);
  const OperationId id = host.start({.kind = OperationKind::invalidate_path, .path = 1});
  EXPECT_EQ(host.code(id), base::Code::not_found) << "LUN 1 left in the path's former life";
}

// A host that removes a path before its nexuses: those that are left see it come back too.
TEST(PathReturn, ANexusThatStayedIsPlannedAnew) {
  Returning host;
  host.path(103, {.lun_number = 2});
  host.path(203, {.lun_number = 2});
  host.on(event::of_path(EventKind::path_suspect, host.now, 1));
  EXPECT_EQ(host.lun(2).candidates(), 2U);
  host.removed(kFormer);
  host.on(event::of_path(EventKind::path_removed, host.now, 1));
  ASSERT_TRUE(host.add(kNew).ok());
  EXPECT_EQ(host.lun(2).candidates(), 3U);
}

}  // namespace
}  // namespace dsm::testing
