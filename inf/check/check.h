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

// What is known of the driver that the INF is for; what is empty is not known.
struct Expectations {
  std::vector<std::string> wmi_classes;  // that it registers: GUIDs without braces
  std::string version;                   // four numbers, as its version resource has them
  std::string service;
  std::string binary;       // "acmedsm.sys"
  std::string catalog;      // "acmedsm.cat"
  std::string hardware_id;  // "Root\\acmedsm"
  // All devices that it is for, in their order: entries of a list, blanks included.
  std::vector<std::string> devices;
};

// In the order of the file.
std::vector<Finding> check(const Document& document, const Expectations& expectations = {});

}  // namespace inf
