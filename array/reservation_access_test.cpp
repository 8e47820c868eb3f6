// Which commands pass which persistent reservation, from whom. The table repeats that of the
// standards (SPC-4 table 46, SBC-3 table 13), column by column; it is not derived from the rows of
// command_table.cpp.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "array/testing/persistent.h"
#include "scsi/opcodes.h"

namespace array {
namespace {

using testing::Host;
using testing::Raw;
using testing::Rig;
using enum scsi::ReservationType;

struct Row {
  const char* name;
  std::vector<unsigned> cdb;
  // A: allowed, C: conflict. The reservation is held by another nexus and is
  //   1 Write Exclusive; from any nexus
  //   2 Exclusive Access; from any nexus
  //   3 one for registrants (either access, only or all); from a registered nexus
  //   4 Write Exclusive for registrants; from one that is not registered
  //   5 Exclusive Access for registrants; from one that is not registered
  const char* columns;
  size_t data_bytes = 0;
};

const std::vector<Row> kTable = {
    {"INQUIRY", {0x12, 0, 0, 0, 96, 0}, "AAAAA"},
    {"REQUEST SENSE", {0x03, 0, 0, 0, 18, 0}, "AAAAA"},
    {"REPORT LUNS", {0xa0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}, "AAAAA"},
    {"TEST UNIT READY", {0x00, 0, 0, 0, 0, 0}, "AAAAA"},
    {"READ CAPACITY(10)", {0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "AAAAA"},
    {"READ CAPACITY(16)", {0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0}, "AAAAA"},
    {"REPORT TARGET PORT GROUPS", {0xa3, 0x0a, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}, "AAAAA"},
    {"READ KEYS", {0x5e, 0, 0, 0, 0, 0, 0, 1, 0, 0}, "AAAAA"},
    {"READ RESERVATION", {0x5e, 1, 0, 0, 0, 0, 0, 1, 0, 0}, "AAAAA"},
    {"REPORT CAPABILITIES", {0x5e, 2, 0, 0, 0, 0, 0, 1, 0, 0}, "AAAAA"},
    {"READ FULL STATUS", {0x5e, 3, 0, 0, 0, 0, 0, 1, 0, 0}, "AAAAA"},
    {"START STOP UNIT, starts", {0x1b, 0, 0, 0, 0x01, 0}, "AAAAA"},
    {"START STOP UNIT, starts at once", {0x1b, 1, 0, 0, 0x01, 0}, "AAAAA"},
    {"PREVENT ALLOW MEDIUM REMOVAL, allows", {0x1e, 0, 0, 0, 0, 0}, "AAAAA"},

    {"MODE SENSE(6)", {0x1a, 0, 0x3f, 0, 255, 0}, "ACAAC"},
    {"MODE SENSE(10)", {0x5a, 0, 0x3f, 0, 0, 0, 0, 1, 0, 0}, "ACAAC"},
    {"REPORT SUPPORTED OPCODES", {0xa3, 0x0c, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0}, "ACAAC"},
    {"REPORT SUPPORTED TMF", {0xa3, 0x0d, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0}, "ACAAC"},
    {"GET LBA STATUS", {0x9e, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24, 0, 0}, "ACAAC"},
    {"READ(6)", {0x08, 0, 0, 0, 1, 0}, "ACAAC"},
    {"READ(10)", {0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0}, "ACAAC"},
    {"READ(12)", {0xa8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, "ACAAC"},
    {"READ(16)", {0x88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, "ACAAC"},
    {"VERIFY(10)", {0x2f, 0, 0, 0, 0, 0, 0, 0, 1, 0}, "ACAAC"},
    {"VERIFY(12)", {0xaf, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, "ACAAC"},
    {"VERIFY(16)", {0x8f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, "ACAAC"},
    {"PRE-FETCH(10)", {0x34, 0, 0, 0, 0, 0, 0, 0, 1, 0}, "ACAAC"},
    {"PRE-FETCH(16)", {0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, "ACAAC"},

    {"MODE SELECT(6)", {0x15, 0x10, 0, 0, 0, 0}, "CCACC"},
    {"MODE SELECT(10)", {0x55, 0x10, 0, 0, 0, 0, 0, 0, 0, 0}, "CCACC"},
    {"SET TARGET PORT GROUPS", {0xa4, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "CCACC"},
    {"WRITE(6)", {0x0a, 0, 0, 0, 1, 0}, "CCACC", 512},
    {"WRITE(10)", {0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0}, "CCACC", 512},
    {"WRITE(12)", {0xaa, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, "CCACC", 512},
    {"WRITE(16)", {0x8a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, "CCACC", 512},
    {"WRITE AND VERIFY(10)", {0x2e, 0, 0, 0, 0, 0, 0, 0, 1, 0}, "CCACC", 512},
    {"WRITE AND VERIFY(12)", {0xae, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, "CCACC", 512},
    {"WRITE AND VERIFY(16)", {0x8e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, "CCACC", 512},
    {"COMPARE AND WRITE", {0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, "CCACC", 1024},
    {"WRITE SAME(10)", {0x41, 0, 0, 0, 0, 0, 0, 0, 1, 0}, "CCACC", 512},
    {"WRITE SAME(16)", {0x93, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, "CCACC", 512},
    {"UNMAP", {0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "CCACC"},
    {"SYNCHRONIZE CACHE(10)", {0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "CCACC"},
    {"SYNCHRONIZE CACHE(16)", {0x91, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "CCACC"},
    {"PREVENT ALLOW MEDIUM REMOVAL, prevents", {0x1e, 0, 0, 0, 1, 0}, "CCACC"},
    {"START STOP UNIT, power condition", {0x1b, 0, 0, 0, 0x11, 0}, "CCACC"},
    {"START STOP UNIT, stops", {0x1b, 0, 0, 0, 0, 0}, "CCACC"},
    // Beside registrations these two know but one answer for everybody who has not got the unit.
    {"RESERVE(6)", {0x16, 0, 0, 0, 0, 0}, "CCACC"},
    {"RESERVE(10)", {0x56, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "CCACC"},
    {"RELEASE(6)", {0x17, 0, 0, 0, 0, 0}, "CCACC"},
    {"RELEASE(10)", {0x57, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "CCACC"},
};

constexpr std::array<scsi::ReservationType, 6> kTypes = {write_exclusive,
                                                         exclusive_access,
                                                         write_exclusive_registrants_only,
                                                         exclusive_access_registrants_only,
                                                         write_exclusive_all_registrants,
                                                         exclusive_access_all_registrants};

// The column for a nexus that is not the holder.
size_t column_of(scsi::ReservationType type, bool registered) {
  switch (type) {
    case write_exclusive:
      return 0;
    case exclusive_access:
      return 1;
    case write_exclusive_registrants_only:
    case write_exclusive_all_registrants:
      return registered ? 2 : 3;
    default:
      return registered ? 2 : 4;
  }
}

bool conflicts(Host& host, const Row& row) {
  scsi::Cdb cdb;
  for (const unsigned byte : row.cdb) {
    cdb.bytes[cdb.length++] = static_cast<uint8_t>(byte);
  }
  return host.send(cdb, Raw(row.data_bytes)).status == scsi::kReservationConflict;
}

TEST(ReservationAccess, EveryCommandUnderEveryTypeFromEverybody) {
  for (const scsi::ReservationType type : kTypes) {
    Rig rig(LunConfig{.size_bytes = 1U << 20, .removable = true});
    Host& holder = rig.host();
    Host& registered = rig.host(1);
    Host& stranger = rig.host(1);
    ASSERT_EQ(testing::register_with(holder, 1).status, scsi::kGood);
    ASSERT_EQ(testing::register_with(registered, 2).status, scsi::kGood);
    ASSERT_EQ(testing::reserve_with(holder, 1, type).status, scsi::kGood);
    for (const Row& row : kTable) {
      SCOPED_TRACE(std::string(row.name) + " under " + scsi::name_of(type));
      EXPECT_FALSE(conflicts(holder, row));
      EXPECT_EQ(conflicts(registered, row), row.columns[column_of(type, true)] == 'C')
          << "from a registered nexus";
      EXPECT_EQ(conflicts(stranger, row), row.columns[column_of(type, false)] == 'C')
          << "from a stranger";
    }
  }
}

// Every command that the array knows stands in the table above, except what makes reservations.
TEST(ReservationAccess, TheTableIsComplete) {
  Rig rig(LunConfig{.size_bytes = 1U << 20, .removable = true});
  const Raw all = rig.host().send({0xa3, 0x0c, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0}).data;
  for (size_t at = 4; at + 8 <= all.size(); at += 8) {
    const bool has_action = (all[at + 5] & 1) != 0;
    bool found = all[at] == scsi::kPersistentReserveOut;
    for (const Row& row : kTable) {
      found = found || (row.cdb[0] == all[at] && (!has_action || row.cdb[1] == all[at + 3]));
    }
    EXPECT_TRUE(found) << "opcode " << int{all[at]} << " action " << int{all[at + 3]};
  }
}

TEST(ReservationAccess, ARegistrationAloneExcludesNobody) {
  Rig rig(LunConfig{.size_bytes = 1U << 20, .removable = true});
  Host& registered = rig.host();
  Host& stranger = rig.host(1);
  ASSERT_EQ(testing::register_with(registered, 1).status, scsi::kGood);
  for (const Row& row : kTable) {
    const bool old = row.cdb[0] == 0x16 || row.cdb[0] == 0x17 || row.cdb[0] == 0x56 ||
                     row.cdb[0] == 0x57;  // these conflict while anybody is registered
    EXPECT_EQ(conflicts(stranger, row), old) << row.name;
    EXPECT_EQ(conflicts(registered, row), old) << row.name;
  }
}

TEST(ReservationAccess, OneLunDoesNotConcernAnother) {
  Config config = Rig::usual();
  config.luns.push_back({.size_bytes = 1U << 20});
  Rig rig(config);
  Host& holder = rig.host();
  Host& stranger = rig.host(1);
  testing::register_with(holder, 1);
  ASSERT_EQ(testing::reserve_with(holder, 1, exclusive_access).status, scsi::kGood);
  testing::attentions_of(stranger, 1);
  EXPECT_EQ(stranger.send(scsi::make_read(0, 1), {}, 0).status, scsi::kReservationConflict);
  EXPECT_EQ(stranger.send(scsi::make_read(0, 1), {}, 1).status, scsi::kGood);
}

TEST(ReservationAccess, TheSameInitiatorAtAnotherPortIsAStranger) {
  Rig rig;
  Host& holder = rig.host();
  Host& elsewhere = rig.hosts.emplace_back(*rig.array, 1, "iqn.host0");
  elsewhere.clear_attentions();
  testing::register_with(holder, 1);
  testing::reserve_with(holder, 1, write_exclusive_registrants_only);
  EXPECT_EQ(elsewhere.send(scsi::make_write(0, 1), Raw(512)).status, scsi::kReservationConflict);
  EXPECT_EQ(testing::register_with(elsewhere, 1).status, scsi::kGood);
  EXPECT_EQ(elsewhere.send(scsi::make_write(0, 1), Raw(512)).status, scsi::kGood);
}

}  // namespace
}  // namespace array
