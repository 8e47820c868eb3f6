// PERSISTENT RESERVE IN and OUT: known answers byte by byte, every truncation, every length that
// contradicts another.
#include "scsi/persistent_reservation.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include "scsi/guarded_bytes.h"

namespace scsi {
namespace {

using Raw = std::vector<uint8_t>;
using enum ReservationType;

constexpr uint64_t kKey = 0x0102030405060708;
constexpr uint64_t kOther = 0x1112131415161718;

Raw encoded(const ReserveOutList& list) {
  Raw raw(1000);
  raw.resize(encode_reserve_out(raw, list));
  return raw;
}
Raw encoded_move(const RegisterAndMoveList& list) {
  Raw raw(1000);
  raw.resize(encode_register_and_move(raw, list));
  return raw;
}

TEST(PersistentReserve, OutCommand) {
  const ReserveOutCommand command{.action = ReserveOutAction::preempt_and_abort,
                                  .type = exclusive_access_all_registrants,
                                  .scope = 0x0f,
                                  .parameter_bytes = 0x01020304};
  const Cdb cdb = make_persistent_reserve_out(command);
  EXPECT_EQ(Raw(cdb.span().begin(), cdb.span().end()),
            (Raw{0x5f, 0x05, 0xf8, 0, 0, 1, 2, 3, 4, 0}));
  const auto read = read_persistent_reserve_out(cdb.span());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->action, command.action);
  EXPECT_EQ(read->type, command.type);
  EXPECT_EQ(read->scope, command.scope);
  EXPECT_EQ(read->parameter_bytes, command.parameter_bytes);
  for_each_truncation(
      cdb.span(), [](base::Bytes prefix) { EXPECT_FALSE(read_persistent_reserve_out(prefix)); });
  EXPECT_FALSE(read_persistent_reserve_out(
      make_persistent_reserve_in(ReserveInAction::read_keys, 8).span()));
}

TEST(PersistentReserve, InCommand) {
  const Cdb cdb = make_persistent_reserve_in(ReserveInAction::read_full_status, 0x1234);
  EXPECT_EQ(Raw(cdb.span().begin(), cdb.span().end()),
            (Raw{0x5e, 0x03, 0, 0, 0, 0, 0, 0x12, 0x34, 0}));
}

TEST(PersistentReserve, BasicParameterList) {
  const Raw raw = encoded({.key = kKey, .service_action_key = kOther, .persists = true});
  EXPECT_EQ(raw, (Raw{1,    2,    3,    4,    5, 6, 7, 8, 0x11, 0x12, 0x13, 0x14,
                      0x15, 0x16, 0x17, 0x18, 0, 0, 0, 0, 0x01, 0,    0,    0}));
  const auto list = decode_reserve_out(raw);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->key, kKey);
  EXPECT_EQ(list->service_action_key, kOther);
  EXPECT_TRUE(list->persists);
  EXPECT_FALSE(list->all_target_ports);
  EXPECT_FALSE(list->specifies_ports);
  EXPECT_TRUE(list->length_fits);
  EXPECT_EQ(encoded({.all_target_ports = true})[20], 0x04);
  EXPECT_EQ(encoded({.specifies_ports = true})[20], 0x08);
  for_each_truncation(raw, [](base::Bytes prefix) { EXPECT_FALSE(decode_reserve_out(prefix)); });
  Raw longer = raw;
  longer.push_back(0);
  EXPECT_FALSE(decode_reserve_out(longer)->length_fits);
}

TEST(PersistentReserve, ParameterListWithTransportIds) {
  const Raw ids(48, 0x00);
  const Raw raw = encoded({.key = 0,
                           .service_action_key = kKey,
                           .specifies_ports = true,
                           .all_target_ports = true,
                           .transport_ids = ids});
  ASSERT_EQ(raw.size(), 24u + 4 + 48);
  EXPECT_EQ(raw[20], 0x0c);
  EXPECT_EQ(raw[27], 48);
  const auto list = decode_reserve_out(raw);
  ASSERT_TRUE(list && list->specifies_ports && list->all_target_ports && list->length_fits);
  EXPECT_EQ(list->transport_ids.size(), 48u);
  EXPECT_EQ(list->transport_ids.data(), &raw[28]);
  for_each_truncation(raw, [](base::Bytes prefix) {
    const auto cut = decode_reserve_out(prefix);
    EXPECT_EQ(cut.has_value(), prefix.size() >= 24);
    EXPECT_TRUE(!cut || !cut->length_fits) << prefix.size();
  });
  Raw longer = raw;
  longer.push_back(0xff);
  EXPECT_TRUE(decode_reserve_out(longer)->length_fits) << "what was promised is there";
  EXPECT_EQ(decode_reserve_out(longer)->transport_ids.size(), 48u);
}

TEST(PersistentReserve, RegisterAndMoveList) {
  const Raw id(24, 0x00);
  const Raw raw = encoded_move({.key = kKey,
                                .service_action_key = kOther,
                                .unregister = true,
                                .relative_target_port = 0x0203,
                                .transport_id = id});
  ASSERT_EQ(raw.size(), 48u);
  EXPECT_EQ(Raw(raw.begin() + 16, raw.begin() + 24), (Raw{0, 2, 2, 3, 0, 0, 0, 24}));
  EXPECT_EQ(encoded_move({.persists = true})[17], 1);
  const auto list = decode_register_and_move(raw);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->key, kKey);
  EXPECT_EQ(list->service_action_key, kOther);
  EXPECT_TRUE(list->unregister);
  EXPECT_FALSE(list->persists);
  EXPECT_EQ(list->relative_target_port, 0x0203);
  EXPECT_EQ(list->transport_id.size(), 24u);
  EXPECT_TRUE(list->length_fits);
  for_each_truncation(raw, [](base::Bytes prefix) {
    const auto cut = decode_register_and_move(prefix);
    EXPECT_EQ(cut.has_value(), prefix.size() >= 24);
    EXPECT_TRUE(!cut || !cut->length_fits);
  });
}

TEST(PersistentReserve, Keys) {
  const std::array<uint64_t, 2> keys{kKey, kOther};
  Raw raw(24);
  ASSERT_EQ(encode_read_keys(raw, 0x0a0b0c0d, keys), 24u);
  EXPECT_EQ(raw, (Raw{0x0a, 0x0b, 0x0c, 0x0d, 0,    0,    0,    16,   1,    2,    3,    4,
                      5,    6,    7,    8,    0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18}));
  const auto header = decode_reserve_in_header(raw);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->generation, 0x0a0b0c0du);
  EXPECT_TRUE(header->complete());
  std::vector<uint64_t> seen;
  for_each_reservation_key(header->list, [&seen](uint64_t key) { seen.push_back(key); });
  EXPECT_EQ(seen, std::vector<uint64_t>(keys.begin(), keys.end()));
  for_each_truncation(raw, [](base::Bytes prefix) {
    const auto cut = decode_reserve_in_header(prefix);
    ASSERT_EQ(cut.has_value(), prefix.size() >= 8);
    if (cut) {
      EXPECT_FALSE(cut->complete());
      EXPECT_EQ(cut->additional_bytes, 16u);
      size_t count = 0;
      for_each_reservation_key(cut->list, [&count](uint64_t) { ++count; });
      EXPECT_EQ(count, (prefix.size() - 8) / 8);
    }
  });
  raw.push_back(0xff);
  EXPECT_EQ(decode_reserve_in_header(raw)->list.size(), 16u) << "what lies behind is no key";
}

TEST(PersistentReserve, Reservation) {
  const ReservationReport report{
      .generation = 3,
      .reservation = Reservation{.key = kKey, .type = write_exclusive_registrants_only}};
  Raw raw(24);
  ASSERT_EQ(encode_read_reservation(raw, report), 24u);
  EXPECT_EQ(raw, (Raw{0, 0, 0, 3, 0, 0, 0, 16, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0x05, 0, 0}));
  const auto read = decode_read_reservation(raw);
  ASSERT_TRUE(read && read->reservation);
  EXPECT_EQ(read->generation, 3u);
  EXPECT_EQ(read->reservation->key, kKey);
  EXPECT_EQ(read->reservation->type, write_exclusive_registrants_only);
  EXPECT_EQ(read->reservation->scope, kScopeLogicalUnit);
  raw[21] = 0x98;
  EXPECT_EQ(decode_read_reservation(raw)->reservation->scope, 9);
  EXPECT_EQ(decode_read_reservation(raw)->reservation->type, exclusive_access_all_registrants);
  for_each_truncation(raw, [](base::Bytes prefix) {
    EXPECT_FALSE(decode_read_reservation(prefix)) << prefix.size();
  });
  raw[7] = 8;  // too short for a reservation
  EXPECT_FALSE(decode_read_reservation(raw));
}

TEST(PersistentReserve, NoReservation) {
  Raw raw(8);
  ASSERT_EQ(encode_read_reservation(raw, {.generation = 7, .reservation = {}}), 8u);
  EXPECT_EQ(raw, (Raw{0, 0, 0, 7, 0, 0, 0, 0}));
  const auto read = decode_read_reservation(raw);
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->reservation);
}

TEST(PersistentReserve, Capabilities) {
  constexpr std::array<bool ReservationCapabilities::*, 7> kFlags = {
      &ReservationCapabilities::replaces_lost,   &ReservationCapabilities::compatible_handling,
      &ReservationCapabilities::specifies_ports, &ReservationCapabilities::all_target_ports,
      &ReservationCapabilities::can_persist,     &ReservationCapabilities::persists,
      &ReservationCapabilities::types_valid};
  constexpr std::array<std::pair<size_t, uint8_t>, 7> kBits = {
      {{2, 0x80}, {2, 0x10}, {2, 0x08}, {2, 0x04}, {2, 0x01}, {3, 0x01}, {3, 0x80}}};
  for (size_t i = 0; i < kFlags.size(); ++i) {
    ReservationCapabilities can;
    can.*kFlags[i] = true;
    Raw raw(8);
    ASSERT_EQ(encode_report_capabilities(raw, can), 8u);
    Raw expected = {0, 8, 0, 0, 0, 0, 0, 0};
    expected[kBits[i].first] = kBits[i].second;
    EXPECT_EQ(raw, expected) << i;
    const auto read = decode_report_capabilities(raw);
    ASSERT_TRUE(read);
    for (size_t j = 0; j < kFlags.size(); ++j) {
      EXPECT_EQ((*read).*kFlags[j], i == j);
    }
  }
  const Raw all_types = {0, 8, 0, 0xa0, 0xea, 0x01, 0, 0};
  const auto read = decode_report_capabilities(all_types);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->allowed_commands, 2);
  for (unsigned type = 0; type < 16; ++type) {
    EXPECT_EQ((read->types & bit_of(static_cast<ReservationType>(type))) != 0,
              is_known(static_cast<ReservationType>(type)))
        << type;
  }
  Raw again(8);
  ASSERT_EQ(encode_report_capabilities(again, *read), 8u);
  EXPECT_EQ(again, all_types);
  for_each_truncation(all_types,
                      [](base::Bytes prefix) { EXPECT_FALSE(decode_report_capabilities(prefix)); });
  EXPECT_FALSE(decode_report_capabilities(Raw{0, 7, 0, 0, 0, 0, 0, 0}));
}

TEST(PersistentReserve, FullStatus) {
  const Raw id(24, 0x00);
  std::array<uint8_t, 200> buffer{};
  FullStatusWriter writer(buffer, 9);
  writer.add({.key = kKey,
              .holder = true,
              .type = exclusive_access,
              .relative_target_port = 0x0102,
              .transport_id = id});
  writer.add({.key = kOther, .all_target_ports = true, .type = exclusive_access});
  const size_t length = writer.finish();
  ASSERT_EQ(length, 8u + 24 + 24 + 24);
  const Raw raw(buffer.begin(), buffer.begin() + 80);
  EXPECT_EQ(Raw(raw.begin(), raw.begin() + 32),
            (Raw{0, 0, 0, 9, 0, 0, 0, 72, 1, 2, 3, 4, 5, 6, 7, 8,
                 0, 0, 0, 0, 1, 3, 0, 0,  0, 0, 1, 2, 0, 0, 0, 24}));
  EXPECT_EQ(raw[56 + 12], 0x02);
  EXPECT_EQ(raw[56 + 13], 0x00) << "a type only of a holder";
  const auto header = decode_reserve_in_header(raw);
  ASSERT_TRUE(header && header->complete());
  FullStatusWalk walk(header->list);
  auto status = walk.next();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->key, kKey);
  EXPECT_TRUE(status->holder);
  EXPECT_FALSE(status->all_target_ports);
  EXPECT_EQ(status->type, exclusive_access);
  EXPECT_EQ(status->relative_target_port, 0x0102);
  EXPECT_EQ(status->transport_id.size(), 24u);
  status = walk.next();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->key, kOther);
  EXPECT_TRUE(status->all_target_ports);
  EXPECT_EQ(status->type, none);
  EXPECT_FALSE(walk.next());
  EXPECT_FALSE(walk.truncated());
  for_each_truncation(header->list, [](base::Bytes prefix) {
    FullStatusWalk cut(prefix);
    size_t count = 0;
    while (cut.next()) {
      ++count;
    }
    EXPECT_EQ(count, prefix.size() >= 48 ? 1u : 0u);
    EXPECT_EQ(cut.truncated(), !prefix.empty() && prefix.size() != 48);
  });
}

TEST(PersistentReserve, AFullStatusDescriptorThatClaimsEverything) {
  for (const uint32_t length : {1U, 0x7fffffffU, 0xffffffffU, 0xffffffe8U}) {
    Raw raw(24);
    base::store_be32(&raw[20], length);
    const GuardedBytes guarded(raw);
    FullStatusWalk walk(guarded.view());
    EXPECT_FALSE(walk.next());
    EXPECT_TRUE(walk.truncated());
  }
}

TEST(PersistentReserve, EveryBufferLength) {
  const std::array<uint64_t, 3> keys{1, 2, 3};
  const Raw ids(24);
  for_each_buffer(80, [&](base::MutableBytes out) {
    EXPECT_EQ(encode_read_keys(out, 1, keys), 32u);
    EXPECT_EQ(encode_read_reservation(out, {.generation = 1, .reservation = Reservation{}}), 24u);
    EXPECT_EQ(encode_report_capabilities(out, {}), 8u);
    EXPECT_EQ(encode_reserve_out(out, {.specifies_ports = true, .transport_ids = ids}), 52u);
    EXPECT_EQ(encode_register_and_move(out, {.transport_id = ids}), 48u);
    FullStatusWriter writer(out, 1);
    writer.add({.transport_id = ids});
    EXPECT_EQ(writer.finish(), 56u);
  });
}

TEST(PersistentReserve, NamesAndTypes) {
  std::set<std::string> names;
  for (unsigned action = 0; action < 32; ++action) {
    const std::string out = name_of(static_cast<ReserveOutAction>(action));
    EXPECT_EQ(out != "reserved", action <= 8) << action;
    const std::string in = name_of(static_cast<ReserveInAction>(action));
    EXPECT_EQ(in != "reserved", action <= 3) << action;
    names.insert({out, in});
  }
  EXPECT_EQ(names.size(), 9u + 4 + 1);
  struct Row {
    unsigned type;
    bool registrants, all, reading;
  };
  constexpr std::array<Row, 6> kTypes = {{{1, false, false, false},
                                          {3, false, false, true},
                                          {5, true, false, false},
                                          {6, true, false, true},
                                          {7, true, true, false},
                                          {8, true, true, true}}};
  unsigned known = 0;
  for (const Row& row : kTypes) {
    const auto type = static_cast<ReservationType>(row.type);
    EXPECT_TRUE(is_known(type));
    EXPECT_EQ(is_for_registrants(type), row.registrants) << row.type;
    EXPECT_EQ(is_all_registrants(type), row.all) << row.type;
    EXPECT_EQ(excludes_reading(type), row.reading) << row.type;
    known |= 1U << row.type;
  }
  for (unsigned value = 0; value < 16; ++value) {
    const auto type = static_cast<ReservationType>(value);
    EXPECT_EQ(is_known(type), (known >> value & 1) != 0) << value;
    EXPECT_EQ(std::string(name_of(type)) != "reserved", value == 0 || is_known(type));
  }
}

}  // namespace
}  // namespace scsi
