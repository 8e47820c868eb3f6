// Values that are written to the registry: root, flags, and data of the type that the flags name.
#include "inf/check/judges.h"

namespace inf {
namespace {

constexpr uint32_t kTypeMask = 0xffff0001;
constexpr uint32_t kBinary = 0x00000001;
constexpr uint32_t kDword = 0x00010001;
constexpr uint32_t kCustomBinary = 0x00030001;  // type 3, REG_BINARY, in the upper half

bool are_bytes(const std::vector<std::string>& data) {
  for (const std::string& text : data) {
    const bool two = !text.empty() && text.size() <= 2 &&
                     text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
    if (!two) {
      return false;
    }
  }
  return !data.empty();
}

void judge_data(const RegistryValue& value, uint32_t flags, Findings& findings) {
  const uint32_t type = flags & kTypeMask;
  const Place place = value.line->place_of(4);
  if (type == kDword) {
    uint32_t number = 0;
    const bool good = (value.data.size() == 1 && parse_number(value.data[0], number)) ||
                      (value.data.size() == 4 && are_bytes(value.data));
    if (!good) {
      findings.add(Rule::registry_data, place,
                   value.data.empty() ? "a number is missing"
                                      : shown(value.data[0]) + " is no number of 32 bits");
    }
  } else if ((type == kBinary || type == kCustomBinary) && !value.data.empty() &&
             !are_bytes(value.data)) {
    findings.add(Rule::registry_data, place, "these are no bytes in hexadecimal");
  }
}

}  // namespace

void judge_registry(const Package& package, Findings& findings) {
  bool global = false;
  for (const RegistryValue& value : package.registry()) {
    if (!is_registry_root(value.root)) {
      findings.add(Rule::registry_root, value.line->place, shown(value.root) + " is no root");
      continue;
    }
    uint32_t flags = 0;
    if (!value.flags.empty() && !parse_number(value.flags, flags)) {
      findings.add(Rule::registry_flags, value.line->place_of(3),
                   shown(value.line->value(3).text) + " is no number");
      continue;
    }
    judge_data(value, flags, findings);
    if (!same_name(value.root, "HKR")) {
      if (!global) {
        findings.add(Rule::registry_global, value.line->place, "a value below " + value.root);
        global = true;  // once is enough
      }
    } else if (value.of_service && !value.key.empty() &&
               !same_name(value.key.substr(0, 10), "Parameters")) {
      findings.add(Rule::registry_parameters, value.line->place,
                   shown(value.key) + " is not below Parameters");
    } else if (value.of_service && value.key.empty()) {
      findings.add(Rule::registry_parameters, value.line->place,
                   shown(value.name) + " is not below Parameters");
    }
  }
}

}  // namespace inf
