#include "windows/setup/device_list.h"

#include <gtest/gtest.h>

namespace setup {
namespace {

using namespace std::string_literals;

constexpr const char* kOurs = "ACME    ARRAY           ";

TEST(DeviceList, adds_behind_the_others_and_takes_away_what_it_added) {
  const RegistryValue before = multi_string({"Vendor 8Product       16", "OTHER   BOX"});
  const RegistryValue after = with_entry(before, kOurs);
  EXPECT_EQ(strings_of(after),
            (std::vector<std::string>{"Vendor 8Product       16", "OTHER   BOX", kOurs}));
  EXPECT_TRUE(has_entry(after, kOurs));
  EXPECT_EQ(without_entry(after, kOurs), before);
}

TEST(DeviceList, entries_that_differ_in_case_or_blanks_are_others) {
  const RegistryValue before =
      multi_string({"Acme    Array           ", "ACME    ARRAY", "ACME    ARRAY            "});
  EXPECT_FALSE(has_entry(before, kOurs));
  EXPECT_EQ(without_entry(before, kOurs), before);
  EXPECT_EQ(without_entry(with_entry(before, kOurs), kOurs), before);
}

TEST(DeviceList, takes_away_one_of_two_that_are_the_same) {
  const RegistryValue before = multi_string({kOurs, "OTHER   BOX", kOurs});
  EXPECT_EQ(without_entry(before, kOurs), multi_string({"OTHER   BOX", kOurs}));
}

TEST(DeviceList, is_made_of_nothing) {
  for (const std::string& bytes : {""s, "\0\0"s}) {
    const RegistryValue after = with_entry({kRegMultiSz, bytes}, "AB");
    EXPECT_EQ(after.bytes, "A\0B\0\0\0\0\0"s);
    EXPECT_EQ(without_entry(after, "AB").bytes, "\0\0"s);
  }
}

TEST(DeviceList, keeps_the_bytes_of_values_that_are_not_in_order) {
  // The last text without its end, and without that of the list.
  EXPECT_EQ(with_entry({kRegMultiSz, "X\0"s}, "A").bytes, "X\0\0\0A\0\0\0\0\0"s);
  EXPECT_EQ(with_entry({kRegMultiSz, "X\0\0\0"s}, "A").bytes, "X\0\0\0A\0\0\0\0\0"s);
  // Something behind the end of the list; half a character.
  EXPECT_EQ(with_entry({kRegMultiSz, "X\0\0\0\0\0Y\0\0\0"s}, "A").bytes,
            "X\0\0\0A\0\0\0\0\0Y\0\0\0"s);
  EXPECT_EQ(with_entry({kRegMultiSz, "X\0\0\0\0"s}, "A").bytes, "X\0\0\0A\0\0\0\0\0"s);
  // What is no character: half of a surrogate pair.
  const RegistryValue odd = {kRegMultiSz, "\x00\xd8X\0\0\0\0\0"s};
  EXPECT_EQ(without_entry(with_entry(odd, "A"), "A"), odd);
}

TEST(DeviceList, texts_go_through_it_unchanged) {
  const std::vector<std::string> texts = {"a\tb", "\xc3\xa4", "\xf0\x9f\x98\x80", "  "};
  EXPECT_EQ(strings_of(multi_string(texts)), texts);
}

}  // namespace
}  // namespace setup
