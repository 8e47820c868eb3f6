// Reading a client's command.
#include "dsm/reservation/request.h"

#include <gtest/gtest.h>

#include <vector>

namespace dsm {
namespace {

std::vector<uint8_t> list_of(const scsi::ReserveOutList& fields) {
  std::vector<uint8_t> bytes(64);
  bytes.resize(scsi::encode_reserve_out(bytes, fields));
  return bytes;
}

scsi::Cdb cdb_of(scsi::ReserveOutAction action, size_t bytes) {
  return scsi::make_persistent_reserve_out({.action = action,
                                            .type = scsi::ReservationType::write_exclusive,
                                            .parameter_bytes = static_cast<uint32_t>(bytes)});
}

TEST(ReserveRequest, ReadsTheFieldsOfTheList) {
  const auto list = list_of({.key = 1,
                             .service_action_key = 2,
                             .all_target_ports = true,
                             .persists = true,
                             .transport_ids = {}});
  ReserveRequest request;
  ASSERT_TRUE(read_reserve_request(cdb_of(scsi::ReserveOutAction::preempt, list.size()).span(),
                                   list, request));
  EXPECT_EQ(request.action, scsi::ReserveOutAction::preempt);
  EXPECT_EQ(request.type, scsi::ReservationType::write_exclusive);
  EXPECT_EQ(request.key, 1U);
  EXPECT_EQ(request.service_action_key, 2U);
  EXPECT_TRUE(request.persists && request.all_target_ports);
  EXPECT_FALSE(request.has_more);
}

TEST(ReserveRequest, ALongerListIsTheClientsOwn) {
  auto list = list_of({.transport_ids = {}});
  list.resize(list.size() + 4);
  ReserveRequest request;
  ASSERT_TRUE(read_reserve_request(cdb_of(scsi::ReserveOutAction::register_key, list.size()).span(),
                                   list, request));
  EXPECT_TRUE(request.has_more);
  EXPECT_EQ(request.parameter_bytes, list.size());
}

TEST(ReserveRequest, RegisterAndMoveHasAListOfItsOwn) {
  std::vector<uint8_t> list(64);
  const std::array<uint8_t, 24> id{};
  list.resize(scsi::encode_register_and_move(
      list, {.key = 7, .service_action_key = 8, .unregister = true, .transport_id = id}));
  ReserveRequest request;
  ASSERT_TRUE(read_reserve_request(
      cdb_of(scsi::ReserveOutAction::register_and_move, list.size()).span(), list, request));
  EXPECT_TRUE(request.unregisters && request.has_more);
  EXPECT_EQ(request.key, 7U);
}

TEST(ReserveRequest, LengthsThatDisagreeAreTheTargetsToRefuse) {
  const auto list = list_of({.transport_ids = {}});
  ReserveRequest request;
  EXPECT_FALSE(read_reserve_request(cdb_of(scsi::ReserveOutAction::clear, list.size() + 1).span(),
                                    list, request));
  EXPECT_FALSE(read_reserve_request(cdb_of(scsi::ReserveOutAction::clear, 8).span(),
                                    base::Bytes(list).first(8), request));
  EXPECT_FALSE(read_reserve_request({}, list, request));
}

}  // namespace
}  // namespace dsm
