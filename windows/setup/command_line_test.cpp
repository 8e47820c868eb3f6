#include "windows/setup/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace setup {
namespace {

std::string complaint(const std::vector<std::string>& arguments) {
  std::string wrong;
  EXPECT_FALSE(parse_command_line(arguments, wrong).has_value());
  return wrong;
}

TEST(CommandLine, installs_with_three_arguments) {
  std::string wrong;
  const auto line = parse_command_line(
      {"C:\\Program Files\\Acme", "acmedsm.inf", "/QUIET", "Root\\ACMEDSM", "-norestart"}, wrong);
  ASSERT_TRUE(line.has_value()) << wrong;
  EXPECT_EQ(line->task, Task::install);
  EXPECT_EQ(line->source, "C:\\Program Files\\Acme");
  EXPECT_EQ(line->inf, "acmedsm.inf");
  EXPECT_EQ(line->hardware_id, "Root\\ACMEDSM");
  EXPECT_TRUE(line->quiet);
  EXPECT_TRUE(line->no_restart);
  EXPECT_FALSE(line->dry_run);
  EXPECT_FALSE(line->pending);
}

TEST(CommandLine, other_tasks_take_no_arguments) {
  std::string wrong;
  const auto line = parse_command_line({"/uninstall", "--dry-run", "/log", "C:\\x.log"}, wrong);
  ASSERT_TRUE(line.has_value()) << wrong;
  EXPECT_EQ(line->task, Task::uninstall);
  EXPECT_TRUE(line->dry_run);
  EXPECT_EQ(line->log_file, "C:\\x.log");
  EXPECT_EQ(parse_command_line({"/status"}, wrong)->task, Task::status);
  EXPECT_EQ(parse_command_line({"/?"}, wrong)->task, Task::help);
}

TEST(CommandLine, says_what_is_wrong) {
  using ::testing::HasSubstr;
  EXPECT_THAT(complaint({}), HasSubstr("three arguments"));
  EXPECT_THAT(complaint({"a", "b.inf"}), HasSubstr("not 2"));
  EXPECT_THAT(complaint({"a", "b.inf", "Root\\B", "c"}), HasSubstr("not 4"));
  EXPECT_THAT(complaint({"a", "sub\\b.inf", "Root\\B"}), HasSubstr("is a path"));
  EXPECT_THAT(complaint({"/frob"}), HasSubstr("'/frob' is no option"));
  EXPECT_THAT(complaint({"/uninstall", "a"}), HasSubstr("belongs to an installation"));
  EXPECT_THAT(complaint({"/uninstall", "/status"}), HasSubstr("second task"));
  EXPECT_THAT(complaint({"/uninstall", "/log"}), HasSubstr("wants the name"));
  EXPECT_THAT(complaint({"/uninstall", "/pending", "/dry-run"}), HasSubstr("exclude"));
  EXPECT_THAT(complaint({"/"}), HasSubstr("three arguments"));
}

}  // namespace
}  // namespace setup
