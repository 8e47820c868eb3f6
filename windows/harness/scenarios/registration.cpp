// The driver comes, registers as its MPIO understands it, and goes without a trace.
#include "windows/harness/scenario.h"

namespace harness {
namespace {

void registers_as(const std::string& driver, MPIO_VERSION_INFO version, DSM_TYPE type,
                  ULONG bytes) {
  Scene scene(driver);
  scene.mpio.version = version;
  scene.must_load();
  expect_equal(static_cast<ULONG>(scene.mpio.dsm().DsmType), static_cast<ULONG>(type), "DsmType");
  expect_equal(scene.mpio.dsm().InitDataSize, bytes, "InitDataSize");
  scene.unload();
}

void type_6(const std::string& driver) {
  registers_as(driver, {10, 0, 22000, 0}, DsmType6, 392);
}
void type_6_since_1_18(const std::string& driver) {
  registers_as(driver, {1, 18, 0, 0}, DsmType6, 392);
}
void type_3_for_1_17(const std::string& driver) {
  registers_as(driver, {1, 17, 9999, 9}, DsmType3, 280);
}
void type_3_for_1_0_7_1(const std::string& driver) {
  registers_as(driver, {1, 0, 7, 1}, DsmType3, 280);
}

void refuses(const std::string& driver, MPIO_VERSION_INFO version, NTSTATUS status) {
  Scene scene(driver);
  scene.mpio.version = version;
  expect_equal(scene.load(), status, "DriverEntry");
  machine().check_nothing_left();
}

void too_old_an_mpio(const std::string& driver) {
  refuses(driver, {1, 0, 7, 0}, STATUS_REVISION_MISMATCH);
}

void no_mpio(const std::string& driver) {
  Scene scene(driver);
  machine().devices.clear();
  expect_equal(scene.load(), STATUS_OBJECT_NAME_NOT_FOUND, "DriverEntry");
  machine().check_nothing_left();
}

// For every N: the N-th allocation of the load fails; the driver does not load, and nothing is
// left.
void no_memory(const std::string& driver) {
  Scene scene(driver);
  size_t failed = 0;
  for (;; ++failed) {
    machine().pool.fail_at(machine().pool.allocations() + failed + 1);
    const NTSTATUS status = scene.load();
    if (NT_SUCCESS(status)) {
      break;
    }
    expect_equal(status, STATUS_INSUFFICIENT_RESOURCES, "DriverEntry without memory");
    machine().check_nothing_left();
  }
  expect(failed >= 3, "the load allocates something");
  scene.unload();
}

void loads_again(const std::string& driver) {
  Scene scene(driver);
  for (int round = 0; round < 3; ++round) {
    scene.must_load();
    scene.unload();
  }
}

// The driver cannot refuse to be unloaded, so it asks MPIO again.
void mpio_is_busy(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(1);
  scene.mpio.refuses_deregistrations = 2;
  scene.unload();
  expect_equal(scene.mpio.refuses_deregistrations, 0U, "refusals left");
}

// Whatever MPIO does, and leaves undone, of DsmUnload: it has no code to call afterwards, and
// nothing is left.
void mpio_forgets_unload(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  scene.mpio.forget_unload = true;
  scene.unload();
  scene.mpio.forget_unload = false;
  scene.must_load();
  scene.unload();
}

void mpio_unloads_and_fails(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(1);
  scene.mpio.fails_after_unload = true;
  scene.unload();
}

void mpio_unloads_by_itself(const std::string& driver) {
  Scene scene(driver);
  for (int round = 0; round < 2; ++round) {
    scene.must_load();
    scene.arrive(2);
    expect_equal(scene.mpio.unload_dsm(), STATUS_SUCCESS, "DsmUnload");
    scene.unload();
  }
}

constexpr Scenario kScenarios[] = {
    {"registration/type-6", type_6},
    {"registration/type-6-since-1.18", type_6_since_1_18},
    {"registration/type-3-for-1.17", type_3_for_1_17},
    {"registration/type-3-for-1.0.7.1", type_3_for_1_0_7_1},
    {"registration/too-old-an-mpio", too_old_an_mpio},
    {"registration/no-mpio", no_mpio},
    {"registration/no-memory", no_memory},
    {"registration/loads-again", loads_again},
    {"registration/mpio-is-busy", mpio_is_busy},
    {"registration/mpio-forgets-unload", mpio_forgets_unload},
    {"registration/mpio-unloads-and-fails", mpio_unloads_and_fails},
    {"registration/mpio-unloads-by-itself", mpio_unloads_by_itself},
};

}  // namespace

std::span<const Scenario> registration_scenarios() {
  return kScenarios;
}

}  // namespace harness
