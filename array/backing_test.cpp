// Both kinds of backing against a plain model of bytes and mapped units.
#include "array/backing.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "array/testing/rig.h"
#include "base/prng.h"

namespace array {
namespace {

constexpr uint64_t kSize = 512 * 1024;

struct BackingTest : ::testing::TestWithParam<const char*> {
  void SetUp() override {
    if (std::string(GetParam()) == "ram") {
      backing = make_ram_backing(kSize);
      return;
    }
    if (!testing::file_system_knows_holes()) {
      GTEST_SKIP() << "the file system of " << path << " does not tell small holes";
    }
    std::ofstream(path).close();
    ASSERT_EQ(truncate(path.c_str(), kSize), 0);
    std::string error;
    backing = open_file_backing(path, false, error);
    ASSERT_TRUE(backing) << error;
  }
  void TearDown() override { std::remove(path.c_str()); }

  // Whether each unit is mapped, as extent() tells.
  std::vector<bool> mapped_units() {
    std::vector<bool> units;
    const uint64_t unit = backing->map_unit_bytes();
    for (uint64_t at = 0; at < backing->size_bytes();) {
      const Backing::Extent extent = backing->extent(at, backing->size_bytes() - at);
      EXPECT_NE(extent.length_bytes, 0u);
      EXPECT_EQ(extent.length_bytes % unit, 0u);
      units.insert(units.end(), extent.length_bytes / unit, extent.mapped);
      at += extent.length_bytes;
    }
    return units;
  }

  // Of this process: others run at the same time.
  const std::string path =
      ::testing::TempDir() + "dsmkit-backing-" + std::to_string(getpid()) + ".img";
  std::unique_ptr<Backing> backing;
};

TEST_P(BackingTest, AgreesWithAModel) {
  const uint64_t unit = backing->map_unit_bytes();
  std::vector<uint8_t> bytes(kSize);
  std::vector<bool> mapped(kSize / unit);
  base::Prng prng(4);
  for (int step = 0; step < 400; ++step) {
    const uint64_t offset = prng.below(kSize / 512) * 512;
    const uint64_t length =
        std::min(kSize - offset, (1 + prng.below(prng.chance(1, 8) ? 400 : 20)) * 512);
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
    if (prng.chance(1, 2)) {
      const std::vector<uint8_t> data(length, static_cast<uint8_t>(1 + step));
      ASSERT_TRUE(backing->write(offset, data));
      std::copy(data.begin(), data.end(), from);
      std::fill(mapped.begin() + static_cast<std::ptrdiff_t>(offset / unit),
                mapped.begin() + static_cast<std::ptrdiff_t>((offset + length + unit - 1) / unit),
                true);
    } else {
      ASSERT_TRUE(backing->discard(offset, length));
      std::fill_n(from, length, uint8_t{0});
      for (uint64_t at = (offset + unit - 1) / unit; (at + 1) * unit <= offset + length; ++at) {
        mapped[at] = false;
      }
    }
    ASSERT_EQ(mapped_units(), mapped) << step;
  }
  std::vector<uint8_t> stored(kSize);
  ASSERT_TRUE(backing->read(0, stored));
  EXPECT_EQ(stored, bytes);
}

TEST_P(BackingTest, ExtentsEndAtTheLimit) {
  const uint64_t unit = backing->map_unit_bytes();
  ASSERT_TRUE(backing->write(2 * unit, std::vector<uint8_t>(4 * unit, 1)));
  const Backing::Extent hole = backing->extent(0, unit);
  EXPECT_FALSE(hole.mapped);
  EXPECT_EQ(hole.length_bytes, unit);
  const Backing::Extent data = backing->extent(3 * unit, 2 * unit);
  EXPECT_TRUE(data.mapped);
  EXPECT_EQ(data.length_bytes, 2 * unit);
  const Backing::Extent end = backing->extent(6 * unit, kSize - 6 * unit);
  EXPECT_FALSE(end.mapped);
  EXPECT_EQ(end.length_bytes, kSize - 6 * unit);
}

TEST_P(BackingTest, HolesAreLongAndEndExactly) {
  const uint64_t unit = backing->map_unit_bytes();
  constexpr uint64_t kAt = 192 * 1024;
  ASSERT_TRUE(backing->write(kAt, std::vector<uint8_t>(unit, 1)));
  const Backing::Extent before = backing->extent(0, kSize);
  EXPECT_FALSE(before.mapped);
  EXPECT_EQ(before.length_bytes, kAt);
  EXPECT_EQ(backing->extent(kAt, kSize - kAt).length_bytes, unit);
}

TEST_P(BackingTest, WhatGrowsAgainIsZero) {
  ASSERT_TRUE(backing->write(0, std::vector<uint8_t>(kSize, 9)));
  ASSERT_TRUE(backing->resize(1024));
  ASSERT_TRUE(backing->resize(kSize));
  std::vector<uint8_t> stored(kSize);
  ASSERT_TRUE(backing->read(0, stored));
  EXPECT_TRUE(std::all_of(stored.begin(), stored.begin() + 1024, [](uint8_t b) { return b == 9; }));
  EXPECT_TRUE(std::all_of(stored.begin() + 1024, stored.end(), [](uint8_t b) { return b == 0; }));
}

INSTANTIATE_TEST_SUITE_P(Kinds, BackingTest, ::testing::Values("ram", "file"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST(FileBacking, SaysWhyItCannotBeOpened) {
  std::string error;
  EXPECT_FALSE(open_file_backing("/no/such/file", false, error));
  EXPECT_NE(error.find("/no/such/file"), std::string::npos) << error;
  EXPECT_FALSE(open_file_backing(::testing::TempDir(), true, error));
  EXPECT_NE(error.find("neither a regular file"), std::string::npos) << error;
}

}  // namespace
}  // namespace array
