// Parsing and printing of sizes and durations; see size_text.h.
#include "cli/size_text.h"

#include <fmt/format.h>

#include <array>
#include <limits>

namespace cli {
namespace {

constexpr std::string_view kSuffixes = "KMGTP";

// "", "K", "KiB" and "KB" in any case -> shift; empty when it is no suffix.
std::optional<unsigned> suffix_shift(std::string_view suffix) {
  if (suffix.empty() || suffix == "B" || suffix == "b") {
    return 0;
  }
  const char upper = static_cast<char>(suffix[0] & ~0x20);
  const size_t at = kSuffixes.find(upper);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view rest = suffix.substr(1);
  if (!rest.empty() && rest != "iB" && rest != "B") {
    return std::nullopt;
  }
  return static_cast<unsigned>(10 * (at + 1));
}

}  // namespace

std::optional<uint64_t> parse_size_bytes(std::string_view text) {
  size_t digits = 0;
  uint64_t value = 0;
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    const uint64_t digit = static_cast<uint64_t>(text[digits] - '0');
    if (value > (kMax - digit) / 10) {
      return std::nullopt;
    }
    value = value * 10 + digit;
    ++digits;
  }
  const auto shift = suffix_shift(text.substr(digits));
  if (digits == 0 || !shift || value > (kMax >> *shift)) {
    return std::nullopt;
  }
  return value << *shift;
}

std::string format_size(uint64_t size_bytes) {
  static constexpr std::array<const char*, 6> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  size_t unit = 0;
  uint64_t scale = 1;
  while (unit + 1 < kUnits.size() && size_bytes >= scale * 1024) {
    scale *= 1024;
    ++unit;
  }
  if (size_bytes % scale == 0) {
    return fmt::format("{} {}", size_bytes / scale, kUnits[unit]);
  }
  return fmt::format("{:.2f} {}", static_cast<double>(size_bytes) / static_cast<double>(scale),
                     kUnits[unit]);
}

std::string format_duration_ns(uint64_t duration_ns) {
  const double ns = static_cast<double>(duration_ns);
  if (duration_ns < 1'000'000) {
    return fmt::format("{:.0f} us", ns / 1e3);
  }
  if (duration_ns < 1'000'000'000) {
    return fmt::format("{:.1f} ms", ns / 1e6);
  }
  return fmt::format("{:.2f} s", ns / 1e9);
}

}  // namespace cli
