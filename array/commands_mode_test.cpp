// MODE SENSE and MODE SELECT, and what the pages change.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "array/testing/rig.h"
#include "scsi/mode.h"
#include "scsi/opcodes.h"

namespace array {
namespace {

using testing::Host;
using testing::Outcome;
using testing::Raw;
using testing::Rig;

// The body of one page, as MODE SENSE(6) shows it.
Raw page_of(Host& host, unsigned code, unsigned subcode = 0, unsigned control = 0) {
  const Outcome outcome = host.send({0x1a, 0x08, control << 6 | code, subcode, 255, 0});
  EXPECT_EQ(outcome.status, scsi::kGood);
  const auto parts = scsi::decode_mode_parameters(outcome.data, scsi::ModeForm::six);
  const auto page = parts ? scsi::first_mode_page(parts->pages) : std::nullopt;
  if (!page) {
    ADD_FAILURE() << "no page " << code;
    return Raw(32);
  }
  EXPECT_EQ(page->code, code);
  EXPECT_EQ(page->subcode, subcode);
  return {page->body.begin(), page->body.end()};
}

Outcome select(Host& host, uint8_t code, const Raw& body) {
  Raw list(4 + 2 + body.size());
  scsi::encode_mode_page(base::MutableBytes(list).subspan(4), {code, 0, body});
  return host.send({0x15, 0x10, 0, 0, static_cast<unsigned>(list.size()), 0}, list);
}

constexpr unsigned kControl = 0x0a;

TEST(ModeSense, AllPagesInOrder) {
  Rig rig;
  Host& host = rig.host();
  const Outcome six = host.send({0x1a, 0, 0x3f, 0, 255, 0});
  const auto parts = scsi::decode_mode_parameters(six.data, scsi::ModeForm::six);
  ASSERT_TRUE(parts);
  EXPECT_EQ(six.data[0], six.data.size() - 1) << "MODE DATA LENGTH";
  EXPECT_EQ(parts->device_specific, 0x10) << "DPOFUA, not write protected";
  const auto descriptor = scsi::decode_block_descriptor(parts->block_descriptors, false);
  ASSERT_TRUE(descriptor);
  EXPECT_EQ(descriptor->block_count, 32768u);
  EXPECT_EQ(descriptor->block_bytes, 512u);
  std::string codes;
  base::Bytes rest = parts->pages;
  while (const auto page = scsi::first_mode_page(rest)) {
    codes += std::to_string(page->code) + "/" + std::to_string(page->subcode) + " ";
    rest = rest.subspan(page->whole_bytes());
  }
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(codes, "1/0 8/0 10/0 28/0 ");
  const Outcome with_subpages = host.send({0x5a, 0x08, 0x3f, 0xff, 0, 0, 0, 4, 0, 0});
  EXPECT_GT(with_subpages.data.size(), six.data.size());
  EXPECT_EQ(base::load_be16(with_subpages.data.data()), with_subpages.data.size() - 2);
}

TEST(ModeSense, LongDescriptorAndAllocationLength) {
  Rig rig;
  Host& host = rig.host();
  const Outcome ten = host.send({0x5a, 0x10, kControl, 0, 0, 0, 0, 1, 0, 0});
  const auto parts = scsi::decode_mode_parameters(ten.data, scsi::ModeForm::ten);
  ASSERT_TRUE(parts);
  EXPECT_TRUE(parts->long_lba);
  EXPECT_EQ(scsi::decode_block_descriptor(parts->block_descriptors, true)->block_count, 32768u);
  EXPECT_EQ(host.send({0x1a, 0, 0x3f, 0, 4, 0}).data.size(), 4u);
  EXPECT_EQ(host.send({0x1a, 0, 0x3f, 0, 0, 0}).data.size(), 0u);
}

TEST(ModeSense, WhatIsNotThere) {
  Rig rig;
  Host& host = rig.host();
  EXPECT_EQ(host.send({0x1a, 0, 0x02, 0, 255, 0}).code(), 0x052400u) << "no such page";
  EXPECT_EQ(host.send({0x1a, 0, kControl, 0x77, 255, 0}).code(), 0x052400u) << "no such subpage";
  EXPECT_EQ(host.send({0x1a, 0, 0xc0 | kControl, 0, 255, 0}).code(), 0x053900u) << "saved values";
}

TEST(ModeSense, ControlExtensionTellsImplicitAccessChanges) {
  Config config = Rig::usual();
  config.alua = AluaMode::both;
  Rig both(config);
  EXPECT_EQ(page_of(both.host(), kControl, 1)[0], 0x01);
  config.alua = AluaMode::explicit_only;
  Rig explicit_only(config);
  EXPECT_EQ(page_of(explicit_only.host(), kControl, 1)[0], 0x00);
}

TEST(ModeSelect, SoftwareWriteProtect) {
  Rig rig;
  Host& host = rig.host();
  Host& other = rig.host(1);
  Raw control = page_of(host, kControl);
  EXPECT_EQ(page_of(host, kControl, 0, 1)[2], 0x08) << "SWP can be changed";
  control[2] |= 0x08;
  EXPECT_EQ(select(host, kControl, control).status, scsi::kGood);
  EXPECT_EQ(page_of(host, kControl), control);
  EXPECT_EQ(host.send({0, 0, 0, 0, 0, 0}).status, scsi::kGood) << "who changed it knows";
  EXPECT_EQ(other.send({0, 0, 0, 0, 0, 0}).code(), 0x062a01u) << "the others are told";
  EXPECT_EQ(other.send(scsi::make_write(0, 1), Raw(512)).code(), 0x072700u);
  EXPECT_EQ(other.send(scsi::make_read(0, 1)).status, scsi::kGood);
  EXPECT_EQ(host.send({0x1a, 0x08, kControl, 0, 255, 0}).data[2], 0x90) << "WP in the header";
  rig.array->manage(host.nexus(), TaskFunction::logical_unit_reset, 0, 0);
  other.clear_attentions();
  EXPECT_EQ(other.send(scsi::make_write(0, 1), Raw(512)).status, scsi::kGood) << "a reset ends it";
}

TEST(ModeSelect, DescriptorSense) {
  Rig rig;
  Host& host = rig.host();
  Raw control = page_of(host, kControl);
  control[0] |= 0x04;
  EXPECT_EQ(host.send(scsi::make_read(1 << 20, 1)).sense.format, scsi::SenseFormat::fixed);
  ASSERT_EQ(select(host, kControl, control).status, scsi::kGood);
  const Outcome outcome = host.send(scsi::make_read(1 << 20, 1));
  EXPECT_EQ(outcome.sense.format, scsi::SenseFormat::descriptor);
  EXPECT_EQ(outcome.code(), 0x052100u);
  EXPECT_EQ(outcome.sense.information, uint64_t{1} << 20);
  const Outcome field = host.send({0x28, 0x20, 0, 0, 0, 0, 0, 0, 1, 0});
  EXPECT_EQ(field.sense.format, scsi::SenseFormat::descriptor);
  EXPECT_EQ(field.field(), 1u);
}

TEST(ModeSelect, WriteCacheOfAFile) {
  const std::string path = ::testing::TempDir() + "dsmkit-cache.img";
  std::ofstream(path).close();
  ASSERT_EQ(truncate(path.c_str(), 1 << 20), 0);
  Rig rig(LunConfig{.file = path});
  Host& host = rig.host();
  Raw caching = page_of(host, 0x08);
  EXPECT_EQ(caching[0], 0x04) << "WCE: the page cache is one";
  caching[0] = 0;
  EXPECT_EQ(select(host, 0x08, caching).status, scsi::kGood);
  EXPECT_EQ(host.send(scsi::make_write(0, 1), Raw(512)).status, scsi::kGood);
  EXPECT_FALSE(rig.array->lun(0).modes().write_cache());
  std::remove(path.c_str());
  Rig memory;
  EXPECT_EQ(page_of(memory.host(), 0x08)[0], 0x00);
}

TEST(ModeSelect, AllOrNothing) {
  Rig rig;
  Host& host = rig.host();
  const Raw before = page_of(host, kControl);
  Raw list(4 + 12 + 20);
  Raw control = before;
  control[2] |= 0x08;
  scsi::encode_mode_page(base::MutableBytes(list).subspan(4), {kControl, 0, control});
  Raw caching(18);
  caching[5] = 1;  // not changeable
  scsi::encode_mode_page(base::MutableBytes(list).subspan(16), {0x08, 0, caching});
  const Outcome outcome = host.send({0x15, 0x10, 0, 0, 36, 0}, list);
  EXPECT_EQ(outcome.code(), 0x052600u);
  EXPECT_EQ(outcome.field(), 16u + 2 + 5) << "the byte that cannot be changed";
  EXPECT_EQ(page_of(host, kControl), before);
}

TEST(ModeSelect, Refusals) {
  Rig rig;
  Host& host = rig.host();
  EXPECT_EQ(host.send({0x15, 0x11, 0, 0, 0, 0}).code(), 0x052400u) << "SP";
  EXPECT_EQ(host.send({0x15, 0x00, 0, 0, 4, 0}, Raw(4)).code(), 0x052400u) << "PF";
  EXPECT_EQ(host.send({0x15, 0x10, 0, 0, 4, 0}, Raw(3)).code(), 0x051a00u) << "a cut header";
  EXPECT_EQ(host.send({0x15, 0x10, 0, 0, 4, 0}, Raw(4)).status, scsi::kGood) << "no page at all";
  EXPECT_EQ(host.send({0x15, 0x10, 0, 0, 8, 0}, Raw{0, 0, 0, 0, 0x0a, 10, 0, 0}).code(), 0x051a00u)
      << "a cut page";
  EXPECT_EQ(select(host, 0x02, Raw(10)).code(), 0x052600u) << "no such page";
  EXPECT_EQ(select(host, kControl, Raw(9)).code(), 0x052600u) << "wrong length";
}

TEST(ModeSelect, BlockDescriptorsMustSayWhatIsSo) {
  Rig rig;
  Host& host = rig.host();
  const auto with = [&](uint64_t count, uint32_t bytes, bool long_lba) {
    Raw descriptor(long_lba ? 16 : 8);
    scsi::encode_block_descriptor(descriptor, long_lba, {count, bytes});
    Raw list(8 + descriptor.size());
    scsi::encode_mode_parameters(list, scsi::ModeForm::ten,
                                 {.long_lba = long_lba, .block_descriptors = descriptor});
    return host.send({0x55, 0x10, 0, 0, 0, 0, 0, 0, static_cast<unsigned>(list.size()), 0}, list)
        .code();
  };
  for (const bool long_lba : {false, true}) {
    EXPECT_EQ(with(0, 512, long_lba), 0u);
    EXPECT_EQ(with(32768, 512, long_lba), 0u);
    EXPECT_EQ(with(100, 512, long_lba), 0x052600u);
    EXPECT_EQ(with(0, 4096, long_lba), 0x052600u);
  }
}

}  // namespace
}  // namespace array
