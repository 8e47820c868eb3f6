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

// Who knows names: [Strings], and each language.
class Definitions {
 public:
  explicit Definitions(const Package& package) : neutral_(package.index()) {
    for (const std::string& language : languages_of(package.document())) {
      languages_.emplace_back(package.index(), language);
    }
  }
  // [Strings] may leave out a name when every language has it.
  bool have(std::string_view name) const {
    return neutral_.find(name) != nullptr ||
           (!languages_.empty() &&
            std::all_of(languages_.begin(), languages_.end(),
                        [name](const Strings& each) { return each.find(name) != nullptr; }));
  }

 private:
  Strings neutral_;
  std::vector<Strings> languages_;
};

void judge_field(const Definitions& definitions, const Field& field, std::set<std::string>& used,
                 Findings& findings) {
  for (const Token& token : tokens_of(field.text)) {
    const bool is_new = !is_directory(token.name) && used.insert(folded(token.name)).second;
    if (is_new && !definitions.have(token.name)) {
      findings.add(Rule::string_undefined, field.place,
                   "%" + std::string(token.name) + "% is not defined");
    }
  }
}

void judge_definitions(const Section& section, std::set<std::string>& defined,
                       const std::set<std::string>& used, Findings& findings) {
  for (const Line& line : section.lines) {
    const std::string name = folded(line.name().text);
    if (!defined.insert(folded(section.name.text) + "\n" + name).second) {
      findings.add(Rule::string_duplicate, line.place, line.name().text + " is defined twice");
    } else if (used.count(name) == 0) {
      findings.add(Rule::string_unused, line.place, "%" + line.name().text + "% is used nowhere");
    }
  }
}

}  // namespace

void judge_strings(const Package& package, Findings& findings) {
  const Definitions definitions(package);
  std::set<std::string> used;
  for (const Section& section : package.document().sections) {
    for (const Line& line : section.lines) {
      if (is_strings_section(section.name.text)) {
        continue;
      }
      judge_field(definitions, line.key, used, findings);
      for (const Field& value : line.values) {
        judge_field(definitions, value, used, findings);
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
