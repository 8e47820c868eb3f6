#include "inf/markdown.h"

#include <gtest/gtest.h>

namespace inf {
namespace {

TEST(Markdown, BlocksKeepTheirLines) {
  const char kText[] =
      "# Title\r\n```inf\r\n[a]\r\n```\r\ntext\r\n```c\r\nint x;\r\n```\r\n  ``` INF \nb = 1\n```";
  EXPECT_TRUE(is_markdown(kText));
  EXPECT_EQ(blocks_of_markdown(kText), "\n\n[a]\r\n\n\n\n\n\n\nb = 1\n\n");
}

TEST(Markdown, AnInfIsNone) {
  EXPECT_FALSE(is_markdown("[Version]\nSignature = x\n"));
  EXPECT_FALSE(is_markdown("```c\nint x;\n```\n"));
  EXPECT_FALSE(is_markdown(""));
}

}  // namespace
}  // namespace inf
