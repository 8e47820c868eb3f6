// A folder appears as a whole or not at all.
#include "cli/package/construction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/temp_dir.h"

namespace cli {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

std::string content(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  return names;
}

TEST(Construction, AppearsWhenItIsComplete) {
  const test_support::TempDir dir;
  const fs::path target = fs::path(dir.path()) / "a" / "out";
  {
    Construction construction(target.string() + "/");
    ASSERT_EQ(construction.begin(), "");
    write(construction.folder() + "/x.sys", "x64");
    write(construction.folder() + "/arm64/x.sys", "arm64");
    EXPECT_FALSE(fs::exists(target));
    std::vector<std::string> files;
    ASSERT_EQ(construction.finish(files), "");
    EXPECT_THAT(files, ElementsAre("arm64/x.sys", "x.sys"));
  }
  EXPECT_EQ(content(target / "x.sys"), "x64");
  EXPECT_EQ(content(target / "arm64" / "x.sys"), "arm64");
  EXPECT_THAT(names_in(fs::path(dir.path()) / "a"), ElementsAre("out"));
}

TEST(Construction, LeavesNothingOfWhatFailed) {
  const test_support::TempDir dir;
  {
    Construction construction(std::string(dir.path()) + "/out");
    ASSERT_EQ(construction.begin(), "");
    write(construction.folder() + "/x.sys", "half");
  }
  EXPECT_THAT(names_in(dir.path()), IsEmpty());
}

TEST(Construction, TakesThePlaceOfAnOlderOneAndOfNothingElse) {
  const test_support::TempDir dir;
  const fs::path target = fs::path(dir.path()) / "out";
  write(target / "x.sys", "old");
  write(target / "y.sys", "another vendor's");
  Construction construction(target.string());
  ASSERT_EQ(construction.begin(), "");
  write(construction.folder() + "/x.sys", "new");
  std::vector<std::string> files;
  ASSERT_EQ(construction.finish(files), "");
  EXPECT_EQ(content(target / "x.sys"), "new");
  EXPECT_EQ(content(target / "y.sys"), "another vendor's");
}

TEST(Construction, NeedsAFolder) {
  const test_support::TempDir dir;
  const std::string file = std::string(dir.path()) + "/file";
  write(file, "");
  EXPECT_THAT(Construction(file).begin(), HasSubstr("file: is no folder"));
  EXPECT_THAT(Construction(file + "/below").begin(), HasSubstr("cannot make a folder beside"));
}

}  // namespace
}  // namespace cli
