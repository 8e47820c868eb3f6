#include "sim/indices.h"

#include <charconv>

namespace sim {
namespace {

constexpr std::string_view kNone = "none";

}  // namespace

std::string text_of_indices(const std::vector<uint32_t>& indices) {
  std::string text;
  for (const uint32_t index : indices) {
    text += (text.empty() ? "" : ",") + std::to_string(index);
  }
  return text.empty() ? std::string(kNone) : text;
}

bool parse_indices(std::string_view text, std::vector<uint32_t>& indices) {
  indices.clear();
  if (text == kNone) {
    return true;
  }
  const char* const end = text.data() + text.size();
  for (const char* at = text.data();; ++at) {
    uint32_t index = 0;
    const auto [after, problem] = std::from_chars(at, end, index);
    if (problem != std::errc()) {
      return false;
    }
    indices.push_back(index);
    if (after == end) {
      return true;
    }
    if (*after != ',') {
      return false;
    }
    at = after;
  }
}

}  // namespace sim
