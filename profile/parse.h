// From the text of a profile to a checked profile, or to everything that is wrong with it. Any
// bytes give one of the two.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "profile/mistakes.h"
#include "profile/profile.h"

namespace profile {

inline constexpr size_t kMaxProfileBytes = size_t{1} << 20;

struct Parsed {
  std::optional<Profile> profile;  // empty exactly when there are mistakes
  Mistakes mistakes;
};

// `file` is only for the profile to know.
Parsed parse_profile(std::string_view text, const std::string& file);

}  // namespace profile
