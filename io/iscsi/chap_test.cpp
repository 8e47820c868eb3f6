// CHAP arithmetic against a value computed elsewhere (Python's hashlib).
#include "io/iscsi/chap.h"

#include <gtest/gtest.h>

#include "io/iscsi/text_keys.h"

namespace io::iscsi {
namespace {

TEST(Chap, ResponseIsTheMd5OfIdentifierSecretAndChallenge) {
  const std::string challenge = *parse_binary_value("0x000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(hex_value(chap_response(0x27, "correct horse", challenge)),
            "0xeec1f385a48e678f426be9ac56a0fb9d");
  EXPECT_NE(chap_response(0x27, "correct horse", challenge),
            chap_response(0x28, "correct horse", challenge));
}

TEST(Chap, ChallengesAreFresh) {
  const std::string first = chap_challenge();
  EXPECT_EQ(first.size(), 16U);
  EXPECT_NE(first, chap_challenge());
}

TEST(Chap, ComparisonSeesEveryByteAndTheLength) {
  EXPECT_TRUE(equal_secretly("abc", "abc"));
  EXPECT_TRUE(equal_secretly("", ""));
  EXPECT_FALSE(equal_secretly("abc", "abd"));
  EXPECT_FALSE(equal_secretly("abc", "abcd"));
  EXPECT_FALSE(equal_secretly("abc", "ab"));
}

}  // namespace
}  // namespace io::iscsi
