// The DSM's own requests through MPIO: refused by it, failed below it, and ended as is documented.
// That each that was taken is ended once, the stand-in looks at in every scenario.
#include "scsi/opcodes.h"
#include "scsi/sense.h"
#include "windows/harness/scenarios/cluster.h"

namespace harness {
namespace {

// What MPIO does not send is tried another way, and later this way too.
void refused_by_mpio(const std::string& driver) {
  Cluster cluster(driver, 2);
  for (unsigned refused = 1; refused <= 3; ++refused) {
    cluster.scene.mpio.refuses_requests = refused;
    const std::string said = cluster.ask({.service_action_key = kOurKey});
    expect_text(said, refused == 1 ? "GOOD" : "SRB status 08",
                "REGISTER with " + std::to_string(refused) + " requests refused");
    cluster.scene.mpio.refuses_requests = 0;
    machine().settle();
    expect_equal(cluster.count(kOurKey), said == "GOOD" ? 2U : 0U, "keys registered");
    if (said == "GOOD") {
      cluster.must({.key = kOurKey});
    }
  }
  cluster.scene.unload();
}

void failed_below(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  scene.device(1).unplug(true);
  expect(!scene.mpio.recover(scene.device(1)), "a path that is unplugged");
  scene.device(1).unplug(false);
  expect(scene.mpio.recover(scene.device(1)), "a path that answers again");
  scene.unload();
}

// The adapter's driver is over with it before the call that sends it comes back.
void ended_at_once(const std::string& driver) {
  Cluster cluster(driver, 2);
  for (unsigned port = 0; port < 2; ++port) {
    cluster.scene.device(port).answer_at_once();
  }
  cluster.must_register();
  expect_equal(cluster.count(kOurKey), 2U, "keys registered");
  cluster.scene.device(0).unplug(true);
  cluster.must({.key = kOurKey});
  cluster.scene.device(0).unplug(false);
  cluster.scene.unload();
}

// An error freezes the queue of its path, and I/O is held until the DSM knows the access states
// anew: its question has to go past what is frozen.
void frozen_queue(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  for (unsigned port = 0; port < 2; ++port) {
    scene.device(port).freeze_on_errors();
  }
  expect(scene.array().set_group_state(1, scsi::AccessState::active_nonoptimized).ok(),
         "the array changes an access state");
  Request request;
  scene.mpio.read(request, 0, 1);
  machine().wait_until([&scene] { return scene.mpio.resumes != 0; }, "I/O that is taken up again");
  expect(scene.device(0).is_frozen(), "the queue of path 0 is frozen");
  machine().settle();
  expect_equal(scene.mpio.throttles, scene.mpio.resumes, "throttles and resumes");
  expect(scene.mpio.recover(scene.device(0)), "a path is verified past a frozen queue");
  scene.device(1).answer_next(scsi::kTestUnitReady, 1, scsi::kCheckCondition,
                              scsi::make_sense(scsi::kUnitAttention, 0x2900));
  expect(scene.mpio.recover(scene.device(1)), "a path is verified in spite of an attention");
  expect(!scene.device(1).is_frozen(), "no error of the DSM's own commands freezes a queue");
  for (unsigned port = 0; port < 2; ++port) {
    scene.device(port).release_queue();
  }
  scene.mpio.run(request);
  expect_equal(request.status, STATUS_SUCCESS, "the read");
  scene.unload();
}

// A port driver that never sends what it has taken: its time limit does not run yet.
void never_sent(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  scene.device(1).block_queue();
  expect(!scene.mpio.recover(scene.device(1)), "PathVerify ends though nothing else does");
  scene.device(1).release_queue();
  machine().settle();
  expect(scene.mpio.recover(scene.device(1)), "a path that answers again");
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"own-requests/refused-by-mpio", refused_by_mpio}, {"own-requests/failed-below", failed_below},
    {"own-requests/ended-at-once", ended_at_once},     {"own-requests/frozen-queue", frozen_queue},
    {"own-requests/never-sent", never_sent},
};

}  // namespace

std::span<const Scenario> own_request_scenarios() {
  return kScenarios;
}

}  // namespace harness
