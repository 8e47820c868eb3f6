// For tests: a small profile that is in order, and what is wrong with one that is not.
#pragma once

#include <string>
#include <vector>

#include "profile/parse.h"

namespace profile::testing {

// [names] and one [[device]]: lines 1 to 10. What a test adds begins in line 12.
std::string sample(const std::string& added = "");
// The same with one line replaced (from 1).
std::string sample_with_line(unsigned line, const std::string& text);

// "LINE:COLUMN: text" of each mistake.
std::vector<std::string> mistakes_of(const std::string& text);
// Of a text that must be in order.
Profile profile_of(const std::string& text);

}  // namespace profile::testing
