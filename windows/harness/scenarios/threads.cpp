// Real threads: MPIO's worker threads and deferred procedures enter the I/O path while devices
// fail, go and come back. Bounded by counts; whatever the threads' order is, at the end nothing may
// be counted and nothing may be left.
#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "base/prng.h"
#include "scsi/cdb.h"
#include "windows/driver/pool.h"
#include "windows/harness/scenario.h"

namespace harness {
namespace {

constexpr unsigned kPaths = 4;
constexpr unsigned kThreads = 4;
constexpr unsigned kRequests = 24;
constexpr unsigned kCommands = 200'000;
constexpr unsigned kRounds = 300;
using driver::kDeviceTag;
constexpr UCHAR kCheckCondition = 0x02;  // without sense data: to be tried again

// A request of MPIO's, begun by whichever thread takes it and ended by another.
struct Traffic {
  std::atomic<bool> taken{false};
  Request request;
  PVOID dsm_id = nullptr;  // that it was sent to; null: it is not under way
};

// MPIO's list of a disk's devices. MPIO keeps a device while it is in the list of a call, and calls
// RemoveDevice when it is in none. Whoever changes the list stands in the entrance, or calls that
// overlap, one always in the list, would keep him waiting for ever.
class DeviceList {
 public:
  void add(PVOID dsm_id, PVOID path) {
    const std::lock_guard no_more(entrance_);
    const std::unique_lock guard(mutex_);
    entries_.push_back({dsm_id, path});
  }
  void remove(PVOID dsm_id) {
    const std::lock_guard no_more(entrance_);
    const std::unique_lock guard(mutex_);
    std::erase_if(entries_, [dsm_id](const Entry& entry) { return entry.dsm_id == dsm_id; });
  }
  std::shared_lock<std::shared_mutex> hold() {
    const std::lock_guard in_turn(entrance_);
    return std::shared_lock(mutex_);
  }
  // While held.
  DSM_IDS* write_to(std::array<uint64_t, 1 + kPaths>& list) const {
    list[0] = entries_.size();
    for (size_t i = 0; i < entries_.size(); ++i) {
      list[1 + i] = reinterpret_cast<uint64_t>(entries_[i].dsm_id);
    }
    return reinterpret_cast<DSM_IDS*>(list.data());
  }
  bool has(PVOID dsm_id) const {
    return std::any_of(entries_.begin(), entries_.end(),
                       [dsm_id](const Entry& entry) { return entry.dsm_id == dsm_id; });
  }
  PVOID find(PVOID path) const {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [path](const Entry& entry) { return entry.path == path; });
    return found == entries_.end() ? nullptr : found->dsm_id;
  }

 private:
  struct Entry {
    PVOID dsm_id;
    PVOID path;
  };
  std::mutex entrance_;
  std::shared_mutex mutex_;
  std::vector<Entry> entries_;
};

class Crowd {
 public:
  explicit Crowd(Scene& scene) : dsm_(scene.mpio.dsm()) {
    for (Traffic& traffic : traffic_) {
      const scsi::Cdb cdb = scsi::make_read(8, 8);
      SCSI_REQUEST_BLOCK& srb = traffic.request.srb;
      std::copy(cdb.bytes.begin(), cdb.bytes.end(), srb.Cdb);
      srb.CdbLength = cdb.length;
      srb.DataTransferLength = 4096;
    }
  }
  ~Crowd() { expect(threads_.empty(), "the threads have ended"); }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  DeviceList list;

  void start() {
    for (unsigned number = 0; number < kThreads; ++number) {
      threads_.emplace_back(
          [this, number, here = std::make_unique<Threads::Visitor>(machine().threads)] {
            run(number, *here);
          });
    }
  }
  // Until so many commands have ended since the last time.
  void wait_for(unsigned commands) {
    const uint64_t wanted = ended_.load() + commands;
    machine().wait_until([&] { return ended_.load() >= wanted; }, "the threads' commands");
  }
  void stop() {
    stop_ = true;
    for (std::thread& thread : threads_) {
      thread.join();
    }
    threads_.clear();
    for (Traffic& traffic : traffic_) {
      if (traffic.dsm_id != nullptr) {
        complete(traffic);
      }
    }
  }
  uint64_t ended() const { return ended_.load(); }
  uint64_t uncounted() const { return uncounted_.load(); }
  uint64_t moved() const { return moved_.load(); }

 private:
  void run(unsigned number, Threads::Visitor& here) {
    base::Prng random(number + 1);
    while (!stop_.load(std::memory_order_relaxed)) {
      here.begin_turn();
      Traffic& traffic = traffic_[random.below(kRequests)];
      if (traffic.taken.exchange(true, std::memory_order_acquire)) {
        continue;
      }
      // Below DISPATCH_LEVEL a thread may run anywhere the next moment.
      Machine::processor = static_cast<uint32_t>(random.below(machine().processors));
      const AtIrql at(random.chance(1, 2) ? DISPATCH_LEVEL : PASSIVE_LEVEL);
      step(traffic, random);
      traffic.taken.store(false, std::memory_order_release);
    }
  }

  void step(Traffic& traffic, base::Prng& random) {
    if (traffic.dsm_id == nullptr) {
      begin(traffic, random);
    } else if (random.chance(1, 8)) {
      fail_once(traffic);
    } else {
      complete(traffic);
    }
  }

  PVOID choose(Request& request) {
    std::array<uint64_t, 1 + kPaths> ids{};
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    const PVOID path =
        dsm_.DsmLBGetPath(dsm_.DsmContext, &request.srb, list.write_to(ids), request.path, &status);
    expect((path != nullptr) == NT_SUCCESS(status), "path and status agree");
    return list.find(path);
  }

  void begin(Traffic& traffic, base::Prng& random) {
    Request& request = traffic.request;
    PVOID& memory = request.irp->Tail.Overlay.CurrentStackLocation->Parameters.Others.Argument3;
    memory = nullptr;
    request.srb.SrbStatus = SRB_STATUS_PENDING;
    const auto held = list.hold();
    const PVOID dsm_id = choose(request);
    if (dsm_id == nullptr || random.chance(1, 16)) {
      return;  // MPIO has dropped it
    }
    dsm_.DsmSetCompletion(dsm_.DsmContext, dsm_id, request.irp, &request.srb, &request.completion);
    traffic.dsm_id = dsm_id;
    if (request.completion.DsmCompletionRoutine == nullptr) {
      traffic.dsm_id = nullptr;  // nobody waits for it
      uncounted_.fetch_add(1, std::memory_order_relaxed);
    }
  }

  // MPIO asks what it means, about a device that it still has, and sends it again without a
  // completion in between.
  void fail_once(Traffic& traffic) {
    const auto held = list.hold();
    if (!list.has(traffic.dsm_id)) {
      complete(traffic);
      return;
    }
    Request& request = traffic.request;
    request.srb.SrbStatus = SRB_STATUS_ERROR;
    request.srb.ScsiStatus = kCheckCondition;
    NTSTATUS status = STATUS_IO_DEVICE_ERROR;
    BOOLEAN retry = FALSE;
    LONG interval_s = 0;
    dsm_.DsmInterpretErrorEx(dsm_.DsmContext, traffic.dsm_id, &request.srb, &status, &retry,
                             &interval_s);
    expect(retry != FALSE, "a command that failed is tried again");
    if (const PVOID dsm_id = choose(request)) {
      moved_.fetch_add(1, std::memory_order_relaxed);
      traffic.dsm_id = dsm_id;
    }
  }

  void complete(Traffic& traffic) {
    Request& request = traffic.request;
    request.srb.SrbStatus = SRB_STATUS_SUCCESS;
    traffic.dsm_id = nullptr;
    request.completion.DsmCompletionRoutine(nullptr, request.irp, &request.srb,
                                            request.completion.DsmContext);
    if (ended_.fetch_add(1) % 64 == 0) {
      machine().threads.announce();
    }
  }

  const DSM_INIT_DATA& dsm_;
  std::array<Traffic, kRequests> traffic_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> ended_{0};
  std::atomic<uint64_t> uncounted_{0};
  std::atomic<uint64_t> moved_{0};
};

void arrive(Scene& scene, Crowd& crowd, unsigned port) {
  ScsiDevice& device = scene.device(port);
  expect(scene.mpio.arrive(device), "port " + std::to_string(port) + " is taken into use");
  crowd.list.add(scene.mpio.dsm_id_of(device), scene.mpio.path_of(device));
}

void remove(Scene& scene, Crowd& crowd, unsigned port, bool orderly) {
  ScsiDevice& device = scene.device(port);
  const PVOID dsm_id = scene.mpio.dsm_id_of(device);
  if (orderly) {
    const DSM_INIT_DATA& dsm = scene.mpio.dsm();
    dsm.DsmRemovePending(dsm.DsmContext, dsm_id);
    crowd.wait_for(10);  // that still see it in their list
  }
  crowd.list.remove(dsm_id);
  scene.mpio.remove(device, false);
  // It may come again when the last of its commands has ended.
  machine().wait_until([] { return machine().pool.count(kDeviceTag) == kPaths - 1; },
                       "the end of a device");
}

// Path 0 stays, so that there is always a way.
void play(const std::string& driver, uint32_t processors, uint32_t policy) {
  machine().processors = processors;
  Scene scene(driver, Scene::symmetric_array(kPaths));
  scene.set_policy(policy);
  scene.must_load();
  Crowd crowd(scene);
  for (unsigned port = 0; port < kPaths; ++port) {
    arrive(scene, crowd, port);
  }
  crowd.start();
  base::Prng random(7);
  for (unsigned round = 0; round < kRounds || crowd.ended() < kCommands; ++round) {
    const auto port = static_cast<unsigned>(random.between(1, kPaths - 1));
    PVOID successor = nullptr;
    switch (random.below(4)) {
      case 0:
        remove(scene, crowd, port, random.chance(1, 2));
        crowd.wait_for(50);
        arrive(scene, crowd, port);
        break;
      case 1:
        scene.mpio.invalidate(scene.mpio.path_of(scene.device(port)), successor);
        crowd.wait_for(50);
        expect(scene.mpio.recover(scene.device(port)), "a path that failed comes back");
        break;
      case 2:
        scene.mpio.move_to(scene.device(port));  // not when it is overtaken
        break;
      default:
        crowd.wait_for(100);
        break;
    }
  }
  crowd.stop();
  expect(crowd.moved() != 0, "retries have gone to another path");
  for (unsigned port = 0; port < kPaths; ++port) {
    scene.mpio.remove(scene.device(port), false);
  }
  machine().settle();
  expect_equal(machine().pool.count(kDeviceTag), 0U, "devices whose commands have ended");
  scene.unload();
}

void one_processor(const std::string& driver) {
  play(driver, 1, kRoundRobin);
}
void four_processors(const std::string& driver) {
  play(driver, 4, kLeastQueueDepth);
}
void least_blocks(const std::string& driver) {
  play(driver, 2, kLeastBlocks);
}

constexpr Scenario kScenarios[] = {
    {"threads/one-processor", one_processor},
    {"threads/four-processors", four_processors},
    {"threads/least-blocks", least_blocks},
};

}  // namespace

std::span<const Scenario> thread_scenarios() {
  return kScenarios;
}

}  // namespace harness
