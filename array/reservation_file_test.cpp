// The file beside a LUN's file: what goes in comes out, and no damage passes for a reservation.
#include "array/reservation_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace array {
namespace {

using ::testing::HasSubstr;

// Some folder of its own, gone afterwards.
struct ReservationFile : ::testing::Test {
  std::string folder = ::testing::TempDir() + "dsmkit-reservations-XXXXXX";
  std::string path;
  std::string problem;

  void SetUp() override {
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    path = reservation_file_of(folder + "/lun.img");
  }
  void TearDown() override {
    unlink(path.c_str());
    rmdir((path + ".new").c_str());
    rmdir(folder.c_str());
  }
  bool exists(const std::string& file) const { return access(file.c_str(), F_OK) == 0; }
};

Reservations table_of(std::vector<Registration> registrations, scsi::ReservationType type,
                      std::optional<size_t> holder) {
  const auto table = Reservations::restore(std::move(registrations), type, holder);
  EXPECT_TRUE(table);
  return table.value_or(Reservations());
}

// Names as hostile as initiators may send them.
const std::vector<Registration> kRegistrations = {
    {{{"iqn.2026-11.dev.host:a", {0x80, 1, 2, 3, 4, 5}}, 0}, UINT64_MAX},
    {{{"with blanks\nand lines\tsum 0%", {}}, 40000}, 1},
    {{{"\xc3\xa4%", {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}, 1}, 2},
    {{{"", {}}, 2}, 3}};

TEST_F(ReservationFile, WhatGoesInComesOut) {
  using enum scsi::ReservationType;
  for (const Reservations& table :
       {table_of(kRegistrations, write_exclusive, 1), table_of(kRegistrations, none, {}),
        table_of(kRegistrations, exclusive_access_all_registrants, {}), table_of({}, none, {})}) {
    ASSERT_TRUE(save_reservations(path, table));
    EXPECT_FALSE(exists(path + ".new"));
    const auto loaded = load_reservations(path, problem);
    EXPECT_EQ(problem, "");
    ASSERT_TRUE(loaded);
    EXPECT_EQ(*loaded, table);
  }
}

TEST_F(ReservationFile, WhatDoesNotPersistLeavesNoFile) {
  ASSERT_TRUE(save_reservations(path, table_of(kRegistrations, scsi::ReservationType::none, {})));
  EXPECT_TRUE(exists(path));
  EXPECT_TRUE(save_reservations(path, Reservations()));
  EXPECT_FALSE(exists(path));
  EXPECT_TRUE(save_reservations(path, Reservations())) << "again";
  EXPECT_FALSE(load_reservations(path, problem));
  EXPECT_EQ(problem, "") << "no file is no problem";
}

TEST_F(ReservationFile, AFailureLeavesTheFormerFile) {
  const Reservations before = table_of(kRegistrations, scsi::ReservationType::write_exclusive, 0);
  ASSERT_TRUE(save_reservations(path, before));
  ASSERT_EQ(mkdir((path + ".new").c_str(), 0700), 0);  // the new file cannot be made
  EXPECT_FALSE(save_reservations(path, table_of(kRegistrations, scsi::ReservationType::none, {})));
  EXPECT_EQ(errno, EISDIR);
  EXPECT_EQ(load_reservations(path, problem), before);
}

TEST_F(ReservationFile, AFailureLeavesNothingBehind) {
  ASSERT_EQ(mkdir(path.c_str(), 0700), 0);  // it cannot be replaced
  EXPECT_FALSE(save_reservations(path, table_of(kRegistrations, scsi::ReservationType::none, {})));
  EXPECT_EQ(errno, EISDIR);
  EXPECT_FALSE(exists(path + ".new"));
  rmdir(path.c_str());
}

TEST_F(ReservationFile, EveryTruncationAndEveryFlippedBitIsSeen) {
  const std::string text =
      reservations_to_text(table_of(kRegistrations, scsi::ReservationType::write_exclusive, 0));
  ASSERT_TRUE(reservations_from_text(text));
  for (size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(reservations_from_text(text.substr(0, length))) << length;
  }
  for (size_t at = 0; at < text.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string damaged = text;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      EXPECT_FALSE(reservations_from_text(damaged)) << "byte " << at << " bit " << bit;
    }
  }
  EXPECT_FALSE(reservations_from_text(text + "\n"));
  EXPECT_FALSE(reservations_from_text(text + text));
}

TEST_F(ReservationFile, DamageIsToldWithTheFileAndWhatFollows) {
  std::ofstream(path) << "dsmkit reservations 1\ntype 1 holder 0\n";
  EXPECT_FALSE(load_reservations(path, problem));
  EXPECT_THAT(problem, HasSubstr(path));
  EXPECT_THAT(problem, HasSubstr("damaged; starting without any"));
}

TEST_F(ReservationFile, WhatCannotBeReadIsTold) {
  const std::string looped = folder + "/loop";
  ASSERT_EQ(symlink(looped.c_str(), looped.c_str()), 0);
  EXPECT_FALSE(load_reservations(looped, problem));
  EXPECT_THAT(problem, HasSubstr("cannot read"));
  unlink(looped.c_str());
}

}  // namespace
}  // namespace array
