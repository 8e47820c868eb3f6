// Schedule files: any text is a schedule or has one message of one line; and a schedule of faults
// that the array knows runs against it.
#include "array/schedule.h"

#include <cstdint>
#include <string>

#include "base/assert.h"
#include "base/testing/manual_scheduler.h"

namespace {

constexpr uint64_t kWatchedNs = 20'000'000'000;
constexpr size_t kMaxRuns = 20'000;  // of a file that repeats much

void run(array::Array& array, base::testing::ManualScheduler& clock, array::Schedule schedule) {
  size_t planned = 0;
  for (const array::ScheduleEntry& entry : schedule.entries) {
    planned += entry.period_ns == 0 ? 1 : 1 + kWatchedNs / entry.period_ns;
  }
  if (planned > kMaxRuns) {
    return;
  }
  size_t happened = 0;
  uint64_t latest_ns = 0;
  array::ScheduleRunner runner(
      array, std::move(schedule.entries),
      [&](const array::ScheduleEntry& entry, uint64_t since_start_ns, const std::string&) {
        ++happened;
        BASE_ASSERT(since_start_ns >= latest_ns && since_start_ns >= entry.first_ns &&
                    since_start_ns <= entry.until_ns);
        latest_ns = since_start_ns;
      });
  runner.start();
  clock.advance(kWatchedNs);
  BASE_ASSERT(happened <= planned && latest_ns <= kWatchedNs);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  array::Schedule schedule = array::parse_schedule(text, "f");
  if (!schedule.error.empty()) {
    BASE_ASSERT(schedule.entries.empty() && schedule.error.starts_with("f:") &&
                schedule.error.find('\n') == std::string::npos);
    return 0;
  }
  for (const array::ScheduleEntry& entry : schedule.entries) {
    BASE_ASSERT(!entry.words.empty() && entry.line != 0 && entry.first_ns <= entry.until_ns);
  }
  base::testing::ManualScheduler clock;
  array::Config config;
  config.ports = {{.controller = 0}, {.controller = 1}};
  config.luns = {{.size_bytes = 4096}};
  std::string error;
  const auto array = array::Array::create(config, clock, error);
  if (array::check_schedule(schedule, "f", *array).empty()) {
    run(*array, clock, std::move(schedule));
  }
  return 0;
}
