// Paths as people name them.
#include "cli/path_choice.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

mpio::DiskStatus three_paths() {
  mpio::DiskStatus disk;
  const auto add = [&disk](unsigned number, const char* name, const char* stable_name) {
    mpio::PathStatus& path = disk.paths.emplace_back();
    path.number = number;
    path.name = name;
    path.stable_name = stable_name;
  };
  add(1, "10.0.0.1:3260/iqn.t/0", "iqn.i+iqn.t,port-1");
  add(2, "10.0.0.2:3260/iqn.t/0", "iqn.i+iqn.t,port-12");
  add(5, "10.0.0.25:3260/iqn.t/0", "");
  return disk;
}

unsigned chosen(const char* text) {
  std::string error;
  const mpio::DiskStatus disk = three_paths();
  const mpio::PathStatus* path = choose_path(disk, text, error);
  EXPECT_EQ(path == nullptr, !error.empty()) << text;
  return path != nullptr ? path->number : 0;
}

TEST(PathChoice, TakesNumbersAndUniqueBeginningsOfNames) {
  EXPECT_EQ(chosen("1"), 1U);
  EXPECT_EQ(chosen("5"), 5U);
  EXPECT_EQ(chosen("10.0.0.1"), 1U);
  EXPECT_EQ(chosen("10.0.0.2:"), 2U);
  EXPECT_EQ(chosen("10.0.0.25"), 5U);
  EXPECT_EQ(chosen("iqn.i+iqn.t,port-12"), 2U);
  EXPECT_EQ(chosen("iqn.i+iqn.t,port-1"), 1U) << "the whole name of one, the beginning of another";
}

TEST(PathChoice, RefusesWhatIsNoneOrSeveral) {
  for (const char* text : {"", "0", "3", "10", "10.0.0.2", "iqn.i", "99999999999999999999", "-1"}) {
    EXPECT_EQ(chosen(text), 0U) << text;
  }
  std::string error;
  choose_path(three_paths(), "10.0.0.2", error);
  EXPECT_NE(error.find("more than one path is meant by \"10.0.0.2\""), std::string::npos) << error;
  EXPECT_NE(error.find("5 (10.0.0.25:3260/iqn.t/0)"), std::string::npos) << error;
}

}  // namespace
}  // namespace cli
