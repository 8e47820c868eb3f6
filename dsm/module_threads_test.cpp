// The module called from several threads at once, with a lock for the topology and one for each
// LUN: arrivals, removals, errors, answers, operations and settings of three LUNs, while each
// thread sends commands of its own. Worth most under ThreadSanitizer.
#include <gtest/gtest.h>

#include <deque>
#include <latch>
#include <mutex>
#include <thread>

#include "base/prng.h"
#include "dsm/testing/consistency.h"
#include "dsm/testing/test_host.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

constexpr unsigned kThreads = 3;
constexpr unsigned kLuns = 3;
constexpr unsigned kPaths = 4;
constexpr unsigned kStepsPerThread = 4'000;

// Two LUNs may share a lock: no two are ever taken at once.
class RealLocks {
 public:
  LockOps ops() {
    return {.context = this,
            .lock_topology = [](void* self) { of(self).topology_.lock(); },
            .unlock_topology = [](void* self) { of(self).topology_.unlock(); },
            .lock_lun = [](void* self, Lun& lun) { of(self).of(lun).lock(); },
            .unlock_lun = [](void* self, Lun& lun) { of(self).of(lun).unlock(); }};
  }

 private:
  static RealLocks& of(void* self) { return *static_cast<RealLocks*>(self); }
  std::mutex& of(const Lun& lun) {
    return luns_[reinterpret_cast<uintptr_t>(&lun) / sizeof(Lun) % luns_.size()];
  }
  std::mutex topology_;
  std::array<std::mutex, 61> luns_;
};

// What the threads' hosts share. Storage that was released is kept: whoever touches it afterwards
// is found by the sanitizers' and the module's own marks, not by luck.
class Shared {
 public:
  Shared() { config_.lane_count = kThreads, config_.locks = locks_.ops(); }

  Module module{config_};
  std::latch ready{kThreads};
  std::atomic<TimeNs> now{1};
  std::atomic<OperationId> operations{0};
  std::atomic<int> throttles{0};
  std::atomic<unsigned> ended{0};
  std::atomic<uint64_t> objects_held{0};
  std::atomic<unsigned> joined{0};
  std::atomic<unsigned> commands{0};
  // How often each thread has passed a full barrier with no command of a removed nexus in hand.
  std::array<std::atomic<uint64_t>, kThreads> barriers{};

  struct Storage {
    Lun lun;
    std::array<Lane, kThreads> lanes;
    Path path;
    Nexus nexus;
  };
  Storage& storage() {
    const std::lock_guard lock(mutex_);
    return storage_.emplace_back();
  }
  void put(const SentCommand& command) {
    const std::lock_guard lock(mutex_);
    sent_.push_back(command);
  }
  bool take(SentCommand& command, uint64_t any) {
    const std::lock_guard lock(mutex_);
    if (sent_.empty()) {
      return false;
    }
    std::swap(sent_.front(), sent_[any % sent_.size()]);
    command = sent_.front();
    sent_.pop_front();
    return true;
  }

 private:
  Config config_;
  RealLocks locks_;
  std::mutex mutex_;
  std::deque<Storage> storage_;
  std::deque<SentCommand> sent_;
};

class Worker {
 public:
  Worker(Shared& shared, unsigned number)
      : shared_(shared), module_(shared.module), number_(number), random_(number + 1) {}

  void run() {
    shared_.ready.arrive_and_wait();
    for (unsigned i = 0; i < kStepsPerThread; ++i) {
      step();
      pass_barrier();
      if (random_.chance(1, 16)) {
        std::this_thread::yield();  // there may be fewer processors than threads
      }
    }
    while (!tokens_.empty()) {
      end_command();
    }
    shared_.barriers[number_].store(uint64_t{1} << 62);  // nothing in hand any more
  }
  // Nobody else runs any more.
  void come_to_rest() {
    for (int round = 0; round < 200; ++round) {
      for (unsigned thread = 0; thread < kThreads; ++thread) {
        shared_.barriers[thread].fetch_add(1);
      }
      serve_barriers();
      shared_.now.fetch_add(1'000 * kNsPerMs);
      for (SentCommand command; shared_.take(command, 0);) {
        answer(command, scsi::kGood);
      }
      for_each_lun([this](Lun& lun) { on(event::of_lun(EventKind::timer, now(), lun.id)); });
    }
  }
  void remove_everything() {
    for (PathId path = 1; path <= kPaths; ++path) {
      for (unsigned lun = 1; lun <= kLuns; ++lun) {
        on(event::of_nexus(EventKind::nexus_removed, now(), nexus_id(path, lun)));
      }
    }
    come_to_rest();
    for (PathId id = 1; id <= kPaths; ++id) {
      on(event::of_path(EventKind::path_removed, now(), id));
    }
  }
  template <typename F>
  void for_each_lun(F&& f) {
    for (uint8_t number = 1; number <= kLuns; ++number) {
      if (Lun* lun = module_.find_lun(identity_of(number))) {
        f(*lun);
      }
    }
  }

 private:
  TimeNs now() { return shared_.now.fetch_add(kNsPerMs); }
  PathId any_path() { return static_cast<PathId>(random_.between(1, kPaths)); }

  void step() {
    using enum EventKind;
    const NexusId nexus = some_nexus();
    const LunId lun = static_cast<LunId>(random_.between(1, kLuns));
    switch (random_.below(16)) {
      case 0:
        arrive();
        break;
      case 1:
        on(event::of_nexus(nexus_activated, now(), nexus));
        break;
      case 2:
        on(event::of_nexus(random_.chance(1, 4) ? nexus_removing : nexus_removed, now(), nexus));
        break;
      case 3:
        on(event::of_path(random_.chance(1, 3) ? path_failed : path_suspect, now(), any_path()));
        break;
      case 4:
        on(event::of_path(path_verified, now(), any_path()));
        break;
      case 5:
        start({.kind = OperationKind::verify_path, .nexus = nexus});
        break;
      case 6:
        start({.kind = OperationKind::set_policy,
               .lun = lun,
               .settings = {.policy = policies()[random_.below(policies().size())].id}});
        break;
      case 7:
        start({.kind = OperationKind::invalidate_path, .path = any_path()});
        break;
      case 8:
        on(event::of_nexus(set_weight, now(), nexus, static_cast<uint32_t>(random_.below(3))));
        break;
      case 9:
        on(event::of_lun(timer, now(), lun));
        break;
      case 10:
        look();
        break;
      default:
        command();
        break;
    }
    SentCommand sent;
    if (random_.chance(1, 2) && shared_.take(sent, random_.next())) {
      answer(sent, random_.chance(1, 8) ? scsi::kBusy : scsi::kGood);
    }
  }

  static constexpr NexusId nexus_id(PathId path, unsigned lun) { return path * 100 + lun; }
  NexusId some_nexus() {
    return nexus_id(any_path(), static_cast<unsigned>(random_.between(1, kLuns)));
  }

  void arrive() {
    Shared::Storage& storage = shared_.storage();
    const auto lun = static_cast<uint8_t>(random_.between(1, kLuns));
    ClaimResult claim;
    claim.refusal = ClaimRefusal::none;
    claim.identity = identity_of(lun);
    claim.support = AluaSupport::explicit_only;
    claim.has_group = true;
    claim.target_port_group = 1;
    Arrival arrival;
    arrival.claim = &claim;
    arrival.spare_lun_id = lun;
    arrival.spare_lun = &storage.lun;
    arrival.lanes = storage.lanes.data();
    arrival.path = &storage.path;
    arrival.nexus = &storage.nexus;
    shared_.objects_held.fetch_add(4);
    const PathId path = any_path();
    on(event::nexus_arrived(now(), nexus_id(path, lun), path, arrival));
  }
  void start(Operation operation) {
    operation.id = shared_.operations.fetch_add(1) + 1;
    on(event::start(now(), operation));
  }
  void look() {
    Statistics statistics;
    static_cast<void>(module_.statistics(some_nexus(), statistics));
    EXPECT_LT(statistics.reads, uint64_t{1} << 40);
  }

  void command() {
    if (tokens_.size() > 4 || (!tokens_.empty() && random_.chance(1, 2))) {
      if (random_.chance(1, 3)) {
        fail_one();
      }
      end_command();
      return;
    }
    Token token;
    if (module_
            .begin_on_path(token, static_cast<LunId>(random_.between(1, kLuns)), number_,
                           any_path())
            .ok()) {
      // The nexus cannot go, nor its LUN, while this is counted.
      const Pick pick = select(*token.lun, number_, {.lba = 0, .bytes = 512, .is_read = true});
      if (pick.found()) {
        static_cast<void>(note(*token.lun, move(token, pick)));
      }
      tokens_.push_back(token);
      shared_.commands.fetch_add(1);
    }
  }
  bool note(Lun& lun, const MoveResult& moved) {
    if (moved.old_slot == CompleteResult::slot_idle) {
      on(event::of_lun(EventKind::slot_idle, now(), lun.id));
    }
    return moved.moved;
  }
  void fail_one() {
    const Token& token = tokens_.front();
    constexpr uint8_t kCodes[][3] = {{6, 0x2a, 0x06}, {6, 0x29, 0x00}, {2, 0x04, 0x0a}, {0, 0, 0}};
    const auto& code = kCodes[random_.below(std::size(kCodes))];
    const auto bytes = fixed_sense(code[0], code[1], code[2]);
    Actions actions;
    module_.interpret(*token.lun->nexus_at(token.slot),
                      {.scsi_status = scsi::kCheckCondition,
                       .sense = bytes,
                       .opcode = 0x28,
                       .is_rw = true,
                       .now = now()},
                      actions);
    carry_out(actions);
  }
  void end_command() {
    Token token = tokens_.front();
    tokens_.pop_front();
    const LunId id = token.lun->id;
    if (complete(token, {.bytes = 512, .direction = Direction::read}) ==
        CompleteResult::slot_idle) {
      on(event::of_lun(EventKind::slot_idle, now(), id));
    }
  }

  void answer(const SentCommand& command, uint8_t status) {
    std::array<uint8_t, 64> data{};
    size_t size = 0;
    if (command.is_rtpg()) {
      scsi::TargetPortGroups told;
      told.extended = (command.send.cdb.bytes[1] & 0xe0) == 0x20;
      static_cast<void>(told.groups.push_back({.id = 1}));
      size = scsi::encode_target_port_groups(data, told);
    }
    on(event::command_done(
        now(), command.lun, command.nexus,
        {.id = command.send.id, .scsi_status = status, .data_in = base::Bytes(data).first(size)}));
  }

  void on(const Event& event) {
    Actions actions;
    Progress progress = module_.on(event, actions);
    carry_out(actions);
    while (progress == Progress::more) {
      actions.clear();
      progress = module_.resume(event.now, actions);
      carry_out(actions);
    }
  }
  void carry_out(const Actions& actions) {
    for (const Action& action : actions) {
      switch (action.kind) {
        case ActionKind::send:
          shared_.put({action.lun, action.nexus, action.send});
          break;
        case ActionKind::throttle:
          shared_.throttles.fetch_add(1);
          break;
        case ActionKind::resume:
          shared_.throttles.fetch_sub(1);
          break;
        case ActionKind::synchronise_lanes:
          ask_for_barrier(action.lun);
          break;
        case ActionKind::joined:
          shared_.joined.fetch_add(1);
          break;
        case ActionKind::release:
          shared_.objects_held.fetch_sub(1);
          break;
        case ActionKind::op_done:
          shared_.ended.fetch_add(1);
          break;
        default:
          break;
      }
    }
  }

  // A barrier is answered by the thread that was asked for it, when each has passed one since.
  struct Asked {
    LunId lun = 0;
    std::array<uint64_t, kThreads> seen{};
  };
  void ask_for_barrier(LunId lun) {
    Asked asked{.lun = lun};
    for (unsigned thread = 0; thread < kThreads; ++thread) {
      asked.seen[thread] = shared_.barriers[thread].load();
    }
    asked_.push_back(asked);
  }
  void pass_barrier() {
    shared_.barriers[number_].fetch_add(1);  // a full barrier
    serve_barriers();
  }
  void serve_barriers() {
    for (size_t left = asked_.size(); left != 0; --left) {
      const Asked asked = asked_.front();
      asked_.pop_front();
      bool passed = true;
      for (unsigned thread = 0; thread < kThreads; ++thread) {
        passed &= shared_.barriers[thread].load() > asked.seen[thread];
      }
      if (passed) {
        on(event::of_lun(EventKind::lanes_synchronised, now(), asked.lun));
      } else {
        asked_.push_back(asked);
      }
    }
  }

  Shared& shared_;
  Module& module_;
  unsigned number_;
  base::Prng random_;
  std::deque<Token> tokens_;
  std::deque<Asked> asked_;
};

TEST(ModuleThreads, EventsErrorsAndCommandsOfSeveralThreads) {
  Shared shared;
  std::deque<Worker> workers;
  std::vector<std::thread> threads;
  for (unsigned number = 0; number < kThreads; ++number) {
    Worker& worker = workers.emplace_back(shared, number);
    threads.emplace_back([&worker] { worker.run(); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (Worker& worker : workers) {
    worker.come_to_rest();
  }
  workers.front().for_each_lun([](Lun& lun) {
    expect_consistent(lun);
    expect_nothing_counted(lun);
    EXPECT_EQ(lun.operations.size(), 0U);
  });
  EXPECT_EQ(shared.throttles, 0);
  EXPECT_EQ(shared.ended, shared.operations) << "each operation ends once";
  workers.front().remove_everything();
  for (Worker& worker : workers) {
    worker.come_to_rest();
  }
  EXPECT_EQ(shared.objects_held, 0U) << "all storage has come back";
  EXPECT_GT(shared.joined, 12U) << "something must have happened";
  EXPECT_GT(shared.commands, 50U);
}

}  // namespace
}  // namespace dsm::testing
