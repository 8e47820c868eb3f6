// See fault_arguments.h.
#include "array/fault_arguments.h"

#include <charconv>
#include <numeric>

namespace array {

uint64_t FaultArguments::number(const char* name, uint64_t limit, uint64_t fallback, int base) {
  if (next_ >= words_.size() && fallback != kNoFallback) {
    return fallback;
  }
  const std::string wanted = std::string(base == 16 ? "a hexadecimal number" : "a number") +
                             " below " + std::to_string(limit);
  if (next_ >= words_.size()) {
    complain_about(name, wanted);
    return 0;
  }
  const std::string& word = words_[next_];
  uint64_t value = 0;
  const bool prefixed = base == 16 && word.starts_with("0x");
  const char* const begin = word.data() + (prefixed ? 2 : 0);
  const char* const end = word.data() + word.size();
  const auto parsed = std::from_chars(begin, end, value, base);
  if (parsed.ec != std::errc() || parsed.ptr != end || value >= limit) {
    complain_about(name, wanted);
    return 0;
  }
  ++next_;
  return value;
}

std::optional<uint8_t> FaultArguments::opcode() {
  constexpr uint64_t kAll = 256;
  const uint64_t value = number("OPCODE", kAll, kAll, 16);
  return value == kAll ? std::nullopt : std::optional(static_cast<uint8_t>(value));
}

unsigned FaultArguments::port() {
  return static_cast<unsigned>(number("PORT", array_.config().ports.size()));
}

std::vector<unsigned> FaultArguments::ports() {
  if (next_is("all")) {
    ++next_;
    std::vector<unsigned> all(array_.config().ports.size());
    std::iota(all.begin(), all.end(), 0U);
    return all;
  }
  return {port()};
}

unsigned FaultArguments::controller() {
  return static_cast<unsigned>(number("CONTROLLER", array_.config().controllers));
}

uint16_t FaultArguments::group() {
  return static_cast<uint16_t>(number("GROUP", UINT16_MAX));
}

size_t FaultArguments::lun() {
  return static_cast<size_t>(number("LUN", array_.lun_count()));
}

bool FaultArguments::on_off() {
  return choice<bool, 2>("on|off", {{{"on", true}, {"off", false}}});
}

scsi::AccessState FaultArguments::state() {
  constexpr std::array kStates = {
      scsi::AccessState::active_optimized, scsi::AccessState::active_nonoptimized,
      scsi::AccessState::standby,          scsi::AccessState::unavailable,
      scsi::AccessState::offline,          scsi::AccessState::transitioning};
  std::array<std::pair<std::string_view, scsi::AccessState>, kStates.size()> choices;
  for (size_t i = 0; i < kStates.size(); ++i) {
    choices[i] = {name_of(kStates[i]), kStates[i]};
  }
  return choice("STATE", choices);
}

bool FaultArguments::ready() {
  if (problem_.empty() && next_ < words_.size()) {
    complain("\"" + words_[next_] + "\" is one argument too many");
  }
  return problem_.empty() && act_;
}

void FaultArguments::settle(const base::Status& status) {
  if (!status.ok()) {
    complain(status.message());
  }
}

void FaultArguments::complain(std::string problem) {
  if (problem_.empty()) {
    problem_ = std::move(problem);
  }
}

void FaultArguments::complain_about(const char* name, const std::string& wanted) {
  const std::string what =
      next_ < words_.size() ? " \"" + words_[next_] + "\" must be " : " is missing; it must be ";
  complain(name + what + wanted);
}

}  // namespace array
