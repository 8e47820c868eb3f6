#include "inf/driver_names.h"

#include <algorithm>
#include <cstdint>

#include "inf/document.h"

namespace inf {

std::string_view reserved_name_in(std::string_view text) {
  constexpr std::string_view kReserved[] = {"GENDSM", "MSISCDSM", "MSDSM", "SAMPLEDSM"};
  for (const std::string_view name : kReserved) {
    const auto same = [](char a, char b) { return lower(a) == lower(b); };
    if (std::search(text.begin(), text.end(), name.begin(), name.end(), same) != text.end()) {
      return name;
    }
  }
  return {};
}

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

std::string folder_name(std::string text) {
  for (char& c : text) {
    c = std::string_view("\\/:*?\"<>|\t").find(c) == std::string_view::npos ? c : '-';
  }
  text.erase(text.find_last_not_of(" .") + 1);
  return text.empty() ? "dsm" : text;
}

}  // namespace inf
