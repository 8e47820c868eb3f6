#include "inf/strings.h"

#include <gtest/gtest.h>

#include "inf/read.h"

namespace inf {
namespace {

const char kText[] =
    "[strings]\nvendor = \"Acme\"\nsign = \"100%\"\nnested = %vendor%\n"
    "[Strings.0407]\nVENDOR = \"Acme AG\"\n[strings.0407]\n[Strings.0c0a]\n";

TEST(Strings, NamesAreReplacedOnce) {
  const Document document = read(kText);
  const Index index(document);
  const Strings strings(index);
  EXPECT_EQ(strings.replaced("by %Vendor%, %%12%% %sign%"), "by Acme, %12% 100%");
  EXPECT_EQ(strings.replaced("%nested%"), "%vendor%");
  EXPECT_EQ(strings.replaced("%12%\\%none%\\%"), "%12%\\%none%\\%");
}

TEST(Strings, ALanguageComesFirstAndFallsBack) {
  const Document document = read(kText);
  const Index index(document);
  const Strings strings(index, "0407");
  EXPECT_EQ(strings.replaced("%vendor% %sign%"), "Acme AG 100%");
  EXPECT_EQ(languages_of(document), (std::vector<std::string>{"0407", "0c0a"}));
}

TEST(Strings, Tokens) {
  const std::vector<Token> tokens = tokens_of("a%b%%c% %% %d");
  ASSERT_EQ(tokens.size(), 2u);
  EXPECT_EQ(tokens[0].name, "b");
  EXPECT_EQ(tokens[1].name, "c");
  EXPECT_EQ(tokens[1].offset, 4u);
  EXPECT_TRUE(is_directory("12"));
  EXPECT_FALSE(is_directory("12a"));
}

}  // namespace
}  // namespace inf
