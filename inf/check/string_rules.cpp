// %names%: each defined once, in [Strings] or in all languages.
#include <algorithm>
#include <set>

#include "inf/check/judges.h"

namespace inf {
namespace {

bool is_strings_section(std::string_view name) {
  constexpr std::string_view kStrings = "Strings";
  return same_name(name.substr(0, kStrings.size()), kStrings) &&
         (name.size() == kStrings.size() || name[kStrings.size()] == '.');
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// [Strings] may leave out a name when every language has it.
bool is_defined(const Package& package, std::string_view name) {
  if (package.strings().find(name) != nullptr) {
    return true;
  }
  const std::vector<std::string> languages = languages_of(package.document());
  return !languages.empty() &&
         std::all_of(languages.begin(), languages.end(), [&](const std::string& language) {
           return Strings(package.document(), language).find(name) != nullptr;
         });
}

void judge_field(const Package& package, const Field& field, std::set<std::string>& used,
                 Findings& findings) {
  for (const Token& token : tokens_of(field.text)) {
    if (is_directory(token.name)) {
      continue;
    }
    used.insert(lowered(token.name));
    if (!is_defined(package, token.name)) {
      findings.add(Rule::string_undefined, field.place,
                   "%" + std::string(token.name) + "% is not defined");
    }
  }
}

void judge_definitions(const Section& section, std::set<std::string>& defined,
                       const std::set<std::string>& used, Findings& findings) {
  for (const Line& line : section.lines) {
    const std::string name = lowered(line.name().text);
    if (!defined.insert(lowered(section.name.text) + "\n" + name).second) {
      findings.add(Rule::string_duplicate, line.place, line.name().text + " is defined twice");
    } else if (used.count(name) == 0) {
      findings.add(Rule::string_unused, line.place, "%" + line.name().text + "% is used nowhere");
    }
  }
}

}  // namespace

void judge_strings(const Package& package, Findings& findings) {
  std::set<std::string> used;
  for (const Section& section : package.document().sections) {
    for (const Line& line : section.lines) {
      if (is_strings_section(section.name.text)) {
        continue;
      }
      judge_field(package, line.key, used, findings);
      for (const Field& value : line.values) {
        judge_field(package, value, used, findings);
      }
    }
  }
  std::set<std::string> defined;
  for (const Section& section : package.document().sections) {
    if (is_strings_section(section.name.text)) {
      judge_definitions(section, defined, used, findings);
    }
  }
}

}  // namespace inf
