// Devices come, are taken into use, and go.
#include <utility>

#include "scsi/opcodes.h"
#include "scsi/sense.h"
#include "scsi/vpd.h"
#include "windows/driver/pool.h"
#include "windows/harness/scenarios/observe.h"

namespace harness {
namespace {

void two_paths(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  expect_equal(scene.mpio.device_count(), 2U, "devices");
  scene.mpio.remove(scene.device(0), true);
  scene.mpio.remove(scene.device(1), true);
  scene.unload();
}

void asymmetric(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  scene.mpio.remove(scene.device(0), false);
  scene.mpio.remove(scene.device(1), false);
  scene.unload();
}

// MPIO calls InquireDriver and all the rest while the driver is still registering.
void at_boot(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  scene.mpio.at_boot = {&scene.device(0), &scene.device(1)};
  scene.must_load();
  expect_equal(scene.mpio.device_count(), 2U, "devices");
  scene.unload();
}

// What the port driver knows of the identifiers, and what the driver reads itself, is the same LUN.
void identifiers_by_inquiry(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(1);
  scene.mpio.shows_identifiers = false;
  expect(scene.mpio.arrive(scene.device(1)), "port 1 is taken into use");
  scene.unload();
}

// An answer that is lost says nothing about the device: it is asked again, or not claimed - but
// never taken for another one. (The stand-in compares the identities.)
void lost_inquiry(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.mpio.shows_identifiers = false;
  scene.arrive(1);
  for (unsigned after = 0; after < 3; ++after) {
    for (unsigned count = 1; count < 8; ++count) {
      scene.device(1).lose_pass_throughs(after, count);
      const bool arrived = scene.mpio.arrive(scene.device(1));
      scene.device(1).lose_pass_throughs(0, 0);
      expect(arrived || count > 2, "an answer or two that are lost do not matter");
      if (arrived) {
        scene.mpio.remove(scene.device(1), true);
      }
    }
  }
  scene.unload();
}

// What the page's reader hears, and how often.
struct PageAnswer {
  uint8_t status = scsi::kCheckCondition;
  scsi::Sense sense;
  unsigned times = 0;
};

bool arrives_after(Scene& scene, const PageAnswer& answer) {
  scene.device(1).answer_page_next(scsi::kVpdDeviceIdentification, answer.times, answer.status,
                                   answer.sense);
  const bool arrived = scene.mpio.arrive(scene.device(1));
  scene.device(1).answer_page_next(scsi::kVpdDeviceIdentification, 0, scsi::kGood);
  if (arrived) {
    scene.mpio.remove(scene.device(1), true);
  }
  return arrived;
}

// Nor does any other error say that the device has no page 83h, but the one that says so: by its
// serial number it would be another LUN than down its other paths.
void page_not_read(const std::string& driver) {
  constexpr uint8_t kKeys = 16;
  constexpr unsigned kOften = 10;
  Scene scene(driver);
  scene.must_load();
  scene.mpio.shows_identifiers = false;
  scene.arrive(1);
  std::vector<PageAnswer> answers = {{.status = scsi::kBusy},
                                     {.status = scsi::kTaskSetFull},
                                     {.sense = scsi::make_sense(scsi::kIllegalRequest, 0x2500)}};
  for (uint8_t key = 0; key < kKeys; ++key) {
    if (key != scsi::kIllegalRequest) {
      answers.push_back({.sense = scsi::make_sense(key, 0x4400)});
    }
  }
  for (PageAnswer& answer : answers) {
    const std::string what = "status " + std::to_string(answer.status) + ", sense key " +
                             std::to_string(answer.sense.key);
    for (answer.times = 1; answer.times <= 2; ++answer.times) {
      expect(arrives_after(scene, answer), what + ": the page is asked for again");
    }
    answer.times = kOften;
    expect(!arrives_after(scene, answer), what + ": nobody knows who that is");
  }
  scene.unload();
}

// A device that says that it has no page 83h is known by its serial number.
void without_page(const std::string& driver) {
  constexpr unsigned kOften = 10;
  Scene scene(driver);
  scene.must_load();
  scene.mpio.shows_identifiers = false;
  for (unsigned port = 0; port < 2; ++port) {
    scene.device(port).answer_page_next(scsi::kVpdDeviceIdentification, kOften,
                                        scsi::kCheckCondition,
                                        scsi::make_sense(scsi::kIllegalRequest, 0x2400));
  }
  scene.arrive(2);
  scene.unload();
}

// MPIO names no object to send to: that is no error, but nothing goes there until it names one.
void without_target(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  const DSM_INIT_DATA& dsm = scene.mpio.dsm();
  const auto set_target = [&](DEVICE_OBJECT* target) {
    PVOID path = nullptr;
    expect_equal(
        dsm.DsmSetDeviceInfo(dsm.DsmContext, target, scene.mpio.dsm_id_of(scene.device(1)), &path),
        STATUS_SUCCESS, "SetDeviceInfo");
    expect(path == scene.mpio.path_of(scene.device(1)), "the path");
  };
  set_target(nullptr);
  expect(!scene.mpio.recover(scene.device(1)), "it is not found to work");
  set_target(scene.device(1).object());
  expect(scene.mpio.recover(scene.device(1)), "nor for ever");
  scene.unload();
}

// What MPIO suggests need not be: without a path of that name, or a name, it is another one than
// the present. There may be none.
void moved_somewhere(const std::string& driver) {
  Scene scene(driver);
  scene.set_policy(kFailOverOnly);
  scene.must_load();
  scene.arrive(2);
  const DSM_INIT_DATA& dsm = scene.mpio.dsm();
  int nobody = 0;
  PVOID here = scene.mpio.path_of(scene.device(0));
  for (const PVOID suggested : {PVOID{nullptr}, PVOID{&nobody}}) {
    const unsigned to = here == scene.mpio.path_of(scene.device(0)) ? 1 : 0;
    expect_equal(dsm.DsmMoveDevice(dsm.DsmContext, scene.mpio.list_of(0), here, suggested, 0),
                 STATUS_SUCCESS, "MoveDevice");
    Request request;
    scene.mpio.read(request, 0, 1);
    scene.mpio.run(request);
    expect(request.device == &scene.device(to), "the other path carries I/O");
    here = scene.mpio.path_of(scene.device(to));
  }
  scene.mpio.remove(scene.device(1), true);
  here = scene.mpio.path_of(scene.device(0));
  expect_equal(dsm.DsmMoveDevice(dsm.DsmContext, scene.mpio.list_of(0), here, nullptr, 0),
               STATUS_UNSUCCESSFUL, "MoveDevice without another path");
  expect_equal(dsm.DsmMoveDevice(dsm.DsmContext, nullptr, here, nullptr, 0), STATUS_NO_SUCH_DEVICE,
               "MoveDevice without a list");
  scene.unload();
}

void not_wanted_by_mpio(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  for (int round = 0; round < 3; ++round) {
    expect(scene.mpio.inquire_and_refuse(scene.device(0)), "DeviceNotUsed");
  }
  scene.arrive(1);
  scene.unload();
}

void comes_back(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  for (int round = 0; round < 20; ++round) {
    scene.arrive(2);
    scene.mpio.remove(scene.device(0), round % 2 == 0);
    scene.mpio.remove(scene.device(1), round % 3 == 0);
  }
  scene.unload();
}

// For every N: the N-th allocation of an arrival fails; it is refused, or works without.
void no_memory(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(1);
  size_t refused = 0;
  for (size_t n = 1;; ++n) {
    machine().pool.fail_at(machine().pool.allocations() + n);
    const bool arrived = scene.mpio.arrive(scene.device(1));
    const bool failed = machine().pool.has_failed();
    machine().pool.fail_at(0);
    refused += arrived ? 0 : 1;
    if (arrived) {
      scene.mpio.remove(scene.device(1), false);
    }
    if (!failed) {
      break;
    }
  }
  expect(refused >= 8, "an arrival allocates something");
  scene.unload();
}

// All devices go while the DSM has I/O held and its own command is out. MPIO keeps the disk and
// what it holds of it; when a device is back, that goes on.
void all_go_while_held(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  constexpr uint64_t kNoPathNs = 60'000'000'000;
  scene.mpio.patience.no_path_ns = kNoPathNs;
  scene.must_load();
  scene.arrive(2);
  expect(scene.array().set_group_state(1, scsi::AccessState::active_nonoptimized).ok(),
         "the array changes a state");
  Request request;
  scene.mpio.read(request, 0, 1);
  machine().wait_until([&scene] { return scene.mpio.throttles != 0; }, "a disk that is held");
  scene.mpio.remove(scene.device(0), false);
  expect_equal(scene.mpio.resumes, 0U, "resumes while a device is left");
  scene.mpio.remove(scene.device(1), false);
  expect_equal(scene.mpio.throttles, scene.mpio.resumes, "throttles and resumes");
  expect(scene.mpio.arrive(scene.device(0)), "a device is back");
  scene.mpio.run(request);
  expect_equal(request.status, STATUS_SUCCESS, "the read that was held");
  scene.unload();
}

// A path with many disks fails while there is no memory for a single command. The DSM hears of each
// that could not be sent, and tries again.
void no_memory_for_many_disks(const std::string& driver) {
  constexpr unsigned kDisks = 150;
  array::Config config = Scene::asymmetric_array();
  config.luns.resize(kDisks, config.luns.front());
  Scene scene(driver, config);
  scene.must_load();
  scene.arrive(2);
  for (unsigned disk = 1; disk < kDisks; ++disk) {
    for (unsigned port = 0; port < 2; ++port) {
      expect(scene.mpio.arrive(scene.add_device(port, disk)), "a device is taken into use");
    }
  }
  machine().pool.exhaust(true);
  PVOID successor = nullptr;
  expect_equal(scene.mpio.invalidate(scene.mpio.path_of(scene.device(0)), successor),
               STATUS_SUCCESS, "InvalidatePath without memory");
  machine().pool.exhaust(false);
  machine().settle();
  expect_equal(scene.mpio.resumes, scene.mpio.throttles, "disks whose I/O is not held any more");
  for (unsigned disk = 0; disk < kDisks; ++disk) {
    expect_reads(scene, "2", "disk " + std::to_string(disk), disk);
  }
  scene.unload();
}

// MPIO has let go of two paths, and what the driver had under way on the older ends while it gives
// the other back.
void unload_while_paths_end(const std::string& driver) {
  constexpr uint64_t kLatencyNs = 10'000'000;
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  scene.mpio.remove_device_only(scene.device(1), false);
  scene.device(0).set_latency(kLatencyNs);
  Request request;
  come_back(request, scsi::make_read(0, 1), SRB_STATUS_ERROR,
            scsi::make_sense(scsi::kUnitAttention, 0x2a06));
  scene.mpio.interpret(scene.device(0), request, STATUS_IO_DEVICE_ERROR);
  scene.mpio.remove(scene.device(0), false);
  expect_equal(machine().pool.count(driver::kPathTag), 2U, "paths");
  machine().pool.interrupt_release = [](uint32_t tag) {
    if (tag == driver::kPathTag) {
      const auto now = std::exchange(machine().pool.interrupt_release, nullptr);
      machine().settle();
    }
  };
  scene.unload_at_once();
}

constexpr Scenario kScenarios[] = {
    {"devices/two-paths", two_paths},
    {"devices/asymmetric", asymmetric},
    {"devices/at-boot", at_boot},
    {"devices/identifiers-by-inquiry", identifiers_by_inquiry},
    {"devices/lost-inquiry", lost_inquiry},
    {"devices/page-not-read", page_not_read},
    {"devices/without-page", without_page},
    {"devices/without-target", without_target},
    {"devices/moved-somewhere", moved_somewhere},
    {"devices/not-wanted-by-mpio", not_wanted_by_mpio},
    {"devices/comes-back", comes_back},
    {"devices/no-memory", no_memory},
    {"devices/all-go-while-held", all_go_while_held},
    {"devices/no-memory-for-many-disks", no_memory_for_many_disks},
    {"devices/unload-while-paths-end", unload_while_paths_end},
};

}  // namespace

std::span<const Scenario> device_scenarios() {
  return kScenarios;
}

}  // namespace harness
