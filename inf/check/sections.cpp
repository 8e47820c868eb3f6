// Which sections there are, who refers to them, and whether their lines are of their kind.
#include <algorithm>
#include <span>
#include <unordered_map>

#include "inf/check/judges.h"

namespace inf {
namespace {

using Words = std::span<const char* const>;

constexpr const char* kServiceDirectives[] = {
    "DisplayName",   "Description",      "ServiceType",
    "StartType",     "ErrorControl",     "ServiceBinary",
    "StartName",     "AddReg",           "DelReg",
    "BitReg",        "LoadOrderGroup",   "Dependencies",
    "Security",      "ServiceSidType",   "DelayedAutoStart",
    "AddTrigger",    "UserServiceFlags", "RequiredPrivileges",
    "PerformanceIds"};
constexpr const char* kServicesDirectives[] = {"AddService", "DelService", "Include", "Needs"};

// Sections that Windows reads by themselves.
bool is_known(std::string_view name) {
  constexpr const char* kKnown[] = {"Version",          "Manufacturer",     "DestinationDirs",
                                    "SourceDisksNames", "SourceDisksFiles", "Strings",
                                    "ControlFlags",     "DefaultInstall"};
  for (const char* const known : kKnown) {
    const std::string_view word = known;
    if (same_name(name, word) || (name.size() > word.size() && name[word.size()] == '.' &&
                                  same_name(name.substr(0, word.size()), word))) {
      return true;
    }
  }
  return false;
}

bool is_among(std::string_view word, Words words) {
  return std::any_of(words.begin(), words.end(),
                     [word](const char* each) { return same_name(word, each); });
}

void judge_lines(const Package& package, std::string_view section, Words directives,
                 Findings& findings) {
  for (const Line* line : package.index().lines_of(section)) {
    if (!line->has_key) {
      const bool registry = is_registry_root(line->value(0).text);
      findings.add(
          Rule::section_line, line->place,
          registry
              ? "a registry value in [" + std::string(section) + "], which is no AddReg section"
              : shown(line->value(0).text) + " is no directive of [" + std::string(section) + "]");
      if (registry) {
        return;  // the rest of them is the same slip
      }
    } else if (!is_among(line->key.text, directives)) {
      findings.add(Rule::section_line, line->place,
                   shown(line->key.text) + " is no directive of [" + std::string(section) + "]");
    }
  }
}

}  // namespace

void judge_sections(const Package& package, Findings& findings) {
  std::unordered_map<std::string, unsigned> first_lines;
  for (const Section& section : package.document().sections) {
    const Field& name = section.name;
    const auto [first, is_new] = first_lines.emplace(folded(name.text), name.place.line);
    if (!is_new) {
      findings.add(
          Rule::section_duplicate, name.place,
          "[" + name.text + "] stands in line " + std::to_string(first->second) + " already");
    } else if (!name.text.empty() && !is_known(name.text) && !package.is_referred_to(name.text)) {
      findings.add(Rule::section_unused, name.place, "nothing refers to [" + name.text + "]");
    }
  }
  for (const Package::Reference& reference : package.references()) {
    if (!reference.found) {
      findings.add(Rule::section_dangling, reference.from,
                   "there is no section [" + reference.to + "]");
    }
  }
  for (const std::string& section : package.service_sections()) {
    judge_lines(package, section, kServiceDirectives, findings);
  }
  for (const std::string& section : package.services_sections()) {
    judge_lines(package, section, kServicesDirectives, findings);
  }
}

}  // namespace inf
