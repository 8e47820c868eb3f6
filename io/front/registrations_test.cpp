// One registration for each front nexus, whatever the array lists.
#include "io/front/registrations.h"

#include <gtest/gtest.h>

#include <array>

#include "io/front/names.h"
#include "scsi/persistent_reservation.h"
#include "scsi/transport_id.h"

namespace io::front {
namespace {

using scsi::ReserveInAction;

const iscsi::InitiatorPort kHost{"iqn.2026-11.test:host", {0x40, 0, 0, 0, 0, 1}};
const iscsi::InitiatorPort kSecondSession{"iqn.2026-11.test:host", {0x40, 0, 0, 0, 0, 2}};
constexpr const char* kStranger = "iqn.2026-11.test:stranger";

class RegistrationsTest : public ::testing::Test {
 protected:
  // As the array lists it: the nexus of the front down the path to that portal.
  void add(const iscsi::InitiatorPort& of, const std::string& portal, uint64_t key,
           bool holder = false) {
    add_as(back_end_name(of.name), back_end_isid(of, 0, portal, "iqn.t"), key, holder);
  }
  void add_as(const std::string& name, const Isid& isid, uint64_t key, bool holder = false) {
    std::array<uint8_t, scsi::kMaxTransportIdBytes> id{};
    const size_t length = scsi::encode_iscsi_transport_id(id, name, &isid);
    writer_.add({.key = key,
                 .holder = holder,
                 .type = scsi::ReservationType::exclusive_access,
                 .relative_target_port = 4,
                 .transport_id = base::Bytes(id).first(length)});
  }
  base::Bytes listed() {
    data_.resize(writer_.finish());
    return data_;
  }
  std::vector<uint64_t> keys() {
    const auto told = tell_registrations(
        scsi::make_persistent_reserve_in(ReserveInAction::read_keys, 255), listed(), find_);
    std::vector<uint64_t> keys;
    if (told) {
      const auto header = scsi::decode_reserve_in_header(*told);
      EXPECT_EQ(header->generation, 9U);
      EXPECT_TRUE(header->complete());
      scsi::for_each_reservation_key(header->list, [&keys](uint64_t key) { keys.push_back(key); });
    }
    return keys;
  }
  struct Told {
    scsi::RegistrationStatus status;
    std::string name;
    Isid isid;
  };
  std::vector<Told> full_status() {
    const auto told = tell_registrations(
        scsi::make_persistent_reserve_in(ReserveInAction::read_full_status, 255), listed(), find_);
    std::vector<Told> all;
    const auto header = scsi::decode_reserve_in_header(*told);
    EXPECT_TRUE(header->complete());
    scsi::FullStatusWalk walk(header->list);
    while (const auto status = walk.next()) {
      const auto id = scsi::TransportIdWalk(status->transport_id).next();
      all.push_back({*status, std::string(id->name), *id->isid});
    }
    EXPECT_FALSE(walk.truncated());
    return all;
  }

  std::vector<uint8_t> data_ = std::vector<uint8_t>(4096);
  scsi::FullStatusWriter writer_{data_, 9};
  // Only kHost is logged in.
  FindNexus find_ = [](std::string_view name, const Isid& isid) {
    const bool known = name == back_end_name(kHost.name) &&
                       same_front_nexus(isid, back_end_isid(kHost, 0, "", ""));
    return known ? std::optional(NexusName{kHost, 2}) : std::nullopt;
  };
};

TEST_F(RegistrationsTest, ThePathsOfANexusAreOne) {
  add(kHost, "a", 1);
  add(kSecondSession, "a", 1);
  add(kHost, "b", 1);
  add(kSecondSession, "b", 1);
  EXPECT_EQ(keys(), (std::vector<uint64_t>{1, 1})) << "each session is a nexus of its own";
}

TEST_F(RegistrationsTest, OthersStayAsTheyAre) {
  add_as(kStranger, {0x40, 0, 0, 0, 0, 1}, 7);
  add_as(kStranger, {0x40, 0, 0, 0, 0, 1}, 7);
  add_as(kHost.name, back_end_isid(kHost, 0, "a", "iqn.t"), 7);
  EXPECT_EQ(keys().size(), 3U);
}

TEST_F(RegistrationsTest, AnotherKeyIsAnotherRegistration) {
  add(kHost, "a", 1);
  add(kHost, "b", 2);
  EXPECT_EQ(keys(), (std::vector<uint64_t>{1, 2}));
}

TEST_F(RegistrationsTest, ANexusThatIsThereHasItsOwnNameAndOthersKeepTheirs) {
  add(kHost, "a", 1);
  add(kHost, "b", 1, true);
  add(kSecondSession, "a", 3);
  const auto told = full_status();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].name, kHost.name);
  EXPECT_EQ(told[0].isid, kHost.isid);
  EXPECT_EQ(told[0].status.relative_target_port, 3);
  EXPECT_TRUE(told[0].status.holder) << "by whichever path";
  EXPECT_EQ(told[0].status.type, scsi::ReservationType::exclusive_access);
  EXPECT_EQ(told[1].name, back_end_name(kHost.name));
  EXPECT_EQ(told[1].status.relative_target_port, 4);
  EXPECT_FALSE(told[1].status.holder);
}

TEST_F(RegistrationsTest, NobodyIsRegistered) {
  EXPECT_TRUE(full_status().empty());
}

TEST_F(RegistrationsTest, WhatIsCutTellsNothing) {
  add(kHost, "a", 1);
  const auto cdb = scsi::make_persistent_reserve_in(ReserveInAction::read_keys, 255);
  const base::Bytes all = listed();
  for (size_t length = 0; length < all.size(); ++length) {
    EXPECT_FALSE(tell_registrations(cdb, all.first(length), find_)) << length;
  }
  EXPECT_TRUE(tell_registrations(cdb, all, find_));
  data_[8 + 23] = 200;  // a TransportID that is longer than the list
  EXPECT_FALSE(tell_registrations(cdb, all, find_));
}

}  // namespace
}  // namespace io::front
