// Memory that runs out: the N-th grant fails, for every N - of storage for what arrives, and of
// buffers for the DSM's own commands. Whatever could not be had then, the module stays consistent,
// holds nothing that it does not use, and once there is memory again the host's next attempt brings
// everything to where it would have been.
#include <gtest/gtest.h>

#include <string>

#include "dsm/step.h"
#include "dsm/testing/consistency.h"
#include "dsm/testing/reserving_target.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

// Grants `first` .. `first + count - 1` fail; counted from 0.
struct Scarcity {
  unsigned first = 0;
  unsigned count = 0;
  unsigned asked = 0;
  std::function<bool()> grant() {
    return [this] {
      const unsigned number = asked++;
      return number < first || number >= first + count;
    };
  }
};

constexpr unsigned kLuns = 2;
constexpr unsigned kPaths = 3;
constexpr int kPatience = 20;  // more attempts than grants fail in a row

constexpr NexusId nexus_id(unsigned path, unsigned lun) {
  return path * 100 + lun;
}

// What a host such as MPIO does when something is refused: it comes again later.
template <typename Host>
class Persistent : public Host {
 public:
  using Host::Host;

  void check() {
    size_t nexuses = 0;
    for (uint8_t number = 1; number <= kLuns; ++number) {
      if (Lun* lun = this->module->find_lun(identity_of(number))) {
        expect_consistent(*lun);
        nexuses += lun->nexus_count;
      }
    }
    EXPECT_EQ(this->nexuses_held(), nexuses) << "storage of nexuses that the module does not use";
  }
  virtual void answer_everything() { this->answer_all(); }
  // Until nothing is under way any more.
  void rest() {
    for (int round = 0; round < kPatience; ++round) {
      answer_everything();
      this->advance_ms(1'000);
      check();
    }
    EXPECT_TRUE(this->sent.empty());
  }
  template <typename Attempt>
  void insist(const char* what, Attempt&& attempt) {
    for (int i = 0; i < kPatience; ++i) {
      const bool done = attempt();
      check();
      if (done) {
        return;
      }
      this->advance_ms(100);
    }
    FAIL() << what << " is refused on and on: " << this->last_refusal.message();
  }

  void arrives(NexusId id, const PathSpec& spec) {
    insist("the arrival", [&] {
      const size_t held = this->storage_held();
      if (this->add(id, spec).ok()) {
        return true;
      }
      EXPECT_EQ(this->storage_held(), held) << "a refusal leaves nothing behind";
      return false;
    });
    verified(id);
    this->activate(id);
    answer_everything();
    check();
  }
  void verified(NexusId id) { ends_well({.kind = OperationKind::verify_path, .nexus = id}); }
  void ends_well(const Operation& operation) {
    insist("an operation", [&] {
      const OperationId id = this->start(operation);
      for (int i = 0; i < kPatience && !this->ended(id); ++i) {
        answer_everything();
        this->advance_ms(1'000);
      }
      return this->ended(id) && this->code(id) == base::Code::ok;
    });
  }
  // A path whose nexuses are removed and come again.
  void removed(NexusId id) {
    this->on(event::of_nexus(EventKind::nexus_removed, this->now, id));
    rest();
    EXPECT_EQ(this->module->find_nexus(id), nullptr);
  }
  std::string lun_as_text(uint8_t number) {
    Lun& lun = this->lun(number);
    std::string text = this->states(number) + " policy " +
                       std::to_string(static_cast<int>(lun.plan.policy->id)) + " candidates " +
                       std::to_string(base::count_bits(lun.candidates()));
    for_each_nexus(lun,
                   [&](const Nexus& nexus) { text += nexus.registered ? " registered" : " -"; });
    expect_nothing_counted(lun);
    return text;
  }
};

// Two LUNs with explicit ALUA over three paths: arrival, verification, I/O, a policy, a failure
// with its failover, removal, return, and the end.
std::string life_with_alua(Scarcity& scarcity) {
  using enum EventKind;
  Persistent<OperationHost> host(PolicyId::round_robin_subset);
  host.grant = scarcity.grant();
  host.groups = {{1, scsi::AccessState::active_optimized},
                 {2, scsi::AccessState::active_nonoptimized},
                 {3, scsi::AccessState::standby}};
  for (uint8_t lun = 1; lun <= kLuns; ++lun) {
    for (unsigned path = 1; path <= kPaths; ++path) {
      host.arrives(nexus_id(path, lun), {.group = static_cast<uint16_t>(path),
                                         .support = AluaSupport::explicit_only,
                                         .lun_number = lun});
    }
  }
  Token token = host.begin();
  EXPECT_TRUE(token.counted());
  host.sense(host.nexus_of(token), scsi::kUnitAttention, 0x2a, 0x06);
  host.check();
  host.complete(token);
  host.rest();

  host.ends_well({.kind = OperationKind::set_policy,
                  .lun = host.lun(1).id,
                  .settings = {.policy = PolicyId::fail_over_only, .preferred = nexus_id(2, 1)}});
  host.ends_well({.kind = OperationKind::activate_group, .lun = host.lun(2).id, .group = 3});
  host.rest();

  host.fail_path(3);
  host.check();
  host.rest();
  EXPECT_NE(host.next(), 0U) << "there are two more";
  host.verified(nexus_id(3, 1));
  host.activate(nexus_id(3, 1));
  host.rest();

  host.removed(nexus_id(2, 1));
  host.arrives(nexus_id(2, 1),
               {.group = 2, .support = AluaSupport::explicit_only, .lun_number = 1});
  host.rest();

  const std::string end = host.lun_as_text(1) + " / " + host.lun_as_text(2);
  for (uint8_t lun = 1; lun <= kLuns; ++lun) {
    for (unsigned path = 1; path <= kPaths; ++path) {
      host.removed(nexus_id(path, lun));
    }
  }
  for (PathId path = 1; path <= kPaths; ++path) {
    host.on(event::of_path(path_removed, host.now, path));
  }
  EXPECT_EQ(host.storage_held(), 0U);
  EXPECT_EQ(host.count(ActionKind::throttle), host.count(ActionKind::resume));
  return end;
}

struct ReservingWithoutPaths : ReservingHost {
  ReservingWithoutPaths() : ReservingHost(0) {}
};

struct PersistentReserving : Persistent<ReservingWithoutPaths> {
  void answer_everything() override { serve(); }
  // A PERSISTENT RESERVE OUT of the client, which tries again when it is told that nothing was
  // sent.
  void reserves(scsi::ReserveOutAction action, uint64_t key, uint64_t service_action_key,
                scsi::ReservationType with = scsi::ReservationType::none) {
    insist("a reservation command", [&] {
      const OperationId id = ask(action, key, service_action_key, with);
      for (int i = 0; i < kPatience && !ended(id); ++i) {
        serve();
        advance_ms(1'000);
      }
      return ended(id) && told(id) == "GOOD";
    });
  }
};

// One LUN: a key, a reservation, a late path, a path that fails while it holds the reservation.
std::string life_with_reservations(Scarcity& scarcity) {
  using scsi::ReserveOutAction;
  constexpr uint64_t kKey = 0xa11ce;
  PersistentReserving host;
  host.grant = scarcity.grant();
  host.arrives(1, {});
  host.arrives(2, {});
  host.reserves(ReserveOutAction::register_and_ignore_existing_key, 0, kKey);
  host.reserves(ReserveOutAction::reserve, kKey, 0, scsi::ReservationType::write_exclusive);
  host.rest();
  host.arrives(3, {});
  host.rest();
  EXPECT_EQ(host.keys.size(), 3U) << "the late path is registered, too";

  host.fail_path(1);
  host.check();
  host.rest();
  EXPECT_TRUE(host.is_held_by(2) || host.is_held_by(3)) << "by a path that works";
  host.verified(1);
  host.activate(1);
  host.rest();

  const std::string end = host.lun_as_text(1);
  host.reserves(ReserveOutAction::release, kKey, 0, scsi::ReservationType::write_exclusive);
  host.reserves(ReserveOutAction::register_and_ignore_existing_key, 0, 0);
  host.rest();
  EXPECT_TRUE(host.keys.empty());
  for (NexusId id = 1; id <= 3; ++id) {
    host.removed(id);
    host.on(event::of_path(EventKind::path_removed, host.now, id));
  }
  EXPECT_EQ(host.storage_held(), 0U);
  return end;
}

using Life = std::string (*)(Scarcity&);

void every_grant_fails_once(Life life) {
  Scarcity plenty;
  const std::string wanted = life(plenty);
  ASSERT_GT(plenty.asked, 20U);
  for (const unsigned in_a_row : {1U, 2U, 5U}) {
    for (unsigned first = 0; first < plenty.asked && !::testing::Test::HasFailure(); ++first) {
      SCOPED_TRACE("grants " + std::to_string(first) + " and on fail, " + std::to_string(in_a_row) +
                   " in all");
      Scarcity scarcity{.first = first, .count = in_a_row};
      EXPECT_EQ(life(scarcity), wanted);
      EXPECT_GT(scarcity.asked, first) << "this life does not come so far";
    }
  }
}

TEST(Grants, TheNthFailsInALifeWithAlua) {
  every_grant_fails_once(&life_with_alua);
}

TEST(Grants, TheNthFailsInALifeWithReservations) {
  every_grant_fails_once(&life_with_reservations);
}

}  // namespace
}  // namespace dsm::testing
