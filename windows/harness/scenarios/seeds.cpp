// Seeds of the simulated world with the driver in it; and the same with something built wrong at
// the boundary that the driver's contract runs along, which must be found.
#include "windows/harness/world/seeds.h"
#include "windows/harness/scenario.h"

namespace harness {
namespace {

void run(const std::string& driver, uint64_t count, Breach breach) {
  sim::RunnerOptions options;
  options.count = count;
  options.max_failures = breach == Breach::none ? options.max_failures : 1;
  options.shrink = breach == Breach::none;
  const std::string replay = "ntrun " + driver;
  options.replay_command = replay.c_str();
  options.run = driver_seeds(driver, breach);
  if (sim::run_seeds(options, stderr).failures != 0) {
    fail("some seeds failed");
  }
}

template <uint64_t count>
void unharmed(const std::string& driver) {
  run(driver, count, Breach::none);
}

template <Breach breach>
void breached(const std::string& driver) {
  run(driver, 1'000, breach);
}

constexpr unsigned kLongS = 600;
constexpr Scenario kScenarios[] = {
    {"seeds/1000", unharmed<1'000>, nullptr, kLongS},
    {"seeds/10000", unharmed<10'000>, nullptr, kLongS, true},  // too slow with sanitizers
    {"mutants/seeds_fence_forgotten", breached<Breach::fence_forgotten>, ": late_write_rule: "},
    {"mutants/seeds_completion_forgotten", breached<Breach::completion_forgotten>,
     "KeWaitForSingleObject waits for ever"},
    {"mutants/seeds_resume_forgotten", breached<Breach::resume_forgotten>, "FAILED seed "},
    {"mutants/seeds_recovery_forgotten", breached<Breach::recovery_forgotten>, ": path_recovers: "},
    {"mutants/seeds_error_swallowed", breached<Breach::error_swallowed>, "_write: "},
    {"mutants/seeds_reserve_out_passed_on", breached<Breach::reserve_out_passed_on>,
     "FAILED seed "},
    {"mutants/seeds_setting_swallowed", breached<Breach::setting_swallowed>,
     ": settings_in_force: "},
};

}  // namespace

std::span<const Scenario> seed_scenarios() {
  return kScenarios;
}

}  // namespace harness
