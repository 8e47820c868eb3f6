// Paths that work, but badly: others are preferred for a while.
#include "base/units.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"
#include "windows/harness/scenarios/cluster.h"

namespace harness {
namespace {

constexpr unsigned kLimit = 10;  // errors, within a minute
constexpr uint64_t kMinuteNs = 60 * base::kNsPerS;

// So many commands are aborted on the path; the class driver sends them again, and they go well.
void abort_reads(Cluster& cluster, unsigned port, unsigned times) {
  constexpr uint16_t kProtocolServiceCrcError = 0x4703;
  const unsigned before = cluster.scene.device(port).requests(scsi::kRead10);
  cluster.scene.device(port).answer_next(
      scsi::kRead10, times, scsi::kCheckCondition,
      scsi::make_sense(scsi::kAbortedCommand, kProtocolServiceCrcError));
  while (cluster.scene.device(port).requests(scsi::kRead10) - before < times) {
    cluster.scene.mpio.read(cluster.request, 0, 1);
    cluster.scene.mpio.run(cluster.request);
  }
}

void wait(uint64_t ns) {
  LARGE_INTEGER interval;
  interval.QuadPart = -static_cast<LONGLONG>(ns / 100);
  KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

void last_choice_for_a_while(const std::string& driver) {
  Cluster cluster(driver, 2, Scene::symmetric_array(2));
  abort_reads(cluster, 0, kLimit - 1);
  expect_text(cluster.spread(4), "2 2", "after a few errors");
  abort_reads(cluster, 0, 1);
  expect_text(cluster.spread(4), "0 4", "after too many");
  expect_equal(cluster.scene.mpio.invalidations, 0U, "paths invalidated");
  wait(kMinuteNs - base::kNsPerS);
  expect_text(cluster.spread(4), "0 4", "almost a minute later");
  wait(base::kNsPerS);
  expect_text(cluster.spread(4), "2 2", "a minute later");
  cluster.scene.unload();
}

// What comes seldom is nothing.
void errors_far_between(const std::string& driver) {
  Cluster cluster(driver, 2, Scene::symmetric_array(2));
  for (int i = 0; i < 3; ++i) {
    abort_reads(cluster, 0, kLimit - 1);
    wait(kMinuteNs);
  }
  expect_text(cluster.spread(4), "2 2", "reads down the paths");
  cluster.scene.unload();
}

// It is used where there is no other, or only one that is as bad.
void for_want_of_another(const std::string& driver) {
  Cluster cluster(driver, 2, Scene::symmetric_array(2));
  abort_reads(cluster, 0, kLimit);
  cluster.scene.device(1).unplug(true);
  expect_text(cluster.spread(4), "4 1", "reads down the paths; one finds out");
  cluster.scene.device(1).unplug(false);
  expect(cluster.scene.mpio.recover(cluster.scene.device(1)), "the other path comes back");
  abort_reads(cluster, 1, kLimit);
  expect_text(cluster.spread(4), "2 2", "reads down two bad paths");
  cluster.scene.unload();
}

// A path that goes takes its doubts along: the timer finds nothing of it.
void gone_before_trusted(const std::string& driver) {
  Cluster cluster(driver, 2, Scene::symmetric_array(2));
  abort_reads(cluster, 0, kLimit);
  cluster.scene.mpio.remove(cluster.scene.device(0), true);
  machine().settle();
  expect(cluster.scene.mpio.arrive(cluster.scene.device(0)), "the path comes again");
  expect_text(cluster.spread(4), "2 2", "reads down the paths");
  abort_reads(cluster, 0, kLimit);
  expect_text(cluster.spread(4), "0 4", "reads down the paths");
  cluster.scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"grading/last-choice-for-a-while", last_choice_for_a_while},
    {"grading/errors-far-between", errors_far_between},
    {"grading/for-want-of-another", for_want_of_another},
    {"grading/gone-before-trusted", gone_before_trusted},
};

}  // namespace

std::span<const Scenario> grading_scenarios() {
  return kScenarios;
}

}  // namespace harness
