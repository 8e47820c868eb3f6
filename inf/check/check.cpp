#include "inf/check/check.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "inf/check/judges.h"

namespace inf {

std::string shown(std::string_view text) {
  constexpr size_t kLongest = 60;
  return text.size() <= kLongest ? "\"" + std::string(text) + "\""
                                 : "\"" + std::string(text.substr(0, kLongest)) + "...\"";
}

bool parse_number(std::string_view text, uint32_t& number) {
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  text.remove_prefix(hexadecimal ? 2 : 0);
  const char* const last = text.data() + text.size();
  const auto [end, problem] = std::from_chars(text.data(), last, number, hexadecimal ? 16 : 10);
  return problem == std::errc() && end == last;
}

std::vector<Finding> Findings::sorted() {
  const auto order = [](const Finding& finding) {
    return std::tuple(finding.place.line, finding.place.column, finding.rule);
  };
  std::stable_sort(list_.begin(), list_.end(),
                   [order](const Finding& a, const Finding& b) { return order(a) < order(b); });
  return std::move(list_);
}

std::vector<Finding> check(const Document& document, const Expectations& expectations) {
  Findings findings;
  const Package package(document);
  judge_syntax(document, findings);
  judge_sections(package, findings);
  judge_strings(package, findings);
  judge_names(package, findings);
  judge_version(package, expectations, findings);
  judge_models(package, findings);
  judge_files(package, findings);
  judge_services(package, findings);
  judge_registry(package, findings);
  judge_devices(package, expectations, findings);
  judge_expected(package, expectations, findings);
  judge_wmi(package, expectations, findings);
  return findings.sorted();
}

}  // namespace inf
