// The judges behind check(), each with a theme of its own.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "inf/check/check.h"
#include "inf/check/package.h"

namespace inf {

class Findings {
 public:
  void add(Rule rule, Place place, std::string what) {
    list_.push_back({rule, place, std::move(what)});
  }
  std::vector<Finding> sorted();

 private:
  std::vector<Finding> list_;
};

// A text in quotes; long ones are cut.
std::string shown(std::string_view text);
// Decimal, or hexadecimal with 0x. False: no number of 32 bits.
bool parse_number(std::string_view text, uint32_t& number);

void judge_syntax(const Document& document, Findings& findings);
void judge_sections(const Package& package, Findings& findings);
void judge_strings(const Package& package, Findings& findings);
void judge_names(const Package& package, Findings& findings);
void judge_version(const Package& package, const Expectations& expectations, Findings& findings);
void judge_models(const Package& package, Findings& findings);
void judge_files(const Package& package, Findings& findings);
void judge_services(const Package& package, Findings& findings);
void judge_registry(const Package& package, Findings& findings);
void judge_devices(const Package& package, const Expectations& expectations, Findings& findings);
void judge_expected(const Package& package, const Expectations& expectations, Findings& findings);
void judge_wmi(const Package& package, const Expectations& expectations, Findings& findings);

}  // namespace inf
