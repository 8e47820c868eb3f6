// See array_schedule.h.
#include "cli/array_schedule.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include "cli/exit_codes.h"

namespace cli {
namespace {

constexpr size_t kMaxFileBytes = size_t{4} << 20;

bool read_file(const std::string& path, std::string& text, std::string& error) {
  std::ifstream file(path, std::ios::binary);
  text.resize(kMaxFileBytes + 1);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (file.bad() || (file.fail() && !file.eof())) {
    error = fmt::format("--schedule {}: {}", path, std::strerror(errno));
    return false;
  }
  if (text.size() > kMaxFileBytes) {
    error = fmt::format("--schedule {}: larger than {} bytes; is this a schedule?", path,
                        kMaxFileBytes);
    return false;
  }
  return true;
}

void print(const array::ScheduleEntry& entry, uint64_t since_start_ns, const std::string& error) {
  fmt::print("schedule {}: {}{}{}\n", array::time_text(since_start_ns), fmt::join(entry.words, " "),
             error.empty() ? "" : " failed: ", error);
  std::fflush(stdout);
}

}  // namespace

std::unique_ptr<array::ScheduleRunner> open_schedule(const std::string& file, array::Array& array,
                                                     int& exit_code, std::string& error) {
  std::string text;
  if (!read_file(file, text, error)) {
    exit_code = kExitUnavailable;
    return nullptr;
  }
  array::Schedule schedule = array::parse_schedule(text, file);
  error = schedule.error.empty() ? array::check_schedule(schedule, file, array) : schedule.error;
  if (!error.empty()) {
    exit_code = kExitUsage;
    return nullptr;
  }
  return std::make_unique<array::ScheduleRunner>(array, std::move(schedule.entries), print);
}

}  // namespace cli
