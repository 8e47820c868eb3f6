// Who makes what, for which machines.
#include <set>

#include "inf/check/judges.h"

namespace inf {
namespace {

void judge_decorations(const Package& package, Findings& findings) {
  for (const Line* line : package.index().lines_of("Manufacturer")) {
    bool serves_servers = false;
    const std::string models = package.strings().replaced(line->value(0).text);
    for (size_t i = 1; line->has_key && i < line->values.size(); ++i) {
      const std::optional<Decoration> decoration = parse_decoration(line->values[i].text);
      if (!decoration) {
        findings.add(Rule::models_decoration, line->values[i].place,
                     shown(line->values[i].text) + " is no decoration");
      }
      serves_servers |= decoration && (decoration->machine == Machine::amd64 ||
                                       decoration->machine == Machine::arm64);
    }
    if (!serves_servers) {
      findings.add(Rule::models_architecture, line->place_of(0),
                   "[" + models + "] is decorated neither for amd64 nor for arm64");
    }
  }
}

}  // namespace

void judge_models(const Package& package, Findings& findings) {
  judge_decorations(package, findings);
  if (package.devices().empty()) {
    findings.add(Rule::models_none, {1, 1}, "no device is installed");
  }
  for (const Device& device : package.devices()) {
    const std::string& id = device.hardware_id;
    const size_t backslash = id.find('\\');
    const bool good = backslash != std::string::npos && backslash + 1 < id.size() &&
                      same_name(id.substr(0, backslash), "Root") &&
                      id.find_first_of(" \\", backslash + 1) == std::string::npos;
    if (!good) {
      findings.add(
          Rule::models_hardware_id, device.line->place_of(1),
          id.empty() ? "the hardware ID is missing" : shown(id) + " is not of the form Root\\NAME");
    }
  }
}

}  // namespace inf
