// A profile's text before the TOML library sees it. Inside profile/ only.
#pragma once

#include <string>
#include <string_view>

#include "profile/mistakes.h"

namespace profile {

// The text with a "?" for every character that is no ASCII. In a comment that is all right;
// elsewhere it is a mistake, told once for each line: a profile's values are ASCII, for they end up
// in INQUIRY data, in INF files and in names of files; and version 3.3 of the library runs into
// undefined behaviour at some of these characters (its issue 190).
std::string plain_text(std::string_view text, Mistakes& mistakes);

}  // namespace profile
