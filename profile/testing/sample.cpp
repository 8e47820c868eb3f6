// See sample.h.
#include "profile/testing/sample.h"

#include <gtest/gtest.h>

#include <sstream>

namespace profile::testing {
namespace {

constexpr const char* kSample = R"([names]
vendor = "Example"
product = "Example Array"
company = "Example Corp."
service = "exampledsm"
version = "1.2.3.4"

[[device]]
vendor = "EXAMPLE"
product = "ARRAY"

)";

}  // namespace

std::string sample(const std::string& added) {
  return kSample + added;
}

std::string sample_with_line(unsigned line, const std::string& text) {
  std::istringstream in(kSample);
  std::string out;
  std::string each;
  for (unsigned number = 1; std::getline(in, each); ++number) {
    out += (number == line ? text : each) + "\n";
  }
  return out;
}

std::vector<std::string> mistakes_of(const std::string& text) {
  const Parsed parsed = parse_profile(text, "f");
  EXPECT_NE(parsed.profile.has_value(), !parsed.mistakes.empty());
  std::vector<std::string> texts;
  for (const Mistake& mistake : parsed.mistakes.list()) {
    texts.push_back(text_of(mistake, "f").substr(2));
  }
  return texts;
}

Profile profile_of(const std::string& text) {
  Parsed parsed = parse_profile(text, "f");
  for (const Mistake& mistake : parsed.mistakes.list()) {
    ADD_FAILURE() << text_of(mistake, "f");
  }
  return parsed.profile ? std::move(*parsed.profile) : Profile();
}

}  // namespace profile::testing
