// An INF in which there is nothing to find, and what tests do with it.
#pragma once

#include <string>
#include <vector>

#include "inf/check/check.h"

namespace inf::testing {

// Nothing but what an INF of this layout cannot avoid: a note.
const std::string& good_package();

std::string replaced(std::string text, const std::string& from, const std::string& to);
unsigned line_of(const std::string& text, const std::string& part);

// One line for each.
std::string text_of(const std::vector<Finding>& findings);
// What is found in the text, without notes.
std::vector<Finding> faults(const std::string& text, const Expectations& expectations = {});

}  // namespace inf::testing
