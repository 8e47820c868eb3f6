// Command descriptor blocks against byte strings written out by hand from SPC-4 and SBC-3.
#include "scsi/cdb.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

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

TEST(Cdb, AnyFirstByteIsSafe) {
  for (unsigned opcode = 0; opcode < 256; ++opcode) {
    for (size_t length = 1; length <= 20; ++length) {
      Raw raw(length, 0xff);
      raw[0] = static_cast<uint8_t>(opcode);
      const GuardedBytes guarded(raw);
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
