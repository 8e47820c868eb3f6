// The last part of docs/profiles.md, made from the table of keys.
#pragma once

#include <string>
#include <string_view>

namespace profile::testing {

inline constexpr std::string_view kKeysTitle = "## All keys\n";

// From kKeysTitle to the end of the page.
std::string keys_document();

}  // namespace profile::testing
