// CHAP on the command line: what is taken, and that no secret is repeated.
#include "cli/chap_options.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

class ChapOptions : public ::testing::Test {
 protected:
  bool parse(const std::string& one_way, const std::string& both = "") {
    chap = mutual = {};
    error.clear();
    return parse_accounts({"--one", one_way}, {"--both", both}, chap, mutual, error);
  }
  io::iscsi::ChapAccount chap;
  io::iscsi::ChapAccount mutual;
  std::string error;
};

TEST_F(ChapOptions, UserAndSecret) {
  EXPECT_TRUE(parse(""));
  EXPECT_TRUE(chap.empty());
  ASSERT_TRUE(parse("alice%a%secret", "disk%another"));
  EXPECT_EQ(chap.user, "alice");
  EXPECT_EQ(chap.secret, "a%secret");
  EXPECT_EQ(mutual.user, "disk");
}

TEST_F(ChapOptions, WhatIsWrongIsSaidWithoutTheSecret) {
  for (const char* text : {"hushhush", "%hushhush", "hushhush%"}) {
    EXPECT_FALSE(parse(text));
    EXPECT_EQ(error, "--one needs USER%SECRET");
  }
  EXPECT_FALSE(parse("alice%one", "hushhush"));
  EXPECT_EQ(error, "--both needs USER%SECRET");
  EXPECT_FALSE(parse("", "disk%hushhush"));
  EXPECT_EQ(error.find("hushhush"), std::string::npos);
  EXPECT_NE(error.find("--both needs --one"), std::string::npos);
  EXPECT_FALSE(parse("alice%hushhush", "disk%hushhush"));
  EXPECT_EQ(error.find("hushhush"), std::string::npos);
  EXPECT_NE(error.find("same secret"), std::string::npos);
}

}  // namespace
}  // namespace cli
