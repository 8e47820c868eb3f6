#include "inf/driver_names.h"

#include <algorithm>
#include <cstdint>

namespace inf {

bool is_driver_version(std::string_view text) {
  unsigned numbers = 0;
  for (size_t at = 0; at <= text.size(); ++numbers) {
    const size_t dot = std::min(text.find('.', at), text.size());
    const std::string_view part = text.substr(at, dot - at);
    uint32_t value = 0;
    for (const char c : part) {
      value = value * 10 + static_cast<uint32_t>(c - '0');
    }
    const bool digits =
        std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (part.empty() || part.size() > 5 || !digits || value > 65'535) {
      return false;
    }
    at = dot + 1;
  }
  return numbers == 4;
}

}  // namespace inf
