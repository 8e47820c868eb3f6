// GET LBA STATUS data, byte by byte.
#include "scsi/lba_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "scsi/guarded_bytes.h"

namespace scsi {
namespace {

constexpr std::array<LbaStatus, 2> kTwo = {
    {{0x0102030405060708, 16, true}, {0x0102030405060718, 0xfffffff0, false}}};

TEST(LbaStatus, KnownAnswer) {
  std::vector<uint8_t> out(40);
  EXPECT_EQ(encode_lba_status(out, kTwo), 40u);
  EXPECT_THAT(out, ::testing::ElementsAre(0, 0, 0, 36, 0, 0, 0, 0,                            //
                                          1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 16, 0, 0, 0, 0,    //
                                          1, 2, 3, 4, 5, 6, 7, 0x18, 0xff, 0xff, 0xff, 0xf0,  //
                                          1, 0, 0, 0));
}

TEST(LbaStatus, ShortBuffersTakeWhatFits) {
  for_each_buffer(48, [](base::MutableBytes out) {
    EXPECT_EQ(encode_lba_status(out, kTwo), 40u);
    EXPECT_EQ(out.size() > 3 && out[3] == 36, out.size() > 3);
  });
}

}  // namespace
}  // namespace scsi
