#include "inf/strings.h"

#include <algorithm>
#include <unordered_set>

namespace inf {
namespace {

constexpr std::string_view kSection = "Strings";
constexpr std::string_view kLanguagePrefix = "Strings.";

}  // namespace

std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  for (size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at)) {
    const size_t end = text.find('%', at + 1);
    if (end == std::string_view::npos) {
      break;
    }
    if (end > at + 1) {
      tokens.push_back({text.substr(at + 1, end - at - 1), at});
    }
    at = end + 1;
  }
  return tokens;
}

bool is_directory(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Strings::Strings(const Index& index, std::string_view language) : index_(index) {
  if (!language.empty()) {
    section_ = std::string(kLanguagePrefix).append(language);
  }
}

const Line* Strings::find(std::string_view name) const {
  const Line* line = section_.empty() ? nullptr : index_.find(section_, name);
  return line != nullptr ? line : index_.find(kSection, name);
}

std::string Strings::replaced(std::string_view text) const {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t sign = text.find('%', at);
    const size_t end = sign == std::string_view::npos ? sign : text.find('%', sign + 1);
    if (end == std::string_view::npos) {
      out += text.substr(at);
      break;
    }
    out += text.substr(at, sign - at);
    const std::string_view name = text.substr(sign + 1, end - sign - 1);
    const Line* const line = name.empty() || is_directory(name) ? nullptr : find(name);
    if (name.empty()) {
      out += '%';
    } else if (line != nullptr) {
      out += line->value(0).text;
    } else {
      out += text.substr(sign, end + 1 - sign);
    }
    at = end + 1;
  }
  return out;
}

std::vector<std::string> languages_of(const Document& document) {
  std::vector<std::string> languages;
  std::unordered_set<std::string> seen;
  for (const Section& section : document.sections) {
    const std::string_view name = section.name.text;
    if (name.size() > kLanguagePrefix.size() &&
        same_name(name.substr(0, kLanguagePrefix.size()), kLanguagePrefix) &&
        seen.insert(folded(name)).second) {
      languages.emplace_back(name.substr(kLanguagePrefix.size()));
    }
  }
  return languages;
}

}  // namespace inf
