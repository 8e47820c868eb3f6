// What a trace session gets: nothing while there is none, the right events while there is one, and
// the DSM's records.
#include <array>
#include <cstring>

#include "windows/driver/trace_provider.h"
#include "windows/harness/administrator.h"
#include "windows/harness/etw.h"
#include "windows/harness/scenarios/observe.h"

namespace harness {
namespace {

namespace keyword = driver::keyword;
constexpr ULONGLONG kEverything = ~ULONGLONG{0};

// A path is lost under I/O and comes back.
void lose_and_recover(Scene& scene) {
  std::array<Request, 4> requests;
  scene.device(0).unplug(true);
  for (Request& request : requests) {
    scene.mpio.read(request, 0, 1);
    scene.mpio.run(request);
  }
  scene.device(0).unplug(false);
  expect(scene.mpio.recover(scene.device(0)), "the path is verified");
}

void off(const std::string& driver) {
  Scene scene(driver);
  etw().want(0, 0);
  etw().forget();
  scene.must_load();
  expect_equal(etw().providers(), size_t{1}, "providers");
  set_value(u"DsmLoadBalancePolicy", REG_DWORD, uint32_t{99});
  scene.support({u"ANOTHER"});
  expect(!scene.mpio.arrive(scene.device(0)), "a stranger is refused");
  scene.support({u"DSMKIT"});
  scene.arrive(2);
  expect(!machine().messages.empty(), "the wrong value is told in the kernel's messages");
  lose_and_recover(scene);
  scene.unload();
  expect_equal(etw().writes(), 0U, "events put together while nobody wants them");
  expect_equal(etw().providers(), size_t{0}, "providers after the driver has gone");
}

void paths(const std::string& driver) {
  Scene scene(driver);
  etw().want(TRACE_LEVEL_VERBOSE, kEverything);
  scene.must_load();
  expect_event("Registered", {{"DsmType", "6"}, {"Status", "0"}});
  scene.arrive(2);
  expect_event("DeviceArrived", {{"Lun", "1"}, {"Nexus", "1"}, {"Slot", "0"}});
  expect_event("DeviceArrived", {{"Lun", "1"}, {"Nexus", "2"}, {"Slot", "1"}});
  expect_event("CommandSent", {{"Cdb", std::string(6, '\0')}});
  lose_and_recover(scene);
  expect_event("Error", {{"Lun", "1"}, {"Nexus", "1"}, {"Failover", "1"}, {"Opcode", "40"}});
  expect_event("Failover", {{"Lun", "1"}, {"Nexus", "1"}});
  expect_event("PathState", {{"Nexus", "1"}, {"Old", "active/optimized"}, {"New", "failed"}});
  expect_event("PathState", {{"Nexus", "1"}, {"New", "active/optimized"}});
  expect_event("OperationDone", {{"Kind", "invalidate path"}});
  scene.unload();
  expect_event("Released", {{"Kind", "LUN"}, {"Lun", "1"}});
  expect_event("Released", {{"Kind", "path"}});
}

// Only what the session asked for is put together; anything else fails in EtwWrite.
void levels_and_keywords(const std::string& driver) {
  Scene scene(driver);
  etw().want(TRACE_LEVEL_WARNING, keyword::kPaths);
  etw().forget();
  scene.must_load();
  scene.arrive(2);
  lose_and_recover(scene);
  expect_event("Failover", {});
  expect_event("PathState", {{"New", "failed"}});
  expect(etw().find("PathState", {{"New", "active/optimized"}}) == nullptr,
         "what is no warning is not told");
  expect_equal(etw().count("Record"), 0U, "records");
  scene.unload();
}

// How many recordings have begun.
unsigned begins() {
  constexpr size_t kKindAt = 2;
  constexpr size_t kLengthAt = 4;
  const std::string& trace = etw().trace();
  unsigned count = 0;
  for (size_t at = 0; at + kLengthAt + sizeof(uint32_t) <= trace.size();) {
    count += trace[at + kKindAt] == 0 ? 1 : 0;
    uint32_t length = 0;
    std::memcpy(&length, &trace[at + kLengthAt], sizeof(length));
    at += length;
  }
  return count;
}

// A session that comes while there is no path gets a recording from its beginning, also beside
// others; one that comes later does not end theirs.
void joins(const std::string& driver) {
  Scene scene(driver);
  etw().want(0, 0);
  etw().forget();
  scene.must_load();
  etw().want(TRACE_LEVEL_VERBOSE, kEverything);
  scene.arrive(1);
  expect_equal(begins(), 1U, "recordings of the first session");
  scene.mpio.remove(scene.device(0), true);
  etw().want(TRACE_LEVEL_VERBOSE, kEverything);
  scene.arrive(1);
  expect_equal(begins(), 2U, "recordings after a session has come while there was no path");
  etw().want(TRACE_LEVEL_VERBOSE, kEverything);
  expect(scene.mpio.arrive(scene.device(1)), "port 1 is taken into use");
  expect_equal(begins(), 2U, "recordings after a session has come while there was a path");
  etw().want(TRACE_LEVEL_WARNING, keyword::kPaths);
  lose_and_recover(scene);
  etw().want(TRACE_LEVEL_VERBOSE, kEverything);
  lose_and_recover(scene);
  expect_equal(begins(), 3U, "recordings after nobody has wanted any for a while");
  scene.unload();
}

void comes_and_goes(const std::string& driver) {
  Scene scene(driver);
  etw().want(0, 0);
  etw().forget();
  scene.must_load();
  scene.arrive(1);
  etw().want(TRACE_LEVEL_VERBOSE, kEverything);
  expect(scene.mpio.arrive(scene.device(1)), "port 1 is taken into use");
  expect(etw().count("Record") > 2, "records since the session began");
  const unsigned while_on = etw().writes();
  etw().want(0, 0);
  scene.mpio.remove(scene.device(0), true);
  expect_equal(etw().writes(), while_on, "events after the session's end");
  scene.unload();
}

void no_registration(const std::string& driver) {
  Scene scene(driver);
  etw().want(TRACE_LEVEL_VERBOSE, kEverything);
  etw().forget();
  etw().fail_register = true;
  scene.must_load();
  scene.arrive(2);
  lose_and_recover(scene);
  scene.unload();
  expect_equal(etw().writes(), 0U, "events of a driver that could not register");
}

void expect_registered(NTSTATUS status, const std::string& type) {
  expect_event("Registered",
               {{"DsmType", type}, {"Status", std::to_string(static_cast<uint32_t>(status))}});
}

// Why the driver is there and claims nothing is what is asked first: each way to fail is told.
void registration_fails(const std::string& driver) {
  etw().want(TRACE_LEVEL_ERROR, keyword::kDevices);
  {
    Scene scene(driver);
    machine().devices.clear();
    expect_equal(scene.load(), STATUS_OBJECT_NAME_NOT_FOUND, "DriverEntry without MPIO");
    expect_registered(STATUS_OBJECT_NAME_NOT_FOUND, "0");
  }
  Scene scene(driver);
  scene.mpio.version = {1, 0, 7, 0};
  expect_equal(scene.load(), STATUS_REVISION_MISMATCH, "DriverEntry with an old MPIO");
  expect_registered(STATUS_REVISION_MISMATCH, "0");
  scene.mpio.version = {10, 0, 22000, 0};
  NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
  for (size_t n = 1; !NT_SUCCESS(status); ++n) {
    etw().forget();
    machine().pool.fail_at(machine().pool.allocations() + n);
    status = scene.load();
    // Of the first two it has not come to registering.
    expect_equal(etw().count("Registered"), n > 2 && !NT_SUCCESS(status) ? 1U : 0U,
                 "allocation " + std::to_string(n) + ": outcomes that are told");
  }
  machine().pool.fail_at(0);
  scene.unload();
}

void devices_that_are_not_claimed(const std::string& driver) {
  const std::string model = "DSMKIT  EMBEDDED ARRAY  ";
  constexpr unsigned kAttempts = 3;
  Scene scene(driver);
  scene.mpio.shows_identifiers = false;
  scene.must_load();
  etw().want(TRACE_LEVEL_INFORMATION, keyword::kDevices);
  const auto must_tell = [&](const std::string& of, const std::string& why) {
    etw().forget();
    expect(!scene.mpio.arrive(scene.device(0)), why + ": refused");
    expect_event("NotClaimed", {{"Model", of}, {"Why", why}});
    expect_equal(etw().count("NotClaimed"), 1U, why + ": told once");
  };
  scene.device(0).lose_pass_throughs(0, kAttempts);
  must_tell("", "INQUIRY was not answered");
  scene.device(0).lose_pass_throughs(1, kAttempts);
  must_tell("", "VPD page 83h was not answered");
  scene.support({u"ANOTHER"});
  must_tell(model, "vendor and product are not in the supported-device list");
  scene.support({});
  must_tell("", "the list of devices is empty, or could not be read");
  scene.support({u"DSMKIT"});
  etw().forget();
  scene.arrive(1);
  expect_equal(etw().count("NotClaimed"), 0U, "of a device that is claimed");
  scene.unload();
}

// A path that is lost with many commands under way has failed once.
void one_failover(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Administrator(scene).must_set_primary(kFailOverOnly, "10");
  etw().want(TRACE_LEVEL_WARNING, keyword::kPaths);
  etw().forget();
  std::array<Request, 4> requests;
  for (Request& request : requests) {
    scene.mpio.read(request, 0, 1);
  }
  scene.device(0).unplug(true);
  machine().settle();
  for (const Request& request : requests) {
    expect(request.done && NT_SUCCESS(request.status), "read elsewhere");
  }
  expect_equal(etw().count("Failover"), 1U, "failovers that are told");
  const auto health =
      field<wire::PathHealth>(Administrator(scene).ask(driver::kDeviceHealth), sizeof(wire::Count));
  expect_equal(health.Failovers, 1ULL, "failovers that are counted");
  expect_equal(health.PathErrors, 4ULL, "errors");
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"tracing/off", off},
    {"tracing/paths", paths},
    {"tracing/levels-and-keywords", levels_and_keywords},
    {"tracing/comes-and-goes", comes_and_goes},
    {"tracing/joins", joins},
    {"tracing/registration-fails", registration_fails},
    {"tracing/not-claimed", devices_that_are_not_claimed},
    {"tracing/one-failover", one_failover},
    {"tracing/no-registration", no_registration},
};

}  // namespace

std::span<const Scenario> tracing_scenarios() {
  return kScenarios;
}

}  // namespace harness
