// What a trace session gets: nothing while there is none, the right events while there is one, and
// the DSM's records.
#include <array>

#include "windows/driver/trace_provider.h"
#include "windows/harness/etw.h"
#include "windows/harness/scenario.h"

namespace harness {
namespace {

namespace keyword = driver::keyword;
constexpr ULONGLONG kEverything = ~ULONGLONG{0};

void expect_event(const std::string& name, const std::map<std::string, std::string>& fields) {
  std::string wanted = name;
  for (const auto& [field, value] : fields) {
    wanted += " " + field + "=" + value;
  }
  expect(etw().find(name, fields) != nullptr, "the event " + wanted);
}

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
  scene.arrive(2);
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

constexpr Scenario kScenarios[] = {
    {"tracing/off", off},
    {"tracing/paths", paths},
    {"tracing/levels-and-keywords", levels_and_keywords},
    {"tracing/comes-and-goes", comes_and_goes},
    {"tracing/no-registration", no_registration},
};

}  // namespace

std::span<const Scenario> tracing_scenarios() {
  return kScenarios;
}

}  // namespace harness
