// GUIDs are read and written as people write them, and made of names as RFC 9562 says.
#include "profile/guid.h"

#include <gtest/gtest.h>

namespace profile {
namespace {

TEST(Guids, AreReadWithAndWithoutBraces) {
  const std::string text = "b68a7817-70d1-42bc-9323-281201c36a63";
  const auto guid = parse_guid("{B68A7817-70d1-42BC-9323-281201c36a63}");
  ASSERT_TRUE(guid);
  EXPECT_EQ(guid_text(*guid), text);
  EXPECT_EQ(parse_guid(text), guid);
  EXPECT_EQ((*guid)[0], 0xb6);
  EXPECT_EQ((*guid)[15], 0x63);
}

TEST(Guids, AreNothingElse) {
  for (const char* bad :
       {"", "{}", "b68a781770d142bc9323281201c36a63", "b68a7817-70d1-42bc-9323-281201c36a6",
        "b68a7817-70d1-42bc-9323-281201c36a634", "{b68a7817-70d1-42bc-9323-281201c36a63",
        "b68a7817-70d1-42bc-9323-281201c36a6g", "b68a7817 70d1-42bc-9323-281201c36a63",
        "b68a7817-70d1-42bc-9323-2812 1c36a63"}) {
    EXPECT_FALSE(parse_guid(bad)) << bad;
  }
}

// RFC 9562, appendix A.4.
TEST(Guids, OfNamesAreThoseOfTheStandard) {
  const Guid dns = *parse_guid("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  EXPECT_EQ(guid_text(guid_of_name(dns, "www.example.com")),
            "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

}  // namespace
}  // namespace profile
