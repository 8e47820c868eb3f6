// A thread is interrupted while it is in a lane, and what comes in between wants that lane too. It
// happens where SetCompletion takes a block from the pool, which it does inside. And one that is
// interrupted while it sends a command of the driver's own.
#include <functional>

#include "scsi/cdb.h"
#include "windows/driver/pool.h"
#include "windows/harness/scenarios/cluster.h"

namespace harness {
namespace {

using driver::kDeviceTag;
using driver::kRequestTag;
constexpr unsigned kLanes = 4;  // the least that a machine has

// A request, by the entry points themselves.
class Command {
 public:
  explicit Command(Scene& scene) : scene_(scene), dsm_(scene.mpio.dsm()) {
    const scsi::Cdb cdb = scsi::make_read(0, 8);
    std::copy(cdb.bytes.begin(), cdb.bytes.end(), request_.srb.Cdb);
    request_.srb.CdbLength = cdb.length;
    request_.srb.SrbStatus = SRB_STATUS_SUCCESS;
  }

  // The device chosen.
  ScsiDevice& choose() {
    std::vector<uint64_t> list{0};
    for (unsigned port = 0; port < 2; ++port) {
      if (scene_.mpio.knows(scene_.device(port))) {
        list.push_back(reinterpret_cast<uint64_t>(scene_.mpio.dsm_id_of(scene_.device(port))));
        ++list[0];
      }
    }
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    const PVOID path = dsm_.DsmLBGetPath(dsm_.DsmContext, &request_.srb,
                                         reinterpret_cast<DSM_IDS*>(list.data()), nullptr, &status);
    expect(path != nullptr && NT_SUCCESS(status), "a path is chosen");
    return scene_.device(path == scene_.mpio.path_of(scene_.device(0)) ? 0 : 1);
  }
  void begin(ScsiDevice& device) {
    dsm_.DsmSetCompletion(dsm_.DsmContext, scene_.mpio.dsm_id_of(device), request_.irp,
                          &request_.srb, &request_.completion);
  }
  void begin() { begin(choose()); }
  bool counted() const { return request_.completion.DsmCompletionRoutine != nullptr; }
  void complete() {
    expect(counted(), "the command is counted");
    request_.completion.DsmCompletionRoutine(nullptr, request_.irp, &request_.srb,
                                             request_.completion.DsmContext);
  }

 private:
  Scene& scene_;
  const DSM_INIT_DATA& dsm_;
  Request request_;
};

// The next time that a lane takes a block.
void interrupt_once(std::function<void()> what) {
  machine().pool.interrupt = [what = std::move(what)](uint32_t tag) {
    if (tag == kRequestTag) {
      const auto now = std::exchange(machine().pool.interrupt, nullptr);
      what();
    }
  };
}

// The end of a command is left with whoever is in its lane.
void completion_in_between(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(1);
  Command first(scene);
  Command second(scene);
  Command third(scene);
  first.begin();
  interrupt_once([&first] {
    const AtIrql dispatch(DISPATCH_LEVEL);
    first.complete();
  });
  second.begin();
  const size_t blocks = machine().pool.count(kRequestTag);
  expect_equal(blocks, 2U, "blocks of commands");
  third.begin();
  expect_equal(machine().pool.count(kRequestTag), blocks,
               "blocks, as the first one's is free again");
  second.complete();
  third.complete();
  scene.mpio.remove(scene.device(0), false);
  machine().settle();
  expect_equal(machine().pool.count(kDeviceTag), 0U, "devices: nothing is counted");
  scene.unload();
}

// Another thread removes a device: the barrier waits for the one that is in a lane, and no longer.
void removal_in_between(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Command command(scene);
  ScsiDevice& chosen = command.choose();
  ScsiDevice& other = scene.device(&chosen == &scene.device(0) ? 1 : 0);
  interrupt_once([&] {
    scene.mpio.remove(other, false);
    expect_equal(machine().pool.count(kDeviceTag), 2U, "devices while a thread is in a lane");
  });
  command.begin(chosen);
  expect_equal(machine().pool.count(kDeviceTag), 1U, "devices");
  command.complete();
  scene.unload();
}

// A retry begins anew on another lane, and its old count is left with whoever is in the old one.
void retry_in_between(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Command retried(scene);
  Command command(scene);
  Command(scene).choose();  // each lane begins with the same path
  ScsiDevice& before = retried.choose();
  retried.begin(before);
  ScsiDevice* after = nullptr;
  interrupt_once([&] {
    const AtIrql dispatch(DISPATCH_LEVEL);
    after = &retried.choose();
  });
  command.begin(scene.device(&before == &scene.device(0) ? 1 : 0));
  expect(after != nullptr && after != &before, "the retry takes the other path");
  scene.mpio.remove(before, false);
  expect_equal(machine().pool.count(kDeviceTag), 1U, "devices: the path it has left is free");
  retried.complete();
  command.complete();
  scene.unload();
}

// One after another interrupts in the next lane, until there is none: then a path is chosen all the
// same, and the command runs uncounted.
void every_lane_taken(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  std::vector<std::unique_ptr<Command>> commands;
  std::function<void()> nested = [&] {
    commands.push_back(std::make_unique<Command>(scene));
    Command& command = *commands.back();
    if (commands.size() <= kLanes) {
      interrupt_once(nested);
    }
    command.begin();
  };
  const AtIrql dispatch(DISPATCH_LEVEL);
  nested();
  expect_equal(commands.size(), size_t{kLanes + 1}, "commands");
  for (size_t i = 0; i <= kLanes; ++i) {
    expect(commands[i]->counted() == (i < kLanes),
           "command " + std::to_string(i) + " is counted if it has a lane");
  }
  for (size_t i = 0; i < kLanes; ++i) {
    commands[i]->complete();
  }
  {
    const AtIrql passive(PASSIVE_LEVEL);
    scene.mpio.remove(scene.device(0), false);
    scene.mpio.remove(scene.device(1), false);
    expect_equal(machine().pool.count(kDeviceTag), 0U, "devices: nothing is counted");
    scene.unload();
  }
}

// An answer comes while the driver sends a command at PASSIVE_LEVEL, and lets MPIO take up a
// PERSISTENT RESERVE OUT that it held: the driver handles it by waiting, which that thread must not
// do.
void resumed_while_sending(const std::string& driver) {
  constexpr uint64_t kLatencyNs = 10'000'000;
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  scene.device(0).set_latency(kLatencyNs);
  Request failed;
  come_back(failed, scsi::make_read(0, 1), SRB_STATUS_ERROR,
            scsi::make_sense(scsi::kUnitAttention, 0x2a06));
  scene.mpio.interpret(scene.device(0), failed, STATUS_IO_DEVICE_ERROR);
  expect_equal(scene.mpio.throttles, scene.mpio.resumes + 1, "I/O held by the DSM");
  Request held;
  const Wish wish{.service_action_key = kOurKey};
  scene.mpio.command(held, cdb_of(wish), list_of(wish));
  machine().pool.interrupt = [](uint32_t tag) {
    if (tag == driver::kCommandTag) {
      const auto now = std::exchange(machine().pool.interrupt, nullptr);
      let_pass(2 * kLatencyNs);
    }
  };
  expect(scene.mpio.recover(scene.device(1)), "the other path is verified");
  scene.mpio.run(held);
  expect_equal(held.status, STATUS_SUCCESS, "the REGISTER that was held");
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"interrupts/completion", completion_in_between},
    {"interrupts/removal", removal_in_between},
    {"interrupts/retry", retry_in_between},
    {"interrupts/every-lane-taken", every_lane_taken},
    {"interrupts/resumed-while-sending", resumed_while_sending},
};

}  // namespace

std::span<const Scenario> interrupt_scenarios() {
  return kScenarios;
}

}  // namespace harness
