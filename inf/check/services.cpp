// The driver's service: one per device, started at boot, behind MPIO.
#include <set>

#include "inf/check/judges.h"

namespace inf {
namespace {

class ServiceJudge {
 public:
  ServiceJudge(const Package& package, const AddedService& service, Findings& findings)
      : package_(package), service_(service), findings_(findings) {}

  void judge() {
    if (!package_.index().has(service_.section)) {
      return;  // section_dangling
    }
    expect_number("ServiceType", 1, Rule::service_type);
    expect_number("StartType", 0, Rule::service_start);
    expect_number("ErrorControl", 1, Rule::service_error_control);
    const Line* const group = find("LoadOrderGroup");
    if (!same_name(text(group), "System Bus Extender")) {
      findings_.add(Rule::service_group, place_of(group),
                    group == nullptr ? "LoadOrderGroup is missing"
                                     : "LoadOrderGroup is " + shown(text(group)));
    }
    judge_binary();
  }

 private:
  const Line* find(const char* name) const { return package_.index().find(service_.section, name); }
  std::string text(const Line* line) const {
    return line == nullptr ? std::string() : package_.strings().replaced(line->value(0).text);
  }
  Place place_of(const Line* line) const {
    return line == nullptr ? service_.line->place_of(2) : line->place_of(0);
  }

  void expect_number(const char* name, uint32_t wanted, Rule rule) {
    const Line* const line = find(name);
    const std::string is = text(line);
    uint32_t number = 0;
    if (!parse_number(is, number) || number != wanted) {
      findings_.add(rule, place_of(line),
                    line == nullptr ? std::string(name) + " is missing"
                                    : std::string(name) + " is " + shown(is) + ", not " +
                                          std::to_string(wanted));
    }
  }

  // "%13%\arm64", as the binary's path begins; empty: it is no directory's number.
  std::string folder_of(const Line* destination) const {
    const std::string number = text(destination);
    if (!is_directory(number)) {
      return {};
    }
    const std::string folder = package_.strings().replaced(destination->value(1).text);
    return "%" + number + "%" + (folder.empty() ? "" : "\\" + folder);
  }

  // "%12%\name.sys", with a copied file and the directory where files go.
  void judge_binary() {
    const Line* const line = find("ServiceBinary");
    const std::string is = text(line);
    if (line == nullptr) {
      findings_.add(Rule::service_binary, place_of(line), "ServiceBinary is missing");
      return;
    }
    const std::vector<Token> tokens = tokens_of(is);
    const size_t backslash = is.rfind('\\');
    if (tokens.empty() || tokens[0].offset != 0 || !is_directory(tokens[0].name) ||
        backslash == std::string::npos) {
      findings_.add(Rule::service_binary, place_of(line),
                    shown(is) + " is not below a directory given by its number");
      return;
    }
    const std::string file = is.substr(backslash + 1);
    const std::string folder = is.substr(0, backslash);
    std::string goes_to;
    bool copied = false;
    bool there = false;
    for (const Package::CopiedFile& each : package_.copied()) {
      const Line* const destination = package_.destination_of(each);
      if (!same_name(each.name, file)) {
        continue;
      }
      copied = true;
      goes_to = folder_of(destination);
      there |= goes_to.empty() || same_name(goes_to, folder);
    }
    if (!copied) {
      findings_.add(Rule::service_binary, place_of(line), shown(file) + " is not copied");
    } else if (!there) {
      findings_.add(Rule::service_binary, place_of(line),
                    "the binary is looked for in " + folder + ", and the file goes to " + goes_to);
    }
  }

  const Package& package_;
  const AddedService& service_;
  Findings& findings_;
};

}  // namespace

void judge_services(const Package& package, Findings& findings) {
  constexpr uint32_t kAssociated = 2;
  bool associated = false;
  std::set<std::string> judged;
  for (const AddedService& service : package.services()) {
    uint32_t flags = 0;
    if (parse_number(package.strings().replaced(service.line->value(1).text), flags)) {
      associated |= (flags & kAssociated) != 0;
    }
    if (judged.insert(folded(service.section)).second) {
      ServiceJudge(package, service, findings).judge();
    }
  }
  if (!associated && !package.devices().empty()) {
    findings.add(Rule::service_none, package.devices()[0].line->place,
                 package.services().empty() ? "no service is added for the device"
                                            : "no service has the flag 2 (SPSVCINST_ASSOCSERVICE)");
  }
}

}  // namespace inf
