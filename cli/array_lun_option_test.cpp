// What --lun takes and refuses.
#include "cli/array_lun_option.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

array::LunConfig parsed(const std::string& text, uint32_t block_bytes = 512) {
  std::string error;
  const auto lun = parse_lun(text, block_bytes, error);
  EXPECT_TRUE(lun) << error;
  return lun.value_or(array::LunConfig{});
}

std::string refused(const std::string& text) {
  std::string error;
  EXPECT_FALSE(parse_lun(text, 512, error)) << text;
  EXPECT_NE(error.find(text), std::string::npos) << error;
  return error;
}

TEST(LunOption, BareForms) {
  const array::LunConfig ram = parsed("ram:256M");
  EXPECT_EQ(ram.size_bytes, 256u << 20);
  EXPECT_TRUE(ram.file.empty());
  EXPECT_FALSE(ram.read_only);
  EXPECT_FALSE(ram.removable);
  EXPECT_EQ(ram.block_bytes, 512u);
  EXPECT_TRUE(ram.provisioning.thin);
  EXPECT_EQ(ram.provisioning.pool_bytes, 0u);
  EXPECT_EQ(traits_text(ram), "");
  EXPECT_EQ(parsed("file:/tmp/disk.img").file, "/tmp/disk.img");
  EXPECT_EQ(parsed("ram:1M", 4096).block_bytes, 4096u);
}

TEST(LunOption, EveryOption) {
  const array::LunConfig lun =
      parsed("file:/a,,b.img,read-only,removable,block=4096,thin=64M,threshold=50");
  EXPECT_EQ(lun.file, "/a,b.img");
  EXPECT_TRUE(lun.read_only);
  EXPECT_TRUE(lun.removable);
  EXPECT_EQ(lun.block_bytes, 4096u);
  EXPECT_TRUE(lun.provisioning.thin);
  EXPECT_EQ(lun.provisioning.pool_bytes, 64u << 20);
  EXPECT_EQ(lun.provisioning.threshold_percent, 50);
  EXPECT_EQ(traits_text(lun),
            ", blocks of 4096 bytes, read-only, removable, space for 64 MiB, threshold at 50 %");
  EXPECT_FALSE(parsed("ram:1M,thick").provisioning.thin);
  EXPECT_EQ(traits_text(parsed("ram:1M,thick")), ", thick");
  EXPECT_TRUE(parsed("ram:1M,thin").provisioning.thin);
  EXPECT_EQ(parsed("ram:1M,block=512", 4096).block_bytes, 512u);
  EXPECT_EQ(parsed("ram:1M").physical_exponent, 3);
  EXPECT_EQ(parsed("ram:1M,physical=512").physical_exponent, 0);
  EXPECT_EQ(traits_text(parsed("ram:1M,physical=512")), ", physical blocks of 512 bytes");
  EXPECT_EQ(parsed("ram:1M,block=4096").physical_exponent, 0);
  EXPECT_EQ(parsed("ram:1M,physical=4096,block=4096").physical_exponent, 0);
}

TEST(LunOption, RefusalsNameTheThingAndTheRemedy) {
  const auto says = [](const std::string& text, const std::string& word) {
    const std::string error = refused(text);
    EXPECT_NE(error.find(word), std::string::npos) << error;
  };
  says("", "ram:SIZE");
  says("ram:", "ram:SIZE");
  says("tape:1M", "file:PATH");
  says("file:", "file:PATH");
  says("read-only,ram:1M", "first");
  says("ram:100", "512 bytes");
  says("ram:0", "one block");
  says("ram:2T", "1T");
  says("ram:512,block=4096", "4096 bytes");
  says("ram:1M,block=1024", "512 or 4096");
  says("ram:1M,physical=4097", "512 or 4096");
  says("ram:1M,block=4096,physical=512", "whole logical");
  says("ram:1M,block", "not known");
  says("ram:1M,read-only=yes", "not known");
  says("ram:1M,", "not known");
  says("file:/a,b.img", "written twice");
  says("ram:1M,thin,thick", "not both");
  says("ram:1M,thin=1", "at least 1M");
  says("ram:1M,thin=64M,threshold=0", "1 to 99");
  says("ram:1M,thin=64M,threshold=100", "1 to 99");
  says("ram:1M,thin=64M,threshold=5x", "1 to 99");
  says("ram:1M,threshold=50", "thin=SIZE");
}

}  // namespace
}  // namespace cli
