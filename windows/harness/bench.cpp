// See bench.h. Each round begins and ends commands through the entry points of the loaded driver,
// as MPIO does: LBGetPath, SetCompletion, and the completion routine of the oldest of those under
// way. Beside it the same number of calls of an entry point that does nothing.
#include "windows/harness/bench.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <thread>

#include "base/prng.h"
#include "dsm/policy.h"
#include "scsi/cdb.h"
#include "windows/harness/fast_kernel.h"
#include "windows/harness/scenario.h"

namespace harness {
namespace {

constexpr unsigned kPaths = 8;
constexpr unsigned kLuns = 2;
constexpr unsigned kUnderWay = 16;
constexpr unsigned kCommands = 500'000;  // of a round
constexpr unsigned kRounds = 7;
constexpr uint32_t kBlockBytes = 512;

array::Config array_of_bench() {
  array::Config config = Scene::symmetric_array(kLuns * kPaths);
  config.luns.push_back(config.luns.front());
  return config;
}

uint64_t thread_time_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

// A LUN as MPIO knows it: the list of its DsmIds, and which of them a path means.
struct Disk {
  std::array<uint64_t, 1 + kPaths> list{};
  std::array<PVOID, 256> by_port{};

  DSM_IDS* ids() { return reinterpret_cast<DSM_IDS*>(list.data()); }
  // The bus number of a path's number is the adapter's.
  PVOID& at(PVOID path) { return by_port[(reinterpret_cast<uintptr_t>(path) >> 16) & 0xff]; }
};

// One thread's commands.
class Load {
 public:
  Load(const DSM_INIT_DATA& dsm, Disk& disk, uint64_t seed) : dsm_(dsm), disk_(disk) {
    base::Prng random(seed);
    for (Request& request : requests_) {
      const auto blocks = static_cast<uint32_t>(random.between(1, 8) * 8);
      const scsi::Cdb cdb = scsi::make_read(random.below(1U << 20), blocks);
      std::copy(cdb.bytes.begin(), cdb.bytes.end(), request.srb.Cdb);
      request.srb.CdbLength = cdb.length;
      request.srb.DataTransferLength = blocks * kBlockBytes;
      request.srb.SrbStatus = SRB_STATUS_SUCCESS;
    }
  }

  // CPU time per command.
  double run() {
    const uint64_t begun = thread_time_ns();
    for (unsigned i = 0; i < kCommands; ++i) {
      Request& request = requests_[i % kUnderWay];
      if (i >= kUnderWay) {
        complete(request);
      }
      start(request);
    }
    const uint64_t taken = thread_time_ns() - begun;
    for (Request& request : requests_) {
      complete(request);
    }
    return static_cast<double>(taken) / kCommands;
  }
  double run_empty() {
    const uint64_t begun = thread_time_ns();
    for (unsigned i = 0; i < kCommands; ++i) {
      for (ULONG call = 1; call <= 3; ++call) {
        dsm_.DsmIsAddressTypeSupported(dsm_.DsmContext, call);
      }
    }
    return static_cast<double>(thread_time_ns() - begun) / kCommands;
  }

 private:
  void start(Request& request) {
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    request.irp->Tail.Overlay.CurrentStackLocation->Parameters.Others.Argument3 = nullptr;
    const PVOID path =
        dsm_.DsmLBGetPath(dsm_.DsmContext, &request.srb, disk_.ids(), nullptr, &status);
    dsm_.DsmSetCompletion(dsm_.DsmContext, disk_.at(path), request.irp, &request.srb,
                          &request.completion);
  }
  static void complete(Request& request) {
    if (request.completion.DsmCompletionRoutine == nullptr) {
      fail("a command was not counted");
    }
    request.completion.DsmCompletionRoutine(nullptr, request.irp, &request.srb,
                                            request.completion.DsmContext);
  }

  const DSM_INIT_DATA& dsm_;
  Disk& disk_;
  std::array<Request, kUnderWay> requests_;
};

double best(std::vector<double> times) {
  return *std::min_element(times.begin(), times.end());
}

// Two threads, on the processors given; the slower one's time, at the best of the rounds.
double two_threads(std::array<Load*, 2> loads, std::array<uint32_t, 2> processors) {
  std::vector<double> rounds;
  for (unsigned round = 0; round < kRounds; ++round) {
    std::atomic<unsigned> ready{0};
    std::array<double, 2> times{};
    std::array<std::thread, 2> threads;
    for (unsigned i = 0; i < 2; ++i) {
      threads[i] = std::thread([&, i] {
        Machine::processor = processors[i];
        const AtIrql dispatch(DISPATCH_LEVEL);
        ++ready;
        while (ready.load() != 2) {
        }
        times[i] = loads[i]->run();
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    rounds.push_back(std::max(times[0], times[1]));
  }
  return best(std::move(rounds));
}

void measure(const std::string& driver_path, uint32_t policy) {
  machine().pool.quick = true;
  Scene scene(driver_path, array_of_bench(), fast_exports());
  scene.set_policy(policy);
  scene.must_load();
  std::array<Disk, kLuns> disks;
  std::vector<std::unique_ptr<ScsiDevice>> devices;
  for (unsigned lun = 0; lun < kLuns; ++lun) {
    disks[lun].list[0] = kPaths;
    for (unsigned path = 0; path < kPaths; ++path) {
      devices.push_back(std::make_unique<ScsiDevice>(scene.array(), lun * kPaths + path, lun));
      ScsiDevice& device = *devices.back();
      expect(scene.mpio.arrive(device), "path " + std::to_string(path) + " of LUN " +
                                            std::to_string(lun) + " is taken into use");
      const PVOID id = scene.mpio.dsm_id_of(device);
      disks[lun].list[1 + path] = reinterpret_cast<uint64_t>(id);
      disks[lun].at(scene.mpio.path_of(device)) = id;
    }
  }
  const DSM_INIT_DATA& dsm = scene.mpio.dsm();
  Load first(dsm, disks[0], 1);
  Load other_lun(dsm, disks[1], 2);
  Load same_lun(dsm, disks[0], 3);
  first.run();  // warm
  std::vector<double> one;
  std::vector<double> empty;
  const size_t taken = quick_blocks_taken();
  for (unsigned round = 0; round < kRounds; ++round) {
    const AtIrql dispatch(DISPATCH_LEVEL);
    one.push_back(first.run());
    empty.push_back(first.run_empty());
  }
  expect_equal(quick_blocks_taken() - taken, size_t{0}, "blocks of the pool taken by warm lanes");
  const double alone = best(one);
  std::printf("%-24s %6.1f ns %6.1f ns %5.1f",
              dsm::find_policy(static_cast<dsm::PolicyId>(policy))->name, alone, best(empty),
              alone / best(empty));
  const double two_luns = two_threads({&first, &other_lun}, {0, 1});
  const double one_lun = two_threads({&first, &same_lun}, {0, 1});
  const double one_lane = two_threads({&first, &same_lun}, {0, 0});
  std::printf(" %8.1f ns %4.2f %8.1f ns %4.2f %8.1f ns %4.2f\n", two_luns, two_luns / alone,
              one_lun, one_lun / alone, one_lane, one_lane / alone);
  std::fflush(stdout);
  scene.unload();
  expect_equal(quick_blocks_left(), size_t{0}, "blocks of the pool that are left");
}

}  // namespace

void run_bench(const std::string& driver_path, const std::string& policy_name) {
  const dsm::Policy* const only = policy_name.empty() ? nullptr : dsm::find_policy(policy_name);
  std::printf(
      "LBGetPath, SetCompletion and completion of %s, %u paths, %u commands under way.\n"
      "The kernel is a fast stand-in: pool and spin locks without the bookkeeping of scenarios.\n"
      "CPU time per command, best of %u rounds. Ratios: to three empty calls, then to one "
      "thread.\n\n"
      "%-24s %9s %9s %5s %16s %16s %16s\n",
      driver_path.c_str(), kPaths, kUnderWay, kRounds, "policy", "command", "empty", "", "two LUNs",
      "one LUN", "one processor");
  for (const dsm::Policy& policy : dsm::policies()) {
    if (policy.id != dsm::PolicyId::none && (only == nullptr || only == &policy)) {
      measure(driver_path, static_cast<uint32_t>(policy.id));
    }
  }
}

}  // namespace harness
