// Mode parameter lists, both directions.
#include "scsi/mode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/prng.h"
#include "scsi/guarded_bytes.h"

namespace scsi {
namespace {

using Raw = std::vector<uint8_t>;
using ::testing::ElementsAreArray;

// As a disk answers MODE SENSE(6) for its control page: one short descriptor, 2000h blocks of 512.
const Raw kSix = {23,   0,    0x90, 8,                 // WP, DPOFUA
                  0,    0,    0x20, 0,    0, 0, 2, 0,  // the descriptor
                  0x0a, 0x0a, 0x04, 0x10, 0, 0, 0, 0, 0, 0, 0, 0};
const Raw kTen = {0, 30, 0,    0x10, 0x01, 0, 0, 16,  // LONGLBA
                  0, 0,  0,    1,    0,    0, 0, 0,  0, 0, 0, 0,
                  0, 0,  0x10, 0,    0x4a, 1, 0, 4,  9, 8, 7, 6};

TEST(Mode, KnownAnswerOfSix) {
  const auto parts = decode_mode_parameters(kSix, ModeForm::six);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->device_specific, 0x90);
  EXPECT_FALSE(parts->long_lba);
  const auto descriptor = decode_block_descriptor(parts->block_descriptors, parts->long_lba);
  ASSERT_TRUE(descriptor);
  EXPECT_EQ(descriptor->block_count, 0x2000u);
  EXPECT_EQ(descriptor->block_bytes, 512u);
  const auto page = first_mode_page(parts->pages);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->code, kModePageControl);
  EXPECT_EQ(page->subcode, 0);
  EXPECT_EQ(page->body.size(), 10u);
  EXPECT_EQ(page->body[0], 0x04);
  EXPECT_EQ(page->whole_bytes(), parts->pages.size());
}

TEST(Mode, KnownAnswerOfTen) {
  const auto parts = decode_mode_parameters(kTen, ModeForm::ten);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->device_specific, 0x10);
  EXPECT_TRUE(parts->long_lba);
  const auto descriptor = decode_block_descriptor(parts->block_descriptors, parts->long_lba);
  ASSERT_TRUE(descriptor);
  EXPECT_EQ(descriptor->block_count, uint64_t{1} << 32);
  EXPECT_EQ(descriptor->block_bytes, 4096u);
  const auto page = first_mode_page(parts->pages);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->code, kModePageControl);
  EXPECT_EQ(page->subcode, kModeSubpageControlExtension);
  EXPECT_THAT(page->body, ElementsAreArray({9, 8, 7, 6}));
  EXPECT_EQ(page->whole_bytes(), parts->pages.size());
}

TEST(Mode, EncodesWhatItDecodes) {
  for (const auto& [raw, form] : {std::pair(kSix, ModeForm::six), std::pair(kTen, ModeForm::ten)}) {
    const auto parts = decode_mode_parameters(raw, form);
    ASSERT_TRUE(parts);
    Raw again(raw.size());
    EXPECT_EQ(encode_mode_parameters(again, form, *parts), raw.size());
    EXPECT_EQ(again, raw);
    const auto page = first_mode_page(parts->pages);
    ASSERT_TRUE(page);
    Raw bytes(page->whole_bytes());
    EXPECT_EQ(encode_mode_page(bytes, *page), bytes.size());
    EXPECT_THAT(bytes, ElementsAreArray(parts->pages));
    const auto descriptor = decode_block_descriptor(parts->block_descriptors, parts->long_lba);
    ASSERT_TRUE(descriptor);
    Raw descriptor_bytes(parts->block_descriptors.size());
    EXPECT_EQ(encode_block_descriptor(descriptor_bytes, parts->long_lba, *descriptor),
              descriptor_bytes.size());
    EXPECT_THAT(descriptor_bytes, ElementsAreArray(parts->block_descriptors));
  }
}

TEST(Mode, MoreBlocksThanTheShortDescriptorCanSay) {
  Raw bytes(8);
  encode_block_descriptor(bytes, false, {uint64_t{1} << 33, 512});
  EXPECT_EQ(decode_block_descriptor(bytes, false)->block_count, 0xffffffffu);
}

TEST(Mode, WhatIsCutIsEmpty) {
  for (const auto& [raw, form, descriptors_end] :
       {std::tuple(kSix, ModeForm::six, size_t{12}), std::tuple(kTen, ModeForm::ten, size_t{24})}) {
    for_each_truncation(raw, [&, form = form, end = descriptors_end](base::Bytes prefix) {
      const auto parts = decode_mode_parameters(prefix, form);
      EXPECT_EQ(parts.has_value(), prefix.size() >= end) << prefix.size();
      if (parts) {
        EXPECT_FALSE(first_mode_page(parts->pages)) << prefix.size();
      }
    });
  }
}

TEST(Mode, Contradictions) {
  EXPECT_FALSE(decode_mode_parameters(Raw{0, 0, 0, 1}, ModeForm::six))
      << "descriptors past the end";
  EXPECT_FALSE(first_mode_page(Raw{0x4a, 0, 0, 0})) << "subpage 0 has page_0 format";
  EXPECT_FALSE(first_mode_page(Raw{0x0a, 3, 0, 0})) << "longer than the list";
  EXPECT_FALSE(decode_block_descriptor(Raw(9), false));
  EXPECT_FALSE(decode_block_descriptor(Raw(8), true));
}

TEST(Mode, ShortBuffersTakeWhatFits) {
  const auto parts = decode_mode_parameters(kTen, ModeForm::ten);
  for_each_buffer(kTen.size() + 3, [&](base::MutableBytes out) {
    EXPECT_EQ(encode_mode_parameters(out, ModeForm::ten, *parts), kTen.size());
    const size_t fits = std::min(out.size(), kTen.size());
    EXPECT_TRUE(
        std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(fits), kTen.begin()));
  });
}

TEST(Mode, RandomBytesAreSafe) {
  base::Prng prng(11);
  for (int i = 0; i < 20000; ++i) {
    Raw raw(prng.below(40));
    for (uint8_t& byte : raw) {
      byte = static_cast<uint8_t>(prng.below(prng.chance(1, 2) ? 24 : 256));
    }
    const GuardedBytes guarded(raw);
    for (const ModeForm form : {ModeForm::six, ModeForm::ten}) {
      const auto parts = decode_mode_parameters(guarded.view(), form);
      base::Bytes rest = parts ? parts->pages : base::Bytes();
      while (const auto page = first_mode_page(rest)) {
        ASSERT_LE(page->whole_bytes(), rest.size());
        rest = rest.subspan(page->whole_bytes());
      }
    }
  }
}

}  // namespace
}  // namespace scsi
