// What a vendor's profile says is in the driver that was built for him, and in no other.
#include "scsi/opcodes.h"
#include "windows/harness/scenario.h"

namespace harness {
namespace {

// Of vendors/alua.toml.
bool is_meridian(const std::string& driver) {
  return driver.ends_with("meridiandsm.sys");
}

// 04h/8Ah means "the owner is handing over" to one vendor's array, whose rule has the access states
// read down a path of the other group while new I/O is held, and the command sent again. To all
// other drivers it is a code that nobody knows: the layer above gets the answer.
void code_of_one_vendor(const std::string& driver) {
  constexpr scsi::Sense kHandingOver{.key = scsi::kNotReady, .asc = 0x04, .ascq = 0x8a};
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  Request request;
  scene.mpio.read(request, 0, 1);
  scene.mpio.run(request);
  machine().settle();
  const unsigned throttles = scene.mpio.throttles;
  const unsigned reports = scene.device(1).requests(scsi::kMaintenanceIn);
  const unsigned reads = scene.device(0).requests(scsi::kRead10);
  scene.device(0).answer_next(scsi::kRead10, 1, scsi::kCheckCondition, kHandingOver);
  scene.mpio.read(request, 0, 1);
  scene.mpio.run(request);
  machine().settle();
  const unsigned theirs = is_meridian(driver) ? 1 : 0;
  expect_equal(NT_SUCCESS(request.status) ? 1U : 0U, theirs, "the read succeeds");
  expect_equal(scene.mpio.throttles - throttles, theirs, "new I/O was held");
  expect_equal(scene.device(1).requests(scsi::kMaintenanceIn) - reports, theirs,
               "access states were read down the other path");
  expect_equal(scene.device(0).requests(scsi::kRead10) - reads, 1U + theirs, "reads down path 0");
  expect_equal(scene.mpio.throttles, scene.mpio.resumes, "throttles and resumes");
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"vendors/code-of-one-vendor", code_of_one_vendor},
};

}  // namespace

std::span<const Scenario> vendor_scenarios() {
  return kScenarios;
}

}  // namespace harness
