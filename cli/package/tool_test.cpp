// Other programs: their exit code and all they say come back, whatever becomes of them.
#include "cli/package/tool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cli {
namespace {

using ::testing::HasSubstr;

TEST(Tool, RunsToItsEnd) {
  const ToolRun run = run_tool({"sh", "-c", "echo out; echo error >&2; cat; pwd; exit 3"}, "/");
  EXPECT_EQ(run.code, 3);
  EXPECT_EQ(run.output, "out\nerror\n/\n");
  EXPECT_FALSE(run.good());
  EXPECT_TRUE(run_tool({"true"}).good());
}

TEST(Tool, SaysMuch) {
  EXPECT_EQ(run_tool({"sh", "-c", "head -c 1000000 /dev/zero"}).output.size(), 1'000'000U);
}

TEST(Tool, IsEndedByASignal) {
  EXPECT_EQ(run_tool({"sh", "-c", "kill -9 $$"}).code, 128 + 9);
}

TEST(Tool, IsNotThere) {
  const ToolRun run = run_tool({"no-such-program-here"});
  EXPECT_EQ(run.code, 127);
  EXPECT_THAT(run.output, HasSubstr("no-such-program-here cannot be started"));
  EXPECT_FALSE(has_tool("no-such-program-here"));
  EXPECT_TRUE(has_tool("sh"));
}

}  // namespace
}  // namespace cli
