// One at a time in a folder.
#include "cli/package/folder_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_dir.h"

namespace cli {
namespace {

using ::testing::HasSubstr;

TEST(FolderLock, IsOneOnesAtATime) {
  const test_support::TempDir dir;
  const std::string folder = dir.file("a/b");
  {
    FolderLock first;
    EXPECT_EQ(first.take(folder), "");
    FolderLock second;
    EXPECT_THAT(second.take(folder), HasSubstr("another dsmkit works in " + folder));
    FolderLock elsewhere;
    EXPECT_EQ(elsewhere.take(dir.file("c")), "");
  }
  FolderLock next;
  EXPECT_EQ(next.take(folder), "");
}

TEST(FolderLock, NeedsAFolder) {
  const test_support::TempDir dir;
  std::ofstream(dir.file("file")) << "";
  FolderLock lock;
  EXPECT_THAT(lock.take(dir.file("file/below")), HasSubstr("--build-dir"));
}

}  // namespace
}  // namespace cli
