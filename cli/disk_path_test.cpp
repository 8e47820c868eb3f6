// Lists of paths as they are typed.
#include "cli/disk_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cli {
namespace {

using ::testing::HasSubstr;

constexpr const char* kUrl = "iscsi://192.0.2.1/iqn.2026-11.example:array/0";

std::string error_of(const std::vector<std::string>& texts) {
  std::vector<DiskPath> paths;
  std::string error;
  const bool good = parse_paths(texts, "iqn.2026-11.example:me", paths, error);
  EXPECT_EQ(good, error.empty());
  return error;
}

TEST(DiskPath, PathsOfBothKindsKeepTheirOrder) {
  std::vector<DiskPath> paths;
  std::string error;
  ASSERT_TRUE(
      parse_paths({"sg:/dev/sg2", kUrl, "sg:/dev/sg3"}, "iqn.2026-11.example:me", paths, error));
  ASSERT_EQ(paths.size(), 3U);
  EXPECT_EQ(std::get<SgPath>(paths[0]).node, "/dev/sg2");
  EXPECT_EQ(std::get<io::IscsiPathConfig>(paths[1]).initiator_name, "iqn.2026-11.example:me");
  EXPECT_EQ(std::get<SgPath>(paths[2]).node, "/dev/sg3");
  EXPECT_EQ(iscsi_paths(paths).size(), 1U);
  EXPECT_EQ(ports_of(paths[0]).initiator, "");
  EXPECT_EQ(ports_of(paths[1]).portal, "192.0.2.1:3260");
}

TEST(DiskPath, SaysWhichOneIsWrong) {
  EXPECT_THAT(error_of({kUrl, "sg:sg3"}), HasSubstr("--path 2: the absolute path of the node"));
  EXPECT_THAT(error_of({"/dev/sg3"}), HasSubstr("--path 1: "));
  EXPECT_THAT(error_of({"sg:/dev/sg3", kUrl, "sg:/dev/sg3"}),
              HasSubstr("the node /dev/sg3 is given twice"));
  EXPECT_THAT(error_of({kUrl, "sg:/dev/sg3", kUrl}), HasSubstr("is given twice"));
  EXPECT_THAT(error_of(std::vector<std::string>(33, kUrl)), HasSubstr("at most 32"));
}

TEST(DiskPath, OnlyPortalsCanBeAsked) {
  std::vector<io::IscsiPathConfig> portals;
  std::string error;
  EXPECT_FALSE(parse_portals_to_ask({"sg:/dev/sg3"}, "", portals, error));
  EXPECT_THAT(error, HasSubstr("--discover 1: "));
}

}  // namespace
}  // namespace cli
