// Judges an INF for a device-specific module.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inf/check/rules.h"
#include "inf/document.h"

namespace inf {

struct Finding {
  Rule rule = Rule::syntax_bytes;
  Place place;
  std::string what;  // what is wrong here; the rule says why and what to do
};

struct Expectations {
  // The classes that the driver registers, without braces; empty: not known.
  std::vector<std::string> wmi_classes;
  // Four numbers, as the driver's version resource has them; empty: not known.
  std::string version;
};

// In the order of the file.
std::vector<Finding> check(const Document& document, const Expectations& expectations = {});

}  // namespace inf
