// INQUIRY and its pages: what they promise is what the array does.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>

#include "array/block_io.h"
#include "array/testing/rig.h"
#include "scsi/inquiry.h"
#include "scsi/opcodes.h"
#include "scsi/vpd.h"

namespace array {
namespace {

using testing::Host;
using testing::Outcome;
using testing::Raw;
using testing::Rig;

TEST(Inquiry, EverySupportedPageIsThereAndNoOther) {
  Rig rig;
  Host& host = rig.host();
  const Outcome list = host.send(scsi::make_inquiry_vpd(0x00, 255));
  const auto pages = scsi::vpd_payload(list.data, 0x00);
  ASSERT_TRUE(pages);
  for (unsigned page = 0; page < 256; ++page) {
    const Outcome outcome = host.send(scsi::make_inquiry_vpd(static_cast<uint8_t>(page), 1024));
    const bool listed = std::find(pages->begin(), pages->end(), page) != pages->end();
    EXPECT_EQ(outcome.status == scsi::kGood, listed) << page;
    if (listed) {
      EXPECT_EQ(outcome.data[1], page);
      EXPECT_EQ(base::load_be16(&outcome.data[2]), outcome.data.size() - 4) << page;
    } else {
      EXPECT_EQ(outcome.code(), 0x052400u);
    }
  }
  EXPECT_TRUE(std::is_sorted(pages->begin(), pages->end()));
}

TEST(Inquiry, ThePageCodeWithoutEvpdIsRefused) {
  Rig rig;
  EXPECT_EQ(rig.host().send({0x12, 0, 0x80, 0, 255, 0}).code(), 0x052400u);
}

TEST(Inquiry, BlockLimitsHold) {
  for (const uint32_t block_bytes : {512U, 4096U}) {
    Rig rig(LunConfig{.size_bytes = 512U << 20, .block_bytes = block_bytes});
    Host& host = rig.host();
    const auto limits = scsi::decode_block_limits(host.send(scsi::make_inquiry_vpd(0xb0, 64)).data);
    ASSERT_TRUE(limits);
    const uint32_t transfer = limits->max_transfer_blocks;
    EXPECT_EQ(host.send(scsi::make_read(0, transfer)).status, scsi::kGood);
    EXPECT_EQ(host.send(scsi::make_read(0, transfer + 1)).code(), 0x052400u);
    const auto same = static_cast<uint32_t>(limits->max_write_same_blocks);
    const scsi::WriteSameFlags zeros{.no_data_out = true};
    EXPECT_EQ(host.send(scsi::make_write_same16(0, same, zeros)).status, scsi::kGood);
    EXPECT_EQ(host.send(scsi::make_write_same16(0, same + 1, zeros)).code(), 0x052400u);
    const unsigned compared = limits->max_compare_and_write_blocks;
    EXPECT_EQ(host.send({0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, compared, 0, 0},
                        Raw(size_t{2} * compared * block_bytes))
                  .status,
              scsi::kGood);
    EXPECT_LE(size_t{2} * compared * block_bytes, kMaxTransferBytes);
  }
}

TEST(Inquiry, OneBlockIsNoGranularity) {
  for (const uint32_t block_bytes : {512U, 4096U}) {
    Rig rig(LunConfig{.size_bytes = 1U << 20, .block_bytes = block_bytes});
    const auto page = rig.host().send(scsi::make_inquiry_vpd(0xb0, 64)).data;
    EXPECT_EQ(scsi::decode_block_limits(page)->unmap_granularity_blocks, 0u);
  }
}

TEST(Inquiry, ExtendedPageTellsOfTheCache) {
  Rig memory;
  EXPECT_EQ(memory.host().send(scsi::make_inquiry_vpd(0x86, 64)).data.at(6), 0);
  const std::string path = ::testing::TempDir() + "dsmkit-inquiry.img";
  std::ofstream(path) << std::string(4096, 'x');
  Rig file(LunConfig{.file = path});
  EXPECT_EQ(file.host().send(scsi::make_inquiry_vpd(0x86, 64)).data.at(6), 1) << "V_SUP";
  std::remove(path.c_str());
}

}  // namespace
}  // namespace array
