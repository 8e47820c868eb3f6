// What each service action makes of registrations and reservation, clause by clause: who may, what
// is left, whom a unit attention tells, and that nothing has changed when it was refused.
#include "array/reservations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

namespace array {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using enum scsi::ReservationType;
using Result = ReservationOutcome::Result;
using Type = scsi::ReservationType;
using Claim = Reservations::Claim;

constexpr std::array<Type, 6> kTypes = {write_exclusive,
                                        exclusive_access,
                                        write_exclusive_registrants_only,
                                        exclusive_access_registrants_only,
                                        write_exclusive_all_registrants,
                                        exclusive_access_all_registrants};

NexusName nexus(const std::string& name, unsigned port = 0) {
  return {{name, {0, 0, 0, 0, 0, 1}}, port};
}
const NexusName kA = nexus("a");
const NexusName kB = nexus("b");
const NexusName kC = nexus("c");
constexpr uint64_t kKeyA = 0xa;
constexpr uint64_t kKeyB = 0xb;
constexpr uint64_t kKeyC = 0xc;

// "b2a05": who is told what, in order.
std::vector<std::string> told(const ReservationOutcome& outcome) {
  std::vector<std::string> all;
  for (const auto& each : outcome.attentions) {
    all.push_back(each.nexus.initiator.name + std::to_string(each.code & 0xff));
  }
  return all;
}
std::vector<std::string> names(const std::vector<NexusName>& nexuses) {
  std::vector<std::string> all;
  for (const NexusName& each : nexuses) {
    all.push_back(each.initiator.name);
  }
  return all;
}
std::vector<std::string> registered(const Reservations& table) {
  std::vector<std::string> all;
  for (const Registration& each : table.registrations()) {
    all.push_back(each.nexus.initiator.name + std::to_string(each.key));
  }
  return all;
}

Result add(Reservations& table, const NexusName& who, uint64_t key) {
  return table.register_key(who, {.key = 0, .new_key = key}).result;
}
Result change(Reservations& table, const NexusName& who, uint64_t from, uint64_t to) {
  return table.register_key(who, {.key = from, .new_key = to}).result;
}

// A, B and C are registered, each with its own key.
Reservations three() {
  Reservations table;
  EXPECT_EQ(add(table, kA, kKeyA), Result::good);
  EXPECT_EQ(add(table, kB, kKeyB), Result::good);
  EXPECT_EQ(add(table, kC, kKeyC), Result::good);
  return table;
}
// And A has reserved.
Reservations held(Type type) {
  Reservations table = three();
  EXPECT_TRUE(table.reserve({kA, kKeyA}, {.type = type}).good());
  return table;
}
bool holds(const Reservations& table, const NexusName& who) {
  const Registration* const found = table.find(who);
  return found != nullptr && table.type() != none && table.is_holder(*found);
}

// Calls `act` on a copy; what it did must be nothing.
template <typename Act>
void expect_refused(const Reservations& table, Result why, Act&& act) {
  Reservations copy = table;
  const ReservationOutcome outcome = act(copy);
  EXPECT_EQ(outcome.result, why);
  EXPECT_EQ(copy, table) << "a refused service action has changed something";
  EXPECT_THAT(outcome.attentions, IsEmpty());
  EXPECT_THAT(outcome.preempted, IsEmpty());
}

// --- REGISTER

TEST(Register, AnUnregisteredNexus) {
  Reservations table;
  expect_refused(table, Result::conflict,
                 [](Reservations& t) { return t.register_key(kA, {.key = 1, .new_key = 2}); });
  expect_refused(table, Result::conflict,
                 [](Reservations& t) { return t.register_key(kA, {.key = 1, .new_key = 0}); });
  expect_refused(table, Result::good, [](Reservations& t) {
    return t.register_key(kA, {.key = 0, .new_key = 0, .persists = true});
  });
  EXPECT_EQ(table.generation(), 0u);
  EXPECT_EQ(add(table, kA, kKeyA), Result::good);
  EXPECT_THAT(registered(table), ElementsAre("a10"));
  EXPECT_EQ(table.generation(), 1u);
  EXPECT_EQ(table.type(), none);
}

TEST(Register, ARegisteredNexus) {
  Reservations table = three();
  for (const uint64_t wrong : {uint64_t{0}, kKeyB}) {
    for (const uint64_t next : {uint64_t{0}, uint64_t{77}}) {
      expect_refused(table, Result::conflict, [&](Reservations& t) {
        return t.register_key(kA, {.key = wrong, .new_key = next});
      });
    }
  }
  EXPECT_EQ(change(table, kA, kKeyA, 77), Result::good);
  EXPECT_THAT(registered(table), ElementsAre("a77", "b11", "c12"));
  EXPECT_EQ(change(table, kA, 77, 0), Result::good);
  EXPECT_THAT(registered(table), ElementsAre("b11", "c12"));
  EXPECT_EQ(table.generation(), 5u);
}

TEST(Register, IgnoringTheExistingKey) {
  Reservations table;
  EXPECT_TRUE(table.register_key(kA, {.key = {}, .new_key = 5}).good());
  EXPECT_TRUE(table.register_key(kA, {.key = {}, .new_key = 6}).good());
  EXPECT_THAT(registered(table), ElementsAre("a6"));
  EXPECT_TRUE(table.register_key(kA, {.key = {}, .new_key = 0}).good());
  EXPECT_THAT(registered(table), IsEmpty());
  EXPECT_EQ(table.generation(), 3u);
  EXPECT_TRUE(table.register_key(kA, {.key = {}, .new_key = 0}).good());
  EXPECT_EQ(table.generation(), 3u) << "nothing was done";
}

TEST(Register, TheSameNameAtAnotherPortIsAnotherNexus) {
  Reservations table;
  add(table, nexus("a", 0), 1);
  EXPECT_EQ(table.find(nexus("a", 1)), nullptr);
  NexusName other_isid = nexus("a", 0);
  other_isid.initiator.isid[5] = 2;
  EXPECT_EQ(table.find(other_isid), nullptr);
  add(table, nexus("a", 1), 2);
  add(table, other_isid, 3);
  EXPECT_THAT(registered(table), ElementsAre("a1", "a2", "a3"));
}

TEST(Register, AChangedKeyKeepsTheReservation) {
  for (const Type type : kTypes) {
    Reservations table = held(type);
    EXPECT_EQ(change(table, kA, kKeyA, 77), Result::good);
    EXPECT_TRUE(holds(table, kA));
    EXPECT_EQ(table.reservation()->key, scsi::is_all_registrants(type) ? 0u : 77u);
  }
}

TEST(Register, PersistsAsTheLastOneWants) {
  Reservations table;
  EXPECT_FALSE(table.persists());
  table.register_key(kA, {.key = 0, .new_key = 1, .persists = true});
  EXPECT_TRUE(table.persists());
  table.register_key(kB, {.key = 0, .new_key = 2, .persists = false});
  EXPECT_FALSE(table.persists());
  table.register_key(kA, {.key = 1, .new_key = 0, .persists = true});
  EXPECT_TRUE(table.persists());
  table.reserve({kB, 2}, {.type = write_exclusive});
  EXPECT_TRUE(table.persists()) << "no business of RESERVE";
}

TEST(Register, AtAllTargetPorts) {
  const NexusName here = nexus("a", 0);
  const std::vector<NexusName> elsewhere = {nexus("a", 1), nexus("a", 2)};
  Reservations table;
  EXPECT_TRUE(table.register_key(here, {.key = 0, .new_key = 1, .elsewhere = elsewhere}).good());
  EXPECT_EQ(table.registrations().size(), 3u);
  EXPECT_EQ(table.generation(), 1u);
  EXPECT_TRUE(table.register_key(here, {.key = 1, .new_key = 2, .elsewhere = elsewhere}).good());
  EXPECT_THAT(registered(table), ElementsAre("a2", "a2", "a2"));
  EXPECT_EQ(change(table, nexus("a", 2), 2, 3), Result::good);
  expect_refused(table, Result::conflict, [&](Reservations& t) {
    return t.register_key(here, {.key = 2, .new_key = 4, .elsewhere = elsewhere});
  });
  EXPECT_TRUE(table.register_key(here, {.key = {}, .new_key = 5, .elsewhere = elsewhere}).good());
  EXPECT_THAT(registered(table), ElementsAre("a5", "a5", "a5"));
  add(table, kB, kKeyB);
  EXPECT_TRUE(table.register_key(here, {.key = 5, .new_key = 0, .elsewhere = elsewhere}).good());
  EXPECT_THAT(registered(table), ElementsAre("b11"));
}

TEST(Register, ForOtherPorts) {
  Reservations table;
  add(table, kC, kKeyC);
  Reservations::Register wanted{
      .key = 0, .new_key = 9, .specifies_ports = true, .specified = {kB, kC, kB, kA}};
  EXPECT_TRUE(table.register_key(kA, wanted).good());
  EXPECT_THAT(registered(table), ElementsAre("c12", "a9", "b9"))
      << "who is registered keeps its key; nobody stands there twice";
  EXPECT_EQ(table.generation(), 2u);
  wanted.key = 9;
  expect_refused(table, Result::invalid_action,
                 [&](Reservations& t) { return t.register_key(kA, wanted); });
  wanted.new_key = 0;
  expect_refused(table, Result::invalid_action,
                 [&](Reservations& t) { return t.register_key(kA, wanted); });
  wanted.key = 0;
  expect_refused(table, Result::conflict,
                 [&](Reservations& t) { return t.register_key(kA, wanted); });
  expect_refused(table, Result::invalid_action,
                 [&](Reservations& t) { return t.register_key(nexus("d"), wanted); });
}

TEST(Register, AsManyAsThereIsRoomForAndNotOneMore) {
  Reservations table;
  for (size_t i = 0; i < Reservations::kMaxRegistrations; ++i) {
    ASSERT_EQ(add(table, nexus("n" + std::to_string(i)), 1), Result::good);
  }
  expect_refused(table, Result::no_resources,
                 [](Reservations& t) { return t.register_key(kA, {.key = 0, .new_key = 1}); });
  EXPECT_EQ(change(table, nexus("n5"), 1, 2), Result::good) << "needs no room";
  EXPECT_EQ(change(table, nexus("n5"), 2, 0), Result::good);
  expect_refused(table, Result::no_resources, [](Reservations& t) {
    return t.register_key(kA, {.key = 0, .new_key = 1, .specifies_ports = true, .specified = {kB}});
  });
  EXPECT_EQ(add(table, kA, 1), Result::good);
}

// --- unregistering

TEST(Unregister, OfTheHolderReleases) {
  for (const Type type : kTypes) {
    SCOPED_TRACE(scsi::name_of(type));
    Reservations table = held(type);
    const auto outcome = table.register_key(kA, {.key = kKeyA, .new_key = 0});
    EXPECT_TRUE(outcome.good());
    if (scsi::is_all_registrants(type)) {
      EXPECT_TRUE(holds(table, kB)) << "held as long as somebody is registered";
      EXPECT_THAT(told(outcome), IsEmpty());
    } else if (scsi::is_for_registrants(type)) {
      EXPECT_EQ(table.type(), none);
      EXPECT_THAT(told(outcome), UnorderedElementsAre("b4", "c4"));
    } else {
      EXPECT_EQ(table.type(), none);
      EXPECT_THAT(told(outcome), IsEmpty());
    }
    EXPECT_THAT(registered(table), ElementsAre("b11", "c12"));
  }
}

TEST(Unregister, OfAnotherLeavesTheReservation) {
  for (const Type type : kTypes) {
    Reservations table = held(type);
    const auto outcome = table.register_key(kB, {.key = kKeyB, .new_key = 0});
    EXPECT_THAT(told(outcome), IsEmpty());
    EXPECT_TRUE(holds(table, kA));
    EXPECT_EQ(table.type(), type);
  }
}

TEST(Unregister, TheLastOfAllRegistrantsReleases) {
  for (const Type type : {write_exclusive_all_registrants, exclusive_access_all_registrants}) {
    Reservations table = held(type);
    EXPECT_EQ(change(table, kA, kKeyA, 0), Result::good);
    EXPECT_EQ(change(table, kB, kKeyB, 0), Result::good);
    EXPECT_EQ(table.type(), type);
    EXPECT_EQ(change(table, kC, kKeyC, 0), Result::good);
    EXPECT_EQ(table.type(), none);
    EXPECT_EQ(add(table, kB, 1), Result::good);
    EXPECT_FALSE(table.reservation()) << "it does not come back";
  }
}

TEST(Unregister, AtAllTargetPortsTellsOnlyWhoIsLeft) {
  Reservations table;
  const NexusName other = nexus("a", 1);
  table.register_key(kA, {.key = 0, .new_key = 1, .elsewhere = {other}});
  add(table, kB, kKeyB);
  table.reserve({other, 1}, {.type = write_exclusive_registrants_only});
  const auto outcome = table.register_key(kA, {.key = 1, .new_key = 0, .elsewhere = {other}});
  EXPECT_THAT(told(outcome), ElementsAre("b4"));
  EXPECT_EQ(table.type(), none);
}

// --- every action but registering

TEST(Actions, NeedARegisteredSenderWithItsKey) {
  for (const Type type : {none, write_exclusive, exclusive_access_all_registrants}) {
    const Reservations table = type == none ? three() : held(type);
    for (const Reservations::Sender& sender :
         {Reservations::Sender{nexus("d"), 0}, Reservations::Sender{nexus("d"), kKeyA},
          Reservations::Sender{nexus("a", 1), kKeyA}, Reservations::Sender{kA, kKeyB},
          Reservations::Sender{kA, 0}}) {
      const Claim claim{.type = write_exclusive};
      expect_refused(table, Result::conflict,
                     [&](Reservations& t) { return t.reserve(sender, claim); });
      expect_refused(table, Result::conflict,
                     [&](Reservations& t) { return t.release(sender, claim); });
      expect_refused(table, Result::conflict, [&](Reservations& t) { return t.clear(sender); });
      expect_refused(table, Result::conflict,
                     [&](Reservations& t) { return t.preempt(sender, kKeyB, claim); });
      expect_refused(table, Result::conflict, [&](Reservations& t) {
        return t.move(sender, {.receiver = kB, .receiver_key = 1});
      });
    }
  }
}

TEST(Actions, ScopesAndTypesThatAreNone) {
  const Reservations table = three();
  for (unsigned type = 0; type < 16; ++type) {
    for (const uint8_t scope : {uint8_t{0}, uint8_t{1}, uint8_t{2}, uint8_t{15}}) {
      const Claim claim{scope, static_cast<Type>(type)};
      const bool good =
          scope == 0 && std::find(kTypes.begin(), kTypes.end(), claim.type) != kTypes.end();
      Reservations copy = table;
      EXPECT_EQ(copy.reserve({kA, kKeyA}, claim).result,
                good ? Result::good : Result::invalid_type);
      copy = held(write_exclusive);
      EXPECT_EQ(copy.preempt({kB, kKeyB}, kKeyA, claim).result,
                good ? Result::good : Result::invalid_type);
      EXPECT_EQ(copy.preempt({kB, kKeyB}, kKeyC, claim).result, Result::good)
          << "neither is looked at when only registrations go";
    }
  }
}

// --- RESERVE

TEST(Reserve, OnceAndAgain) {
  for (const Type type : kTypes) {
    Reservations table = held(type);
    EXPECT_EQ(table.generation(), 3u) << "RESERVE does not count";
    EXPECT_TRUE(holds(table, kA));
    EXPECT_EQ(holds(table, kB), scsi::is_all_registrants(type));
    EXPECT_EQ(table.reservation()->key, scsi::is_all_registrants(type) ? 0 : kKeyA);
    EXPECT_EQ(table.reservation()->type, type);
    for (const Type wanted : kTypes) {
      const bool same = wanted == type;
      expect_refused(table, same ? Result::good : Result::conflict, [&](Reservations& t) {
        return t.reserve({kA, kKeyA}, {.type = wanted});
      });
      const bool holder = same && scsi::is_all_registrants(type);
      expect_refused(table, holder ? Result::good : Result::conflict, [&](Reservations& t) {
        return t.reserve({kB, kKeyB}, {.type = wanted});
      });
    }
  }
}

TEST(Reserve, WhoComesLaterIsARegistrantToo) {
  Reservations table = held(write_exclusive_all_registrants);
  add(table, nexus("d"), 5);
  EXPECT_TRUE(holds(table, nexus("d")));
  table = held(write_exclusive);
  add(table, nexus("d"), 5);
  EXPECT_FALSE(holds(table, nexus("d")));
}

TEST(Reserve, WhoTakesPart) {
  EXPECT_FALSE(three().takes_part(kA.initiator, kA.port)) << "in nothing";
  for (const Type type : kTypes) {
    const Reservations table = held(type);
    EXPECT_TRUE(table.takes_part(kA.initiator, kA.port));
    EXPECT_EQ(table.takes_part(kB.initiator, kB.port),
              type != write_exclusive && type != exclusive_access);
    EXPECT_FALSE(table.takes_part(kA.initiator, 1));
    EXPECT_FALSE(table.takes_part({"d", {}}, 0));
  }
}

// --- RELEASE

TEST(Release, ByItsHolder) {
  for (const Type type : kTypes) {
    SCOPED_TRACE(scsi::name_of(type));
    Reservations table = held(type);
    for (const Type wrong : kTypes) {
      if (wrong != type) {
        expect_refused(table, Result::invalid_release, [&](Reservations& t) {
          return t.release({kA, kKeyA}, {.type = wrong});
        });
      }
    }
    expect_refused(table, Result::invalid_release, [&](Reservations& t) {
      return t.release({kA, kKeyA}, {1, type});
    });
    const auto outcome = table.release({kA, kKeyA}, {.type = type});
    EXPECT_TRUE(outcome.good());
    EXPECT_EQ(table.type(), none);
    EXPECT_THAT(registered(table), ElementsAre("a10", "b11", "c12"));
    EXPECT_EQ(table.generation(), 3u) << "RELEASE does not count";
    if (scsi::is_for_registrants(type)) {
      EXPECT_THAT(told(outcome), UnorderedElementsAre("b4", "c4"));
    } else {
      EXPECT_THAT(told(outcome), IsEmpty());
    }
    expect_refused(table, Result::good, [&](Reservations& t) {
      return t.release({kA, kKeyA}, {.type = type});
    });
  }
}

TEST(Release, ByAnotherRegistrant) {
  for (const Type type : kTypes) {
    Reservations table = held(type);
    if (scsi::is_all_registrants(type)) {
      EXPECT_THAT(told(table.release({kB, kKeyB}, {.type = type})),
                  UnorderedElementsAre("a4", "c4"));
      EXPECT_EQ(table.type(), none);
    } else {
      expect_refused(table, Result::good, [&](Reservations& t) {
        return t.release({kB, kKeyB}, {.type = type});
      });
      expect_refused(table, Result::good, [&](Reservations& t) {
        return t.release({kB, kKeyB}, {3, exclusive_access});
      });
    }
  }
}

// --- CLEAR

TEST(Clear, TakesAllAndTellsAllOthers) {
  for (const Type type : kTypes) {
    Reservations table = held(type);
    const auto outcome = table.clear({kB, kKeyB});
    EXPECT_TRUE(outcome.good());
    EXPECT_THAT(told(outcome), UnorderedElementsAre("a3", "c3"));
    EXPECT_THAT(registered(table), IsEmpty());
    EXPECT_FALSE(table.reservation());
    EXPECT_EQ(table.generation(), 4u);
    EXPECT_THAT(outcome.preempted, IsEmpty());
  }
  Reservations table = three();
  EXPECT_THAT(told(table.clear({kA, kKeyA})), UnorderedElementsAre("b3", "c3"));
  EXPECT_THAT(registered(table), IsEmpty());
}

// --- PREEMPT

TEST(Preempt, RegistrationsWhereNothingIsReserved) {
  Reservations table = three();
  expect_refused(table, Result::invalid_key, [](Reservations& t) {
    return t.preempt({kA, kKeyA}, 0, {.type = write_exclusive});
  });
  expect_refused(table, Result::conflict, [](Reservations& t) {
    return t.preempt({kA, kKeyA}, 99, {.type = write_exclusive});
  });
  const auto outcome = table.preempt({kA, kKeyA}, kKeyB, {.type = write_exclusive});
  EXPECT_THAT(told(outcome), ElementsAre("b5"));
  EXPECT_THAT(names(outcome.preempted), ElementsAre("b"));
  EXPECT_THAT(registered(table), ElementsAre("a10", "c12"));
  EXPECT_FALSE(table.reservation()) << "nothing was there to take over";
  EXPECT_EQ(table.generation(), 4u);
}

TEST(Preempt, AFormerHolderHasNothingToTakeOver) {
  for (const Type type : kTypes) {
    Reservations table = held(type);
    ASSERT_TRUE(table.release({kA, kKeyA}, {.type = type}).good());
    EXPECT_TRUE(table.preempt({kB, kKeyB}, kKeyA, {.type = exclusive_access}).good());
    EXPECT_FALSE(table.reservation());
    EXPECT_THAT(registered(table), ElementsAre("b11", "c12"));
  }
}

TEST(Preempt, AllNexusesThatBearTheKey) {
  Reservations table = three();
  add(table, nexus("d"), kKeyB);
  const auto outcome = table.preempt({kA, kKeyA}, kKeyB, {});
  EXPECT_THAT(told(outcome), UnorderedElementsAre("b5", "d5"));
  EXPECT_THAT(registered(table), ElementsAre("a10", "c12"));
}

TEST(Preempt, OnesOwnRegistration) {
  Reservations table = three();
  add(table, nexus("d"), kKeyA);
  const auto outcome = table.preempt({kA, kKeyA}, kKeyA, {});
  EXPECT_THAT(told(outcome), ElementsAre("d5")) << "the sender knows";
  EXPECT_THAT(registered(table), ElementsAre("b11", "c12"));
}

TEST(Preempt, AnotherThanTheHolderLeavesTheReservation) {
  for (const Type type : kTypes) {
    Reservations table = held(type);
    const auto outcome = table.preempt({kB, kKeyB}, kKeyC, {.type = exclusive_access});
    EXPECT_THAT(told(outcome), ElementsAre("c5"));
    EXPECT_THAT(registered(table), ElementsAre("a10", "b11"));
    EXPECT_EQ(table.type(), type) << "the type in the CDB is not looked at";
    EXPECT_TRUE(holds(table, kA));
  }
}

TEST(Preempt, TheHolder) {
  for (const Type type : {write_exclusive, exclusive_access, write_exclusive_registrants_only,
                          exclusive_access_registrants_only}) {
    for (const Type wanted : kTypes) {
      SCOPED_TRACE(std::string(scsi::name_of(type)) + " to " + scsi::name_of(wanted));
      Reservations table = held(type);
      expect_refused(table, Result::invalid_key, [&](Reservations& t) {
        return t.preempt({kB, kKeyB}, 0, {.type = wanted});
      });
      const auto outcome = table.preempt({kB, kKeyB}, kKeyA, {.type = wanted});
      EXPECT_TRUE(outcome.good());
      EXPECT_THAT(names(outcome.preempted), ElementsAre("a"));
      EXPECT_THAT(registered(table), ElementsAre("b11", "c12"));
      EXPECT_EQ(table.type(), wanted);
      EXPECT_TRUE(holds(table, kB));
      EXPECT_EQ(holds(table, kC), scsi::is_all_registrants(wanted));
      EXPECT_EQ(table.reservation()->key, scsi::is_all_registrants(wanted) ? 0 : kKeyB);
      EXPECT_EQ(table.generation(), 4u);
      if (type == wanted) {
        EXPECT_THAT(told(outcome), ElementsAre("a5"));
      } else {
        EXPECT_THAT(told(outcome), UnorderedElementsAre("a5", "c4"))
            << "who stays registered is told that another type came";
      }
    }
  }
}

TEST(Preempt, OneselfAsTheHolder) {
  Reservations table = held(write_exclusive);
  add(table, nexus("d"), kKeyA);
  const auto outcome = table.preempt({kA, kKeyA}, kKeyA, {.type = exclusive_access});
  EXPECT_THAT(registered(table), ElementsAre("a10", "b11", "c12")) << "the sender stays";
  EXPECT_THAT(told(outcome), UnorderedElementsAre("d5", "b4", "c4"));
  EXPECT_THAT(names(outcome.preempted), UnorderedElementsAre("a", "d"));
  EXPECT_TRUE(holds(table, kA));
  EXPECT_EQ(table.type(), exclusive_access);
}

TEST(Preempt, AHolderWithOnesOwnKey) {
  Reservations table = held(write_exclusive);
  add(table, nexus("d"), kKeyA);
  const auto outcome = table.preempt({nexus("d"), kKeyA}, kKeyA, {.type = write_exclusive});
  EXPECT_THAT(registered(table), ElementsAre("b11", "c12", "d10"));
  EXPECT_THAT(told(outcome), ElementsAre("a5"));
  EXPECT_TRUE(holds(table, nexus("d")));
}

TEST(Preempt, AllRegistrantsByKeyZero) {
  for (const Type type : {write_exclusive_all_registrants, exclusive_access_all_registrants}) {
    for (const Type wanted : kTypes) {
      Reservations table = held(type);
      const auto outcome = table.preempt({kB, kKeyB}, 0, {.type = wanted});
      EXPECT_TRUE(outcome.good());
      EXPECT_THAT(registered(table), ElementsAre("b11"));
      EXPECT_THAT(told(outcome), UnorderedElementsAre("a5", "c5"));
      EXPECT_THAT(names(outcome.preempted), UnorderedElementsAre("a", "c"));
      EXPECT_EQ(table.type(), wanted);
      EXPECT_EQ(table.reservation()->key, scsi::is_all_registrants(wanted) ? 0 : kKeyB);
    }
    Reservations table = held(type);
    expect_refused(table, Result::invalid_type, [](Reservations& t) {
      return t.preempt({kB, kKeyB}, 0, {.type = none});
    });
  }
}

TEST(Preempt, OneOfAllRegistrantsByItsKey) {
  Reservations table = held(exclusive_access_all_registrants);
  auto outcome = table.preempt({kB, kKeyB}, kKeyA, {.type = write_exclusive});
  EXPECT_THAT(registered(table), ElementsAre("b11", "c12"));
  EXPECT_THAT(told(outcome), ElementsAre("a5"));
  EXPECT_EQ(table.type(), exclusive_access_all_registrants);
  expect_refused(table, Result::conflict, [](Reservations& t) {
    return t.preempt({kB, kKeyB}, kKeyA, {});
  });
  EXPECT_TRUE(table.preempt({kC, kKeyC}, kKeyB, {}).good());
  outcome = table.preempt({kC, kKeyC}, kKeyC, {});
  EXPECT_THAT(registered(table), IsEmpty());
  EXPECT_FALSE(table.reservation()) << "the last registrant has gone";
  EXPECT_THAT(told(outcome), IsEmpty());
}

TEST(Preempt, TheOnlyRegistrantMayChangeTheType) {
  Reservations table;
  add(table, kA, kKeyA);
  table.reserve({kA, kKeyA}, {.type = write_exclusive_all_registrants});
  EXPECT_TRUE(table.preempt({kA, kKeyA}, 0, {.type = exclusive_access}).good());
  EXPECT_EQ(table.type(), exclusive_access);
  EXPECT_TRUE(holds(table, kA));
}

// --- REGISTER AND MOVE

TEST(Move, ToARegisteredOrANewNexus) {
  for (const bool unregister : {false, true}) {
    for (const NexusName& receiver : {kB, nexus("d", 3)}) {
      Reservations table = held(exclusive_access_registrants_only);
      const auto outcome = table.move(
          {kA, kKeyA},
          {.receiver = receiver, .receiver_key = 0xd, .unregister = unregister, .persists = true});
      ASSERT_TRUE(outcome.good());
      EXPECT_THAT(told(outcome), IsEmpty());
      EXPECT_TRUE(holds(table, receiver));
      EXPECT_FALSE(holds(table, kA));
      EXPECT_EQ(table.find(kA) == nullptr, unregister);
      EXPECT_EQ(table.find(receiver)->key, 0xdu);
      EXPECT_EQ(table.type(), exclusive_access_registrants_only);
      EXPECT_EQ(table.reservation()->key, 0xdu);
      EXPECT_EQ(table.generation(), 4u);
      EXPECT_TRUE(table.persists());
      EXPECT_EQ(table.registrations().size(), 3u + (receiver == kB ? 0 : 1) - (unregister ? 1 : 0));
    }
  }
}

TEST(Move, Refusals) {
  const Reservations::Move wanted{.receiver = kB, .receiver_key = 0xd};
  expect_refused(three(), Result::invalid_action, [&](Reservations& t) {
    return t.move({kA, kKeyA}, wanted);
  });
  for (const Type type : kTypes) {
    const Reservations table = held(type);
    expect_refused(table, Result::conflict, [&](Reservations& t) {
      return t.move({kC, kKeyC}, wanted);
    });
    if (scsi::is_all_registrants(type)) {
      expect_refused(table, Result::conflict, [&](Reservations& t) {
        return t.move({kA, kKeyA}, wanted);
      });
    } else {
      expect_refused(table, Result::invalid_key, [&](Reservations& t) {
        return t.move({kA, kKeyA}, {.receiver = kB, .receiver_key = 0});
      });
    }
  }
}

TEST(Move, NeedsRoomUnlessTheSenderGoes) {
  Reservations table = held(write_exclusive);
  while (table.registrations().size() < Reservations::kMaxRegistrations) {
    add(table, nexus("n" + std::to_string(table.registrations().size())), 1);
  }
  expect_refused(table, Result::no_resources, [](Reservations& t) {
    return t.move({kA, kKeyA}, {.receiver = nexus("d"), .receiver_key = 1});
  });
  EXPECT_TRUE(
      table.move({kA, kKeyA}, {.receiver = nexus("d"), .receiver_key = 1, .unregister = true})
          .good());
  EXPECT_EQ(table.registrations().size(), Reservations::kMaxRegistrations);
}

// --- power

TEST(Power, OnlyWhatWasToPersistSurvives) {
  Reservations table = held(write_exclusive);
  table.lose_power();
  EXPECT_EQ(table, Reservations());
  table = held(write_exclusive);
  EXPECT_TRUE(table.register_key(kB, {.key = kKeyB, .new_key = kKeyB, .persists = true}).good());
  table.lose_power();
  EXPECT_TRUE(holds(table, kA));
  EXPECT_THAT(registered(table), ElementsAre("a10", "b11", "c12"));
  EXPECT_TRUE(table.persists());
  EXPECT_EQ(table.generation(), 0u);
}

TEST(Restore, WhatContradictsItselfIsRefused) {
  const std::vector<Registration> two = {{kA, 1}, {kB, 2}};
  const auto restored = Reservations::restore(two, write_exclusive, 1);
  ASSERT_TRUE(restored);
  EXPECT_TRUE(holds(*restored, kB));
  EXPECT_FALSE(holds(*restored, kA));
  EXPECT_TRUE(restored->persists());
  EXPECT_TRUE(Reservations::restore(two, none, {}));
  EXPECT_TRUE(Reservations::restore({}, none, {}));
  EXPECT_TRUE(Reservations::restore(two, write_exclusive_all_registrants, {}));
  EXPECT_FALSE(Reservations::restore(two, write_exclusive_all_registrants, 0));
  EXPECT_FALSE(Reservations::restore({}, write_exclusive_all_registrants, {}));
  EXPECT_FALSE(Reservations::restore(two, none, 0));
  EXPECT_FALSE(Reservations::restore(two, write_exclusive, {}));
  EXPECT_FALSE(Reservations::restore(two, write_exclusive, 2));
  EXPECT_FALSE(Reservations::restore(two, static_cast<Type>(2), 0));
  EXPECT_FALSE(Reservations::restore({{kA, 1}, {kA, 2}}, none, {}));
  EXPECT_FALSE(Reservations::restore({{kA, 0}}, none, {}));
  std::vector<Registration> many;
  for (size_t i = 0; i < Reservations::kMaxRegistrations; ++i) {
    many.push_back({nexus("n" + std::to_string(i)), 1});
  }
  EXPECT_TRUE(Reservations::restore(many, none, {}));
  many.push_back({kA, 1});
  EXPECT_FALSE(Reservations::restore(many, none, {}));
}

}  // namespace
}  // namespace array
