// Who may read, set and execute the driver's WMI classes.
#include <algorithm>

#include "inf/check/judges.h"
#include "inf/security_descriptor.h"

namespace inf {
namespace {

constexpr uint32_t kNoClobber = 0x00000002;
constexpr std::string_view kSecurityKey = "SYSTEM\\CurrentControlSet\\Control\\WMI\\Security";

std::string without_braces(std::string_view guid) {
  if (guid.starts_with('{') && guid.ends_with('}')) {
    guid = guid.substr(1, guid.size() - 2);
  }
  return std::string(guid);
}

// False: not all are bytes, which is registry_data.
bool bytes_of(const std::vector<std::string>& data, std::vector<uint8_t>& bytes) {
  for (const std::string& text : data) {
    uint32_t byte = 0;
    if (!parse_number("0x" + text, byte) || byte > 0xff) {
      return false;
    }
    bytes.push_back(static_cast<uint8_t>(byte));
  }
  return true;
}

class WmiJudge {
 public:
  WmiJudge(const Package& package, Findings& findings) : package_(package), findings_(findings) {}

  void judge_values() {
    for (const RegistryValue& value : package_.registry()) {
      uint32_t flags = 0;
      if (!same_name(value.root, "HKLM") || !same_name(value.key, kSecurityKey)) {
        continue;
      }
      secured_.push_back({without_braces(value.name), value.line->place_of(2)});
      // Flags that are no number are registry_flags; what is meant is judged all the same.
      if (parse_number(value.flags, flags) && (flags & kNoClobber) == 0) {
        findings_.add(Rule::wmi_clobbers, value.line->place_of(3),
                      "an existing descriptor is replaced");
      }
      std::vector<uint8_t> bytes;
      if (bytes_of(value.data, bytes)) {
        std::string wrong;
        judge(parse_descriptor(bytes, wrong), wrong, value.name, value.line->place_of(2));
      }
    }
  }

  // WMIInterface = {class},flags,section; the section has Security = "SDDL".
  void judge_interfaces() {
    for (const Section& section : package_.document().sections) {
      for (const Line& line : section.lines) {
        if (!same_name(line.key.text, "WMIInterface") || line.values.empty()) {
          continue;
        }
        const std::string guid = without_braces(package_.strings().replaced(line.value(0).text));
        secured_.push_back({guid, line.place_of(0)});
        const std::string to = package_.strings().replaced(line.values.back().text);
        const Line* const security = package_.index().find(to, "Security");
        if (security == nullptr) {
          if (package_.index().has(to)) {
            findings_.add(Rule::wmi_descriptor, line.place, "[" + to + "] has no Security");
          }
          continue;
        }
        std::string wrong;
        judge(parse_sddl(package_.strings().replaced(security->value(0).text), wrong), wrong, guid,
              security->place_of(0));
      }
    }
  }

  void judge_classes(const Expectations& expectations) {
    const std::vector<std::string>& classes = expectations.wmi_classes;
    for (const std::string& guid : classes) {
      if (std::none_of(secured_.begin(), secured_.end(),
                       [&guid](const Secured& each) { return same_name(each.guid, guid); })) {
        findings_.add(Rule::wmi_none, {1, 1}, "the class " + guid + " has no descriptor");
      }
    }
    for (const Secured& each : secured_) {
      if (!classes.empty() &&
          std::none_of(classes.begin(), classes.end(),
                       [&each](const std::string& guid) { return same_name(guid, each.guid); })) {
        findings_.add(Rule::expected_class, each.place,
                      shown(each.guid) + " is no class that the driver registers");
      }
    }
    if (secured_.empty() && expectations.wmi_classes.empty()) {
      findings_.add(Rule::wmi_none, {1, 1}, "no class has a descriptor");
    }
  }

 private:
  void judge(const std::optional<SecurityDescriptor>& descriptor, const std::string& wrong,
             const std::string& guid, Place place) {
    if (!descriptor) {
      findings_.add(Rule::wmi_descriptor, place, guid + ": " + wrong);
      return;
    }
    if (!descriptor->has_rules) {
      findings_.add(Rule::wmi_open, place,
                    guid + " has no access list: everybody may do everything");
      return;
    }
    uint32_t rights = 0;
    std::string who;
    for (const AccessRule& rule : descriptor->rules) {
      const uint32_t more = rule.rights & (kWmiQuery | kWmiSet | kWmiExecute);
      if (rule.allows && is_everybody(rule.who) && more != 0) {
        rights |= more;
        who += (who.empty() ? "" : ", ") + account_name(rule.who);
      }
    }
    if (rights != 0) {
      std::string may;
      for (const auto& [right, name] : {std::pair(kWmiQuery, "query"), std::pair(kWmiSet, "set"),
                                        std::pair(kWmiExecute, "execute")}) {
        may += (rights & right) != 0 ? (may.empty() ? "" : ", ") + std::string(name) : "";
      }
      findings_.add(Rule::wmi_open, place, guid + ": " + who + " may " + may);
    }
  }

  const Package& package_;
  Findings& findings_;
  struct Secured {
    std::string guid;
    Place place;
  };
  std::vector<Secured> secured_;
};

}  // namespace

void judge_wmi(const Package& package, const Expectations& expectations, Findings& findings) {
  WmiJudge judge(package, findings);
  judge.judge_values();
  judge.judge_interfaces();
  judge.judge_classes(expectations);
}

}  // namespace inf
