// Command descriptor blocks against byte strings written out by hand from SPC-4 and SBC-3.
#include "scsi/cdb.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "base/prng.h"
#include "scsi/guarded_bytes.h"

namespace scsi {
namespace {

using Raw = std::vector<uint8_t>;

Raw raw_of(const Cdb& cdb) {
  return {cdb.bytes.begin(), cdb.bytes.begin() + cdb.length};
}

TEST(Cdb, BuildersMatchTheStandard) {
  EXPECT_EQ(raw_of(make_test_unit_ready()), (Raw{0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(raw_of(make_request_sense(true, 252)), (Raw{0x03, 1, 0, 0, 252, 0}));
  EXPECT_EQ(raw_of(make_inquiry(0x1234)), (Raw{0x12, 0, 0, 0x12, 0x34, 0}));
  EXPECT_EQ(raw_of(make_inquiry_vpd(0x83, 0x0100)), (Raw{0x12, 1, 0x83, 1, 0, 0}));
  EXPECT_EQ(raw_of(make_report_luns(0x01020304)), (Raw{0xa0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0}));
  EXPECT_EQ(raw_of(make_read_capacity10()), (Raw{0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(raw_of(make_read_capacity16(32)),
            (Raw{0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0}));
  EXPECT_EQ(raw_of(make_report_target_port_groups(false, 512)),
            (Raw{0xa3, 0x0a, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0}));
  EXPECT_EQ(raw_of(make_report_target_port_groups(true, 512)),
            (Raw{0xa3, 0x2a, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0}));
  EXPECT_EQ(raw_of(make_set_target_port_groups(8)),
            (Raw{0xa4, 0x0a, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0}));
  EXPECT_EQ(raw_of(make_start_unit()), (Raw{0x1b, 0, 0, 0, 0x01, 0}));
  EXPECT_EQ(raw_of(make_mode_sense6(0x3f, 255)), (Raw{0x1a, 0x08, 0x3f, 0, 255, 0}));
  EXPECT_EQ(raw_of(make_mode_sense10(0x3f, 0x0102)), (Raw{0x5a, 0x08, 0x3f, 0, 0, 0, 0, 1, 2, 0}));
  EXPECT_EQ(raw_of(make_unmap(24)), (Raw{0x42, 0, 0, 0, 0, 0, 0, 0, 24, 0}));
  EXPECT_EQ(raw_of(make_write_same16(0x0102030405060708, 0x0a0b0c0d, {.unmap = true})),
            (Raw{0x93, 0x08, 1, 2, 3, 4, 5, 6, 7, 8, 0x0a, 0x0b, 0x0c, 0x0d, 0, 0}));
  EXPECT_EQ(raw_of(make_write_same16(0, 1, {.no_data_out = true}))[1], 0x01);
}

TEST(Cdb, TransfersTakeTheShortestForm) {
  EXPECT_EQ(raw_of(make_read(0x01020304, 0x0506)), (Raw{0x28, 0, 1, 2, 3, 4, 0, 5, 6, 0}));
  EXPECT_EQ(raw_of(make_write(0xffffffff, 0xffff, true)),
            (Raw{0x2a, 0x08, 0xff, 0xff, 0xff, 0xff, 0, 0xff, 0xff, 0}));
  EXPECT_EQ(raw_of(make_read(0x100000000, 1)),
            (Raw{0x88, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}));
  EXPECT_EQ(raw_of(make_write(5, 0x10000, true)),
            (Raw{0x8a, 0x08, 0, 0, 0, 0, 0, 0, 0, 5, 0, 1, 0, 0, 0, 0}));
  EXPECT_EQ(raw_of(make_synchronize_cache(0, 0)), (Raw{0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(raw_of(make_synchronize_cache(0x100000000, 2))[0], 0x91);
}

TEST(Cdb, RangesOfWhatTheBuildersMake) {
  base::Prng prng(5);
  for (int i = 0; i < 5000; ++i) {
    const uint64_t lba = prng.next() >> prng.below(64);
    const auto blocks = static_cast<uint32_t>(prng.next() >> prng.between(32, 63));
    const bool fua = prng.chance(1, 2);
    const auto read = block_range(make_read(lba, blocks, fua).span());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->access, BlockAccess::read);
    EXPECT_EQ(read->lba, lba);
    EXPECT_EQ(read->blocks, blocks);
    EXPECT_EQ(read->fua, fua);
    const auto write = block_range(make_write(lba, blocks, fua).span());
    ASSERT_TRUE(write);
    EXPECT_EQ(write->access, BlockAccess::write);
    EXPECT_EQ(write->lba, lba);
    EXPECT_EQ(write->blocks, blocks);
    EXPECT_EQ(write->fua, fua);
    const auto sync = block_range(make_synchronize_cache(lba, blocks).span());
    ASSERT_TRUE(sync);
    EXPECT_EQ(sync->access, BlockAccess::synchronize);
    EXPECT_EQ(sync->lba, lba);
    EXPECT_EQ(sync->blocks, blocks);
    const auto same = block_range(make_write_same16(lba, blocks, {.unmap = true}).span());
    ASSERT_TRUE(same);
    EXPECT_EQ(same->access, BlockAccess::write_same);
    EXPECT_EQ(same->lba, lba);
    EXPECT_EQ(same->blocks, blocks);
    EXPECT_FALSE(same->fua) << "that bit is UNMAP here";
  }
}

TEST(Cdb, OtherForms) {
  // READ(6): 21 bits of address, and 0 blocks mean 256.
  const Raw read6{0x08, 0xff, 0x02, 0x03, 0x00, 0};
  EXPECT_EQ(block_range(read6)->lba, 0x1f0203u);
  EXPECT_EQ(block_range(read6)->blocks, 256u);
  const Raw write6{0x0a, 0x00, 0x00, 0x09, 0x05, 0};
  EXPECT_EQ(block_range(write6)->access, BlockAccess::write);
  EXPECT_EQ(block_range(write6)->blocks, 5u);
  const Raw read12{0xa8, 0x08, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0};
  EXPECT_EQ(block_range(read12)->lba, 0x01020304u);
  EXPECT_EQ(block_range(read12)->blocks, 0x05060708u);
  EXPECT_TRUE(block_range(read12)->fua);
  const Raw verify10{0x2f, 0x0a, 0, 0, 0, 1, 0, 0, 2, 0};
  EXPECT_EQ(block_range(verify10)->access, BlockAccess::verify);
  EXPECT_FALSE(block_range(verify10)->fua);
  const Raw same10{0x41, 0x08, 0, 0, 0, 1, 0, 0, 2, 0};
  EXPECT_EQ(block_range(same10)->access, BlockAccess::write_same);
  EXPECT_EQ(block_range(same10)->blocks, 2u);
  const Raw verify12{0xaf, 0x0a, 0, 0, 0, 7, 0, 0, 1, 2, 0, 0};
  EXPECT_EQ(block_range(verify12)->access, BlockAccess::verify);
  EXPECT_EQ(block_range(verify12)->lba, 7u);
  EXPECT_EQ(block_range(verify12)->blocks, 0x102u);
  const Raw write_verify12{0xae, 0x08, 0, 0, 0, 7, 0, 0, 1, 2, 0, 0};
  EXPECT_EQ(block_range(write_verify12)->access, BlockAccess::write);
  EXPECT_FALSE(block_range(write_verify12)->fua) << "it is on the medium anyway";
  const Raw prefetch10{0x34, 0x02, 0, 0, 0, 3, 0, 0, 9, 0};
  EXPECT_EQ(block_range(prefetch10)->access, BlockAccess::prefetch);
  EXPECT_EQ(block_range(prefetch10)->blocks, 9u);
}

TEST(Cdb, NoRangeForOthersOrForShortOnes) {
  for (const unsigned opcode :
       {0x00u, 0x12u, 0x42u, 0x5fu, 0x89u, 0x9eu, 0xa0u, 0xa3u, 0x7fu, 0xc0u, 0xffu}) {
    Raw raw(16);
    raw[0] = static_cast<uint8_t>(opcode);
    EXPECT_FALSE(block_range(raw)) << opcode;
  }
  for (const Cdb& cdb :
       {make_read(1, 1), make_read(uint64_t{1} << 40, 1), make_synchronize_cache(0, 0)}) {
    for_each_truncation(cdb.span(), [](base::Bytes prefix) {
      EXPECT_FALSE(block_range(prefix));
      static_cast<void>(name_of_command(prefix));
    });
  }
}

TEST(Cdb, LongerBuffersDoNotChangeTheForm) {
  Raw raw = raw_of(make_read(7, 3));
  raw.resize(16, 0xee);
  EXPECT_EQ(block_range(raw)->lba, 7u);
  EXPECT_EQ(block_range(raw)->blocks, 3u);
}

TEST(Cdb, AnyFirstByteIsSafe) {
  for (unsigned opcode = 0; opcode < 256; ++opcode) {
    for (size_t length = 1; length <= 20; ++length) {
      Raw raw(length, 0xff);
      raw[0] = static_cast<uint8_t>(opcode);
      const GuardedBytes guarded(raw);
      static_cast<void>(block_range(guarded.view()));
      EXPECT_NE(name_of_command(guarded.view()), nullptr);
    }
  }
}

TEST(Cdb, LengthByGroup) {
  EXPECT_EQ(cdb_length_of(0x00), 6);
  EXPECT_EQ(cdb_length_of(0x1f), 6);
  EXPECT_EQ(cdb_length_of(0x20), 10);
  EXPECT_EQ(cdb_length_of(0x5f), 10);
  EXPECT_EQ(cdb_length_of(0x7f), 0);
  EXPECT_EQ(cdb_length_of(0x80), 16);
  EXPECT_EQ(cdb_length_of(0x9f), 16);
  EXPECT_EQ(cdb_length_of(0xa0), 12);
  EXPECT_EQ(cdb_length_of(0xbf), 12);
  EXPECT_EQ(cdb_length_of(0xc0), 0);
}

TEST(Cdb, WhatChangesTheMedium) {
  for (const uint8_t opcode :
       {kTestUnitReady, kInquiry, kRead6, kRead10, kRead12, kRead16, kVerify10, kVerify12,
        kVerify16, kPreFetch10, kPreFetch16, kSynchronizeCache10, kSynchronizeCache16,
        kReadCapacity10, kReportLuns, kServiceActionIn16, kMaintenanceIn}) {
    EXPECT_FALSE(changes_medium(opcode)) << int{opcode};
  }
  for (const uint8_t opcode :
       {kWrite6, kWrite10, kWrite12, kWrite16, kWriteAndVerify10, kWriteAndVerify12,
        kWriteAndVerify16, kWriteSame10, kWriteSame16, kUnmap, kCompareAndWrite}) {
    EXPECT_TRUE(changes_medium(opcode)) << int{opcode};
  }
  EXPECT_TRUE(changes_medium(0xc1)) << "a vendor's command may do anything";
}

TEST(Cdb, NamesHeedTheServiceAction) {
  using namespace std::string_view_literals;
  EXPECT_EQ(name_of_command(make_read(0, 1).span()), "READ(10)"sv);
  EXPECT_EQ(name_of_command(make_report_target_port_groups(true, 8).span()),
            "REPORT TARGET PORT GROUPS"sv);
  EXPECT_EQ(name_of_command(Raw{0xa3, 0x0c}), "REPORT SUPPORTED OPERATION CODES"sv);
  EXPECT_EQ(name_of_command(Raw{0xa3, 0x05}), ""sv);
  EXPECT_EQ(name_of_command(Raw{0xa3}), ""sv);
  EXPECT_EQ(name_of_command(make_read_capacity16(32).span()), "READ CAPACITY(16)"sv);
  EXPECT_EQ(name_of_command(Raw{0x9e, 0x12}), "GET LBA STATUS"sv);
  EXPECT_EQ(name_of_command(Raw{0x9e, 0x13}), ""sv);
  EXPECT_EQ(name_of_command({}), ""sv);
}

}  // namespace
}  // namespace scsi
