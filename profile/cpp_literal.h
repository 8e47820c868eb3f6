// C++ texts for the headers that are made of a profile.
#pragma once

#include <string>
#include <string_view>

namespace profile {

inline std::string cpp_literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    out += c == '"' || c == '\\' ? "\\" : "";
    out += c;
  }
  return out + "\"";
}

}  // namespace profile
