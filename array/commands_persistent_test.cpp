// PERSISTENT RESERVE IN and OUT as commands: what their bytes say, every refusal with its sense
// code, TransportIDs, and whom unit attentions reach.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "array/testing/persistent.h"
#include "scsi/opcodes.h"

namespace array {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace testing;  // of this room
using enum scsi::ReservationType;

constexpr auto kRegister = ReserveOutAction::register_key;
constexpr auto kIgnore = ReserveOutAction::register_and_ignore_existing_key;
constexpr auto kMove = ReserveOutAction::register_and_move;
constexpr scsi::Isid kIsid = {0x80, 0, 0, 0, 0, 7};
constexpr scsi::Isid kNoIsid = {};  // that of the rig's hosts

struct PersistentTest : ::testing::Test {
  Rig rig;
  Host& a = rig.host();
  Host& b = rig.host(1);
  Host& c = rig.host(1);

  void register_all() {
    ASSERT_EQ(register_with(a, 1).status, scsi::kGood);
    ASSERT_EQ(register_with(b, 2).status, scsi::kGood);
    ASSERT_EQ(register_with(c, 3).status, scsi::kGood);
  }
  Outcome move(Host& host, const scsi::RegisterAndMoveList& list) {
    Raw bytes(scsi::encode_register_and_move({}, list));
    scsi::encode_register_and_move(bytes, list);
    const auto length = static_cast<uint32_t>(bytes.size());
    return host.send(
        scsi::make_persistent_reserve_out({.action = kMove, .parameter_bytes = length}), bytes);
  }
  // The nexuses of READ FULL STATUS: "1 iqn.host0 p1 holder".
  std::vector<std::string> full_status(Host& host) {
    std::vector<std::string> all;
    const Raw data = reserve_in(host, ReserveInAction::read_full_status);
    const auto header = scsi::decode_reserve_in_header(data);
    EXPECT_TRUE(header && header->complete());
    scsi::FullStatusWalk walk(header->list);
    while (const auto status = walk.next()) {
      scsi::TransportIdWalk ids(status->transport_id);
      const auto id = ids.next();
      EXPECT_TRUE(id && id->isid);
      EXPECT_FALSE(status->all_target_ports);
      all.push_back(std::to_string(status->key) + " " + std::string(id->name) + " p" +
                    std::to_string(status->relative_target_port) +
                    (status->holder ? " holds " + std::to_string(int(status->type)) : ""));
    }
    EXPECT_FALSE(walk.truncated());
    return all;
  }
};

// --- PERSISTENT RESERVE IN

TEST_F(PersistentTest, KeysAndGeneration) {
  EXPECT_EQ(reserve_in(a, ReserveInAction::read_keys), Raw(8));
  register_all();
  EXPECT_THAT(keys_seen(b), ElementsAre(1, 2, 3));
  EXPECT_EQ(reserve_in(a, ReserveInAction::read_keys)[3], 3);
  const Raw cut = reserve_in(a, ReserveInAction::read_keys, 12);
  EXPECT_EQ(cut, (Raw{0, 0, 0, 3, 0, 0, 0, 24, 0, 0, 0, 0})) << "the length says what there is";
  EXPECT_EQ(reserve_in(a, ReserveInAction::read_keys, 0), Raw());
}

TEST_F(PersistentTest, Reservation) {
  register_all();
  EXPECT_EQ(reserve_in(c, ReserveInAction::read_reservation), (Raw{0, 0, 0, 3, 0, 0, 0, 0}));
  EXPECT_EQ(reserve_with(b, 2, exclusive_access).status, scsi::kGood);
  EXPECT_EQ(reserve_in(c, ReserveInAction::read_reservation),
            (Raw{0, 0, 0, 3, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 3, 0, 0}));
}

TEST_F(PersistentTest, Capabilities) {
  EXPECT_EQ(reserve_in(a, ReserveInAction::report_capabilities),
            (Raw{0, 8, 0x1d, 0xb0, 0xea, 0x01, 0, 0}));
  register_with(a, 1, true);
  EXPECT_EQ(reserve_in(a, ReserveInAction::report_capabilities)[3], 0xb1) << "PTPL_A";
  register_with(a, 1, false);
  EXPECT_EQ(reserve_in(a, ReserveInAction::report_capabilities)[3], 0xb0);
}

TEST_F(PersistentTest, FullStatus) {
  EXPECT_THAT(full_status(a), IsEmpty());
  register_all();
  EXPECT_THAT(full_status(a), ElementsAre("1 iqn.host0 p1", "2 iqn.host1 p2", "3 iqn.host2 p2"));
  reserve_with(b, 2, write_exclusive_registrants_only);
  EXPECT_THAT(full_status(a),
              ElementsAre("1 iqn.host0 p1", "2 iqn.host1 p2 holds 5", "3 iqn.host2 p2"));
  reserve_out(b, ReserveOutAction::release, Keys{2}, write_exclusive_registrants_only);
  reserve_with(b, 2, write_exclusive_all_registrants);
  rig.hosts.front().clear_attentions();
  EXPECT_THAT(full_status(a), ElementsAre("1 iqn.host0 p1 holds 7", "2 iqn.host1 p2 holds 7",
                                          "3 iqn.host2 p2 holds 7"));
}

TEST_F(PersistentTest, FullStatusOfTheLongestNames) {
  const std::string name(scsi::kMaxIscsiNameBytes, 'n');
  Host& longest = rig.hosts.emplace_back(*rig.array, 0, name);
  longest.clear_attentions();
  register_with(longest, 1);
  register_with(a, 2);
  EXPECT_THAT(full_status(a), ElementsAre("1 " + name + " p1", "2 iqn.host0 p1"));
}

TEST_F(PersistentTest, ServiceActionsThatAreNone) {
  for (unsigned action = 0; action < 32; ++action) {
    const Outcome in = a.send({0x5e, action, 0, 0, 0, 0, 0, 1, 0, 0});
    EXPECT_EQ(in.code(), action <= 3 ? 0u : 0x052400u) << action;
    if (action > 7) {
      const Outcome out = a.send({0x5f, action, 0x01, 0, 0, 0, 0, 0, 24, 0}, Raw(24));
      EXPECT_EQ(out.code(), 0x052400u) << action;
      EXPECT_EQ(out.field(), 1u);
    }
  }
}

// --- parameter lists

TEST_F(PersistentTest, ParameterListLengths) {
  const Raw long_enough(100);
  for (const ReserveOutAction action :
       {kRegister, ReserveOutAction::reserve, ReserveOutAction::release, ReserveOutAction::clear,
        ReserveOutAction::preempt, ReserveOutAction::preempt_and_abort, kIgnore}) {
    for (const uint32_t length : {0U, 8U, 23U, 25U, 28U, 0x01000018U}) {
      const auto cdb = scsi::make_persistent_reserve_out(
          {.action = action, .type = write_exclusive, .parameter_bytes = length});
      EXPECT_EQ(a.send(cdb, long_enough).code(), 0x051a00u)
          << scsi::name_of(action) << " " << length;
    }
    const auto cdb = scsi::make_persistent_reserve_out(
        {.action = action, .type = write_exclusive, .parameter_bytes = 24});
    EXPECT_EQ(a.send(cdb, Raw(23)).code(), 0x051a00u) << "less was sent than promised";
    EXPECT_NE(a.send(cdb, long_enough).code(), 0x051a00u) << "more was sent than promised";
  }
  for (const uint32_t length : {0U, 23U}) {
    EXPECT_EQ(
        a.send(scsi::make_persistent_reserve_out({.action = kMove, .parameter_bytes = length}),
               long_enough)
            .code(),
        0x051a00u);
  }
  Raw promises_more(48);
  promises_more[23] = 28;
  EXPECT_EQ(a.send(scsi::make_persistent_reserve_out({.action = kMove, .parameter_bytes = 48}),
                   promises_more)
                .code(),
            0x051a00u);
}

TEST_F(PersistentTest, TransportIdListLengths) {
  const Raw id = iscsi_id("iqn.other", &kIsid);
  const scsi::ReserveOutList list{
      .service_action_key = 5, .specifies_ports = true, .transport_ids = id};
  Raw bytes(200);
  bytes.resize(scsi::encode_reserve_out(bytes, list));
  for (uint32_t length = 24; length < bytes.size(); ++length) {
    EXPECT_EQ(
        a.send(scsi::make_persistent_reserve_out({.action = kRegister, .parameter_bytes = length}),
               bytes)
            .code(),
        0x051a00u)
        << length;
  }
  const auto promised = static_cast<uint32_t>(bytes.size() + 4);
  EXPECT_EQ(
      a.send(scsi::make_persistent_reserve_out({.action = kRegister, .parameter_bytes = promised}),
             bytes)
          .code(),
      0x051a00u)
      << "less was sent than promised";
  bytes[27] = static_cast<uint8_t>(bytes[27] - 4);  // the TransportID is cut
  const Outcome cut =
      a.send(scsi::make_persistent_reserve_out(
                 {.action = kRegister, .parameter_bytes = static_cast<uint32_t>(bytes.size())}),
             bytes);
  EXPECT_EQ(cut.code(), 0x052600u);
  EXPECT_EQ(cut.field(), 28u);
  EXPECT_THAT(keys_seen(a), IsEmpty());
}

TEST_F(PersistentTest, SpecifiedPortsOnlyWithRegister) {
  register_all();
  const Raw id = iscsi_id("iqn.other", &kIsid);
  for (const ReserveOutAction action :
       {ReserveOutAction::reserve, ReserveOutAction::release, ReserveOutAction::clear,
        ReserveOutAction::preempt, ReserveOutAction::preempt_and_abort, kIgnore}) {
    const scsi::ReserveOutList list{
        .key = 1, .service_action_key = 1, .specifies_ports = true, .transport_ids = id};
    const Outcome outcome = reserve_out(a, action, list, write_exclusive);
    EXPECT_EQ(outcome.code(), 0x052600u) << scsi::name_of(action);
    EXPECT_EQ(outcome.field(), 20u);
  }
  EXPECT_THAT(keys_seen(a), ElementsAre(1, 2, 3));
}

// --- refusals and their sense

TEST_F(PersistentTest, EveryRefusal) {
  EXPECT_EQ(reserve_with(a, 1, write_exclusive).status, scsi::kReservationConflict);
  EXPECT_EQ(reserve_out(a, kRegister, Keys{1, 2}).status, scsi::kReservationConflict);
  register_all();
  Outcome outcome = reserve_with(a, 1, static_cast<ReservationType>(4));
  EXPECT_EQ(outcome.code(), 0x052400u);
  EXPECT_EQ(outcome.field(), 2u);
  outcome = a.send(scsi::make_persistent_reserve_out({.action = ReserveOutAction::reserve,
                                                      .type = write_exclusive,
                                                      .scope = 2,
                                                      .parameter_bytes = 24}),
                   Raw{0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(outcome.code(), 0x052400u);
  EXPECT_EQ(reserve_with(a, 1, write_exclusive).status, scsi::kGood);
  EXPECT_EQ(reserve_with(b, 2, write_exclusive).status, scsi::kReservationConflict);
  EXPECT_EQ(reserve_out(a, ReserveOutAction::release, Keys{1}, exclusive_access).code(), 0x052604u);
  outcome = reserve_out(b, ReserveOutAction::preempt, Keys{2, 0}, write_exclusive);
  EXPECT_EQ(outcome.code(), 0x052600u);
  EXPECT_EQ(outcome.field(), 8u);
  EXPECT_EQ(reserve_out(b, ReserveOutAction::preempt, Keys{2, 99}, write_exclusive).status,
            scsi::kReservationConflict);
  EXPECT_THAT(attentions_of(b), IsEmpty());
  EXPECT_EQ(type_seen(b), write_exclusive);
}

TEST_F(PersistentTest, NoMoreRegistrationsThanThereIsRoomFor) {
  for (size_t i = 0; i < Reservations::kMaxRegistrations; i += 2) {
    const std::string name = "iqn.many" + std::to_string(i);
    Host& host = rig.hosts.emplace_back(*rig.array, 0, name);
    host.clear_attentions();
    EXPECT_EQ(reserve_out(host, kRegister,
                          scsi::ReserveOutList{.service_action_key = 1, .all_target_ports = true})
                  .status,
              scsi::kGood);
  }
  EXPECT_EQ(reserve_out(a, kRegister, Keys{0, 1}).code(), 0x055504u);
  EXPECT_EQ(keys_seen(a).size(), Reservations::kMaxRegistrations);
}

// --- other ports

TEST_F(PersistentTest, AllTargetPorts) {
  scsi::ReserveOutList list{.service_action_key = 5, .all_target_ports = true};
  EXPECT_EQ(reserve_out(a, kRegister, list).status, scsi::kGood);
  EXPECT_THAT(full_status(b), ElementsAre("5 iqn.host0 p1", "5 iqn.host0 p2"));
  list.key = 5;
  list.service_action_key = 0;
  EXPECT_EQ(reserve_out(a, kRegister, list).status, scsi::kGood);
  EXPECT_THAT(full_status(b), IsEmpty());
}

TEST_F(PersistentTest, PortsByTransportId) {
  Raw ids = iscsi_id("iqn.host1", &kNoIsid);
  const Raw absent = iscsi_id("iqn.nobody-yet", &kIsid);
  ids.insert(ids.end(), absent.begin(), absent.end());
  scsi::ReserveOutList list{.service_action_key = 5, .specifies_ports = true, .transport_ids = ids};
  EXPECT_EQ(reserve_out(a, kRegister, list).status, scsi::kGood);
  EXPECT_THAT(full_status(a),
              ElementsAre("5 iqn.host0 p1", "5 iqn.host1 p1", "5 iqn.nobody-yet p1"));
  const Outcome again =
      reserve_out(a, kRegister, {.key = 5, .service_action_key = 6, .specifies_ports = true});
  EXPECT_EQ(again.code(), 0x052400u) << "only for who is not registered";
  EXPECT_EQ(again.field(), 1u);
  // Who comes later by that name is registered.
  Host& later = rig.hosts.emplace_back(*rig.array, 0, "iqn.host1");
  later.clear_attentions();
  EXPECT_EQ(reserve_with(later, 5, exclusive_access).status, scsi::kGood);
  EXPECT_EQ(b.send(scsi::make_read(0, 1)).status, scsi::kReservationConflict)
      << "at another target port it is not";
}

TEST_F(PersistentTest, PortsByTransportIdAtAllTargetPorts) {
  const Raw id = iscsi_id("iqn.host1", &kNoIsid);
  EXPECT_EQ(reserve_out(a, kRegister,
                        scsi::ReserveOutList{.service_action_key = 5,
                                             .specifies_ports = true,
                                             .all_target_ports = true,
                                             .transport_ids = id})
                .status,
            scsi::kGood);
  EXPECT_THAT(full_status(a), ::testing::UnorderedElementsAre("5 iqn.host0 p1", "5 iqn.host0 p2",
                                                              "5 iqn.host1 p1", "5 iqn.host1 p2"));
}

TEST_F(PersistentTest, ANodeIsItsPortsThatAreLoggedIn) {
  const auto attempt = [&](const std::string& name) {
    const Raw id = iscsi_id(name, nullptr);
    return reserve_out(a, kRegister,
                       scsi::ReserveOutList{
                           .service_action_key = 5, .specifies_ports = true, .transport_ids = id});
  };
  EXPECT_EQ(attempt("iqn.nobody").code(), 0x052600u);
  EXPECT_THAT(full_status(a), IsEmpty()) << "all or nothing";
  EXPECT_EQ(attempt("iqn.host2").status, scsi::kGood);
  EXPECT_THAT(full_status(a), ElementsAre("5 iqn.host0 p1", "5 iqn.host2 p1"));
}

TEST_F(PersistentTest, MorePortsThanATableCanTake) {
  const Raw id = iscsi_id("iqn.again-and-again", &kIsid);
  const auto with = [&](size_t count) {
    Raw ids;
    for (size_t i = 0; i < count; ++i) {
      ids.insert(ids.end(), id.begin(), id.end());
    }
    return reserve_out(a, kRegister,
                       scsi::ReserveOutList{
                           .service_action_key = 5, .specifies_ports = true, .transport_ids = ids});
  };
  EXPECT_EQ(with(Reservations::kMaxRegistrations + 1).code(), 0x055504u);
  EXPECT_EQ(with(100'000).code(), 0x055504u);
  EXPECT_THAT(keys_seen(a), IsEmpty());
  EXPECT_EQ(with(Reservations::kMaxRegistrations).status, scsi::kGood);
  EXPECT_THAT(keys_seen(a), ElementsAre(5, 5));
}

TEST_F(PersistentTest, PortsOfOtherProtocolsAreNoneOfOurs) {
  Raw id(24);
  scsi::encode_port_name_transport_id(id, scsi::ProtocolId::fibre_channel, 1);
  const Outcome outcome = reserve_out(
      a, kRegister,
      scsi::ReserveOutList{.service_action_key = 5, .specifies_ports = true, .transport_ids = id});
  EXPECT_EQ(outcome.code(), 0x052600u);
  EXPECT_EQ(outcome.field(), 28u);
  EXPECT_THAT(keys_seen(a), IsEmpty());
}

// --- REGISTER AND MOVE

TEST_F(PersistentTest, Move) {
  register_with(a, 1);
  reserve_with(a, 1, write_exclusive);
  const Raw id = iscsi_id("iqn.host1", &kNoIsid);
  const scsi::RegisterAndMoveList list{.key = 1,
                                       .service_action_key = 9,
                                       .unregister = true,
                                       .persists = true,
                                       .relative_target_port = 2,
                                       .transport_id = id};
  EXPECT_EQ(move(a, list).status, scsi::kGood);
  EXPECT_THAT(full_status(a), ElementsAre("9 iqn.host1 p2 holds 1"));
  EXPECT_EQ(a.send(scsi::make_write(0, 1), Raw(512)).status, scsi::kReservationConflict);
  EXPECT_EQ(b.send(scsi::make_write(0, 1), Raw(512)).status, scsi::kGood);
  EXPECT_EQ(reserve_in(a, ReserveInAction::report_capabilities)[3], 0xb1);
  const Raw own_other_port = iscsi_id("iqn.host1", &kIsid);
  EXPECT_EQ(move(b, {.key = 9,
                     .service_action_key = 4,
                     .relative_target_port = 1,
                     .transport_id = own_other_port})
                .status,
            scsi::kGood);
  EXPECT_THAT(full_status(a), ElementsAre("9 iqn.host1 p2", "4 iqn.host1 p1 holds 1"));
}

TEST_F(PersistentTest, MovesThatAreRefused) {
  register_all();
  const Raw receiver = iscsi_id("iqn.host1", &kNoIsid);
  const scsi::RegisterAndMoveList good{
      .key = 1, .service_action_key = 9, .relative_target_port = 2, .transport_id = receiver};
  EXPECT_EQ(move(a, good).code(), 0x052400u) << "nothing is reserved";
  reserve_with(a, 1, exclusive_access);
  const auto expect = [&](const scsi::RegisterAndMoveList& list, uint32_t code, unsigned field) {
    const Outcome outcome = move(a, list);
    EXPECT_EQ(outcome.code(), code);
    EXPECT_EQ(outcome.field(), field);
  };
  auto bad = good;
  bad.service_action_key = 0;
  expect(bad, 0x052600, 8);
  bad = good;
  bad.relative_target_port = 0;
  expect(bad, 0x052600, 18);
  bad.relative_target_port = 3;
  expect(bad, 0x052600, 18);
  const Raw own = iscsi_id("iqn.host0", &kNoIsid);
  const Raw node = iscsi_id("iqn.host1", nullptr);
  Raw two = receiver;
  two.insert(two.end(), receiver.begin(), receiver.end());
  Raw fibre_channel(24);
  for (const Raw& id : {own, node, two, fibre_channel, Raw()}) {
    bad = good;
    bad.transport_id = id;
    expect(bad, 0x052600, 24);
  }
  bad = good;
  bad.key = 2;
  EXPECT_EQ(move(a, bad).status, scsi::kReservationConflict);
  bad.key = 3;
  EXPECT_EQ(move(c, bad).status, scsi::kReservationConflict) << "not the holder";
  EXPECT_THAT(full_status(a),
              ElementsAre("1 iqn.host0 p1 holds 3", "2 iqn.host1 p2", "3 iqn.host2 p2"));
  EXPECT_EQ(move(a, good).status, scsi::kGood);
}

// --- unit attentions

struct AttentionCase {
  const char* name;
  ReservationType type;  // that A has reserved
  ReserveOutAction action;
  Keys keys;
  ReservationType wanted;
  // What A, B (the sender when B's key comes first) and C are told.
  std::vector<uint16_t> a, b, c;
};

TEST(PersistentAttentions, ReachExactlyThoseWhomTheStandardNames) {
  const std::vector<AttentionCase> cases = {
      {"CLEAR", write_exclusive, ReserveOutAction::clear, {2}, none, {0x2a03}, {}, {0x2a03}},
      {"PREEMPT the holder",
       write_exclusive,
       ReserveOutAction::preempt,
       {2, 1},
       write_exclusive,
       {0x2a05},
       {},
       {}},
      {"PREEMPT with another type",
       write_exclusive,
       ReserveOutAction::preempt,
       {2, 1},
       exclusive_access,
       {0x2a05},
       {},
       {0x2a04}},
      {"PREEMPT a registration",
       write_exclusive,
       ReserveOutAction::preempt,
       {2, 3},
       write_exclusive,
       {},
       {},
       {0x2a05}},
      {"PREEMPT all registrants",
       write_exclusive_all_registrants,
       ReserveOutAction::preempt,
       {2, 0},
       write_exclusive,
       {0x2a05},
       {},
       {0x2a05}},
      {"RELEASE for registrants",
       write_exclusive_registrants_only,
       ReserveOutAction::release,
       {1},
       write_exclusive_registrants_only,
       {},
       {0x2a04},
       {0x2a04}},
      {"RELEASE of one's own",
       write_exclusive,
       ReserveOutAction::release,
       {1},
       write_exclusive,
       {},
       {},
       {}},
      {"unregistering the holder",
       exclusive_access_registrants_only,
       kRegister,
       {1, 0},
       none,
       {},
       {0x2a04},
       {0x2a04}},
      {"RESERVE again",
       exclusive_access,
       ReserveOutAction::reserve,
       {1},
       exclusive_access,
       {},
       {},
       {}},
  };
  for (const AttentionCase& one : cases) {
    SCOPED_TRACE(one.name);
    Config config = Rig::usual();
    config.luns.push_back({.size_bytes = 1U << 20});
    Rig rig(config);
    std::array<Host*, 4> hosts = {&rig.host(), &rig.host(1), &rig.host(1), &rig.host(0)};
    for (size_t i = 0; i < hosts.size(); ++i) {
      attentions_of(*hosts[i], 1);
      if (i < 3) {
        register_with(*hosts[i], i + 1);
      }
    }
    ASSERT_EQ(reserve_with(*hosts[0], 1, one.type).status, scsi::kGood);
    EXPECT_EQ(reserve_out(*hosts[one.keys.own - 1], one.action, one.keys, one.wanted).status,
              scsi::kGood);
    EXPECT_EQ(attentions_of(*hosts[0]), one.a);
    EXPECT_EQ(attentions_of(*hosts[1]), one.b);
    EXPECT_EQ(attentions_of(*hosts[2]), one.c);
    EXPECT_THAT(attentions_of(*hosts[3]), IsEmpty()) << "a stranger";
    for (Host* const host : hosts) {
      EXPECT_THAT(attentions_of(*host, 1), IsEmpty()) << "another LUN";
    }
  }
}

TEST(PersistentAttentions, AreOfTheLunThatWasMeant) {
  Config config = Rig::usual();
  config.luns.push_back({.size_bytes = 1U << 20});
  Rig rig(config);
  Host& a = rig.host();
  Host& b = rig.host(1);
  uint64_t key = 0;
  for (Host* const host : {&a, &b}) {
    attentions_of(*host, 1);
    EXPECT_EQ(reserve_out(*host, kRegister, Keys{0, ++key}, none, 1).status, scsi::kGood);
  }
  EXPECT_EQ(reserve_out(b, ReserveOutAction::clear, Keys{2}, none, 1).status, scsi::kGood);
  EXPECT_THAT(attentions_of(a, 1), ElementsAre(0x2a03));
  EXPECT_THAT(attentions_of(a, 0), IsEmpty());
}

// --- beside RESERVE and RELEASE

TEST_F(PersistentTest, ConflictsWhileTheUnitIsReservedTheOldWay) {
  ASSERT_EQ(a.send({0x16, 0, 0, 0, 0, 0}).status, scsi::kGood);
  for (Host* const host : {&a, &b}) {
    EXPECT_EQ(reserve_out(*host, kRegister, Keys{0, 1}).status, scsi::kReservationConflict);
    EXPECT_EQ(host->send(scsi::make_persistent_reserve_in(ReserveInAction::read_keys, 8)).status,
              scsi::kReservationConflict);
  }
  ASSERT_EQ(a.send({0x17, 0, 0, 0, 0, 0}).status, scsi::kGood);
  EXPECT_EQ(reserve_out(b, kRegister, Keys{0, 1}).status, scsi::kGood);
}

TEST_F(PersistentTest, TheOldWayHasNoEffectForWhoHoldsTheUnit) {
  register_all();
  reserve_with(a, 1, write_exclusive_registrants_only);
  for (Host* const host : {&a, &b}) {
    EXPECT_EQ(host->send({0x16, 0, 0, 0, 0, 0}).status, scsi::kGood);
  }
  EXPECT_EQ(c.send(scsi::make_write(0, 1), Raw(512)).status, scsi::kGood) << "nothing is reserved";
  EXPECT_EQ(a.send({0x17, 0, 0, 0, 0, 0}).status, scsi::kGood);
  EXPECT_EQ(type_seen(a), write_exclusive_registrants_only);
  EXPECT_EQ(a.send({0x16, 1, 0, 0, 0, 0}).code(), 0x052400u) << "wrong is wrong all the same";
}

// --- access states

TEST_F(PersistentTest, InStandbyButNotUnavailable) {
  for (const auto& [state, code] : {std::pair{scsi::AccessState::standby, 0U},
                                    std::pair{scsi::AccessState::unavailable, 0x02040cU},
                                    std::pair{scsi::AccessState::transitioning, 0x02040aU}}) {
    ASSERT_TRUE(rig.array->set_group_state(1, state).ok());
    a.clear_attentions();
    attentions_of(a);
    EXPECT_EQ(register_with(a, 1).code(), code);
    EXPECT_EQ(a.send(scsi::make_persistent_reserve_in(ReserveInAction::read_keys, 8)).code(), code);
  }
}

}  // namespace
}  // namespace array
