// Pass-through by path: the sender's path and no other, and no buffer of a sender's is believed.
#include <algorithm>
#include <cstring>
#include <random>

#include "scsi/opcodes.h"
#include "windows/harness/scenario.h"

namespace harness {
namespace {

struct Form {
  ULONG code;
  bool extended;
  bool narrow;  // of a program of 32 bits
};
constexpr Form kForms[] = {
    {IOCTL_MPIO_PASS_THROUGH_PATH, false, false},
    {IOCTL_MPIO_PASS_THROUGH_PATH, false, true},
    {IOCTL_MPIO_PASS_THROUGH_PATH_DIRECT, false, false},
    {IOCTL_MPIO_PASS_THROUGH_PATH_DIRECT, false, true},
    {IOCTL_MPIO_PASS_THROUGH_PATH_EX, true, false},
    {IOCTL_MPIO_PASS_THROUGH_PATH_EX, true, true},
    {IOCTL_MPIO_PASS_THROUGH_PATH_DIRECT_EX, true, false},
    {IOCTL_MPIO_PASS_THROUGH_PATH_DIRECT_EX, true, true},
};

struct Target {
  UCHAR flags = MPIO_IOCTL_FLAG_USE_PATHID;
  uint64_t path = 0;
  SCSI_ADDRESS address{};
};

template <typename T>
std::vector<uint8_t> bytes_of(const T& value) {
  std::vector<uint8_t> bytes(sizeof(value));
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

// TEST UNIT READY.
template <typename Request>
std::vector<uint8_t> plain(const Target& to) {
  Request request{};
  request.PassThrough.Length = sizeof(request.PassThrough);
  request.PassThrough.CdbLength = 6;
  request.PassThrough.PathId = to.address.PathId;
  request.PassThrough.TargetId = to.address.TargetId;
  request.Length = sizeof(request);
  request.Flags = to.flags;
  request.PortNumber = to.address.PortNumber;
  request.MpioPathId = to.path;
  return bytes_of(request);
}

template <typename Command>
std::vector<uint8_t> extended(const Target& to) {
  struct {
    MPIO_PASS_THROUGH_PATH_EX request{};
    Command command{};
    STOR_ADDR_BTL8 address{};
  } all;
  const auto* const begin = reinterpret_cast<const uint8_t*>(&all);
  const auto offset_of = [begin](const void* member) {
    return static_cast<ULONG>(static_cast<const uint8_t*>(member) - begin);
  };
  all.request.PassThroughOffset = offset_of(&all.command);
  all.request.Length = sizeof(all.request);
  all.request.Flags = to.flags;
  all.request.PortNumber = to.address.PortNumber;
  all.request.MpioPathId = to.path;
  all.command.Length = sizeof(all.command);
  all.command.CdbLength = 6;
  all.command.StorAddressOffset = offset_of(&all.address) - offset_of(&all.command);
  all.command.StorAddressLength = sizeof(all.address);
  all.address.Type = STOR_ADDRESS_TYPE_BTL8;
  all.address.AddressLength = STOR_ADDR_BTL8_ADDRESS_LENGTH;
  all.address.Path = to.address.PathId;
  all.address.Target = to.address.TargetId;
  return bytes_of(all);
}

std::vector<uint8_t> buffer_of(const Form& form, const Target& to) {
  if (form.extended) {
    return form.narrow ? extended<SCSI_PASS_THROUGH32_EX>(to) : extended<SCSI_PASS_THROUGH_EX>(to);
  }
  return form.narrow ? plain<MPIO_PASS_THROUGH_PATH32>(to) : plain<MPIO_PASS_THROUGH_PATH>(to);
}

// Where a field of a request stands in its buffer.
template <typename T>
void put(std::vector<uint8_t>& buffer, size_t offset, T value) {
  std::memcpy(&buffer[offset], &value, sizeof(value));
}

struct Stage {
  explicit Stage(const std::string& driver) : scene(driver, with_another_lun()) {
    scene.must_load();
    scene.arrive(2);
  }
  // It is down the third port; the first two lead to the LUN that this is about.
  static array::Config with_another_lun() {
    array::Config config = Scene::symmetric_array(3);
    config.luns.push_back(config.luns.front());
    return config;
  }
  Target to_path(unsigned port) {
    return {.path = reinterpret_cast<uint64_t>(scene.mpio.path_of(scene.device(port)))};
  }
  Target to_address(unsigned port) {
    return {.flags = MPIO_IOCTL_FLAG_USE_SCSIADDRESS, .address = scene.device(port).address()};
  }
  Mpio::PassedThrough send(const Form& form, const std::vector<uint8_t>& buffer) {
    machine().caller_is_32_bit = form.narrow;
    return scene.mpio.pass_through(form.code, buffer);
  }
  void must_be_refused(const Form& form, const std::vector<uint8_t>& buffer,
                       const std::string& what, NTSTATUS status = STATUS_INVALID_PARAMETER) {
    PortDevice* const before = read();
    expect_equal(send(form, buffer).status, status, what);
    expect(read() != before, what + ": the paths take turns as before");
  }
  PortDevice* read() {
    Request request;
    scene.mpio.read(request, 0, 1);
    scene.mpio.run(request);
    expect_equal(request.status, STATUS_SUCCESS, "a read");
    return request.device;
  }

  Scene scene;
};

// Reads take turns as if the commands in between were not there.
void down_the_path_named(const std::string& driver) {
  Stage stage(driver);
  for (const Form& form : kForms) {
    for (const unsigned port : {0U, 1U, 1U}) {
      for (const Target& to : {stage.to_path(port), stage.to_address(port)}) {
        PortDevice* const before = stage.read();
        const auto passed = stage.send(form, buffer_of(form, to));
        expect_equal(passed.status, STATUS_SUCCESS, "a command down a path");
        expect(passed.device == &stage.scene.device(port), "it goes down the path that is named");
        expect(stage.read() != before, "and the paths take turns as before");
      }
    }
  }
  stage.scene.unload();
}

// The sender wants to know about this path, however it does.
void in_whatever_state(const std::string& driver) {
  Stage stage(driver);
  stage.scene.device(0).unplug(true);
  for (int i = 0; i < 2; ++i) {
    stage.read();
  }
  expect_equal(stage.scene.mpio.invalidations, 1U, "paths invalidated");
  for (const Form& form : kForms) {
    const auto passed = stage.send(form, buffer_of(form, stage.to_path(0)));
    expect(passed.device == &stage.scene.device(0), "the path that has failed is named, and taken");
  }
  stage.scene.unload();
}

// Acceptance scenario 30: what names no path of this LUN is refused, and load balancing hears of
// none of it.
void paths_that_are_not_its(const std::string& driver) {
  Stage stage(driver);
  ScsiDevice& other = stage.scene.add_device(2, 1);
  expect(stage.scene.mpio.arrive(other), "another LUN down a path of its own");
  for (const Form& form : kForms) {
    const Target good = stage.to_path(0);
    for (const uint64_t path :
         {uint64_t{0}, reinterpret_cast<uint64_t>(stage.scene.mpio.path_of(other)), good.path + 2,
          good.path | (uint64_t{1} << 32), ~uint64_t{0}}) {
      stage.must_be_refused(form, buffer_of(form, {.path = path}), "a path of another LUN");
    }
    for (const unsigned flags : {0U, 3U, 4U, 7U}) {
      Target both = stage.to_address(0);
      both.path = good.path;
      both.flags = static_cast<UCHAR>(flags);
      stage.must_be_refused(form, buffer_of(form, both), "flags " + std::to_string(flags));
    }
    Target elsewhere{.flags = MPIO_IOCTL_FLAG_USE_SCSIADDRESS, .address = other.address()};
    stage.must_be_refused(form, buffer_of(form, elsewhere), "the address of another LUN's path");
    elsewhere = stage.to_address(0);
    elsewhere.address.PortNumber = 77;
    stage.must_be_refused(form, buffer_of(form, elsewhere), "another port");
    elsewhere = stage.to_address(0);
    elsewhere.address.TargetId = 1;
    stage.must_be_refused(form, buffer_of(form, elsewhere), "another target");
    elsewhere = stage.to_address(0);
    elsewhere.address.PathId = 1;
    stage.must_be_refused(form, buffer_of(form, elsewhere), "another bus");
    elsewhere = stage.to_address(0);
    elsewhere.address.Lun = 9;
    expect_equal(stage.send(form, buffer_of(form, elsewhere)).status, STATUS_SUCCESS,
                 "the LUN is MPIO's");
    elsewhere = good;
    elsewhere.flags |= MPIO_IOCTL_FLAG_INVOLVE_DSM;
    expect_equal(stage.send(form, buffer_of(form, elsewhere)).status, STATUS_SUCCESS,
                 "the DSM is involved");
  }
  expect(stage.read() != stage.read(), "the paths take turns");
  stage.scene.unload();
}

void buffers_cut_short(const std::string& driver) {
  Stage stage(driver);
  for (const Form& form : kForms) {
    const std::vector<uint8_t> good = buffer_of(form, stage.to_address(1));
    const size_t header = form.extended ? sizeof(MPIO_PASS_THROUGH_PATH_EX) : good.size();
    // Behind its fields the address is only filled up.
    const size_t needed = form.extended ? good.size() - 4 : good.size();
    for (size_t bytes = 0; bytes < good.size(); ++bytes) {
      const std::vector<uint8_t> cut(good.begin(), good.begin() + static_cast<ptrdiff_t>(bytes));
      expect_equal(stage.send(form, cut).status,
                   bytes < header   ? STATUS_BUFFER_TOO_SMALL
                   : bytes < needed ? STATUS_INVALID_PARAMETER
                                    : STATUS_SUCCESS,
                   std::to_string(bytes) + " bytes of " + std::to_string(good.size()));
    }
  }
  stage.scene.unload();
}

// Acceptance scenario 30, too: every offset and length against the buffer's own length.
void offsets_that_lead_out(const std::string& driver) {
  constexpr size_t kOffset = offsetof(SCSI_PASS_THROUGH_EX, StorAddressOffset);
  constexpr size_t kLength = offsetof(SCSI_PASS_THROUGH_EX, StorAddressLength);
  Stage stage(driver);
  for (const Form& form : kForms) {
    if (!form.extended) {
      continue;
    }
    const std::vector<uint8_t> good = buffer_of(form, stage.to_address(1));
    const auto size = static_cast<ULONG>(good.size());
    for (const ULONG begin :
         {0U, 1U, 23U, size - 60, size, size + 1, 0x7fffffffU, 0xffffffffU, 0U - size}) {
      std::vector<uint8_t> buffer = good;
      put(buffer, 0, begin);
      stage.must_be_refused(form, buffer, "the command at " + std::to_string(begin));
    }
    constexpr size_t kCommand = sizeof(MPIO_PASS_THROUGH_PATH_EX);
    for (const ULONG at :
         {0U, 1U, 51U, size - 24 - 11, size, 0x7fffffffU, 0xffffffffU, 0U - 24U, 0U - 23U}) {
      std::vector<uint8_t> buffer = good;
      put(buffer, kCommand + kOffset, at);
      stage.must_be_refused(form, buffer, "the address at " + std::to_string(at));
    }
    constexpr ULONG kInside = 32;  // where other fields of the command are
    std::vector<uint8_t> overlapping = good;
    std::copy(good.end() - sizeof(STOR_ADDR_BTL8), good.end(),
              overlapping.begin() + kCommand + kInside);
    put(overlapping, kCommand + kOffset, kInside);
    stage.must_be_refused(form, overlapping, "an address inside its command");
    for (const ULONG length : {0U, 1U, 8U, 11U}) {
      std::vector<uint8_t> buffer = good;
      put(buffer, kCommand + kLength, length);
      stage.must_be_refused(form, buffer, "an address of " + std::to_string(length) + " bytes");
    }
    for (const unsigned type : {0U, 2U, 0xffffU}) {
      std::vector<uint8_t> buffer = good;
      put(buffer, good.size() - sizeof(STOR_ADDR_BTL8), static_cast<USHORT>(type));
      stage.must_be_refused(form, buffer, "an address of type " + std::to_string(type));
    }
    std::vector<uint8_t> buffer = good;
    put(buffer, good.size() - sizeof(STOR_ADDR_BTL8) + 4, ULONG{8});
    stage.must_be_refused(form, buffer, "an address that is longer than its kind");
  }
  // A command that lies in its own header, of a sender that names the path by its number.
  for (const ULONG begin : {0U, 1U, 23U}) {
    std::vector<uint8_t> inside = buffer_of(kForms[4], stage.to_path(1));
    put(inside, 0, begin);
    stage.must_be_refused(kForms[4], inside, "the command at " + std::to_string(begin));
  }
  // An address ahead of its command: to reach it, the sum would have to wrap around.
  std::vector<uint8_t> ahead = buffer_of(kForms[4], stage.to_address(1));
  const auto address = ahead.end() - sizeof(STOR_ADDR_BTL8);
  std::rotate(ahead.begin() + sizeof(MPIO_PASS_THROUGH_PATH_EX), address, ahead.end());
  constexpr ULONG kBegin = sizeof(MPIO_PASS_THROUGH_PATH_EX) + sizeof(STOR_ADDR_BTL8);
  put(ahead, 0, kBegin);
  put(ahead, kBegin + kOffset, ULONG{0} - static_cast<ULONG>(sizeof(STOR_ADDR_BTL8)));
  stage.must_be_refused(kForms[4], ahead, "an address ahead of its command");
  // At an odd place, and within the limits: it is read as any other.
  const Form& form = kForms[4];
  std::vector<uint8_t> odd = buffer_of(form, stage.to_address(1));
  odd.insert(odd.begin() + sizeof(MPIO_PASS_THROUGH_PATH_EX), uint8_t{0});
  put(odd, 0, static_cast<ULONG>(sizeof(MPIO_PASS_THROUGH_PATH_EX) + 1));
  expect_equal(stage.send(form, odd).status, STATUS_SUCCESS, "a command at an odd place");
  stage.scene.unload();
}

// Whatever is in the buffer, nothing outside it is read.
void anything(const std::string& driver) {
  Stage stage(driver);
  std::mt19937 random(4711);
  for (int round = 0; round < 20'000; ++round) {
    const Form& form = kForms[random() % std::size(kForms)];
    std::vector<uint8_t> buffer = buffer_of(form, stage.to_address(random() % 2));
    for (unsigned i = random() % 4; i != 0; --i) {
      buffer[random() % buffer.size()] = static_cast<uint8_t>(random());
    }
    buffer.resize(random() % 4 == 0 ? random() % (buffer.size() + 1) : buffer.size());
    stage.send(form, buffer);
  }
  stage.scene.unload();
}

// Device controls that name no path are carried by any, as they are: also when the command in them
// is one that the DSM handles when it comes in a request block.
void other_controls(const std::string& driver) {
  Stage stage(driver);
  constexpr ULONG kScsiPassThrough = 0x4D004;
  constexpr ULONG kScsiPassThroughDirect = 0x4D014;
  for (const ULONG code : {kScsiPassThrough, kScsiPassThroughDirect}) {
    for (const uint8_t opcode : {scsi::kTestUnitReady, scsi::kPersistentReserveOut}) {
      std::vector<uint8_t> buffer = plain<MPIO_PASS_THROUGH_PATH>({});
      put(buffer, offsetof(SCSI_PASS_THROUGH, Cdb), opcode);
      const auto first = stage.scene.mpio.pass_through(code, buffer);
      const auto second = stage.scene.mpio.pass_through(code, buffer);
      expect(first.device != nullptr && second.device != nullptr && first.device != second.device,
             "in turns");
    }
  }
  stage.scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"pass-through/down-the-path-named", down_the_path_named},
    {"pass-through/in-whatever-state", in_whatever_state},
    {"acceptance/30_paths-that-are-not-its", paths_that_are_not_its},
    {"pass-through/buffers-cut-short", buffers_cut_short},
    {"acceptance/30_offsets-that-lead-out", offsets_that_lead_out},
    {"pass-through/anything", anything},
    {"pass-through/other-controls", other_controls},
};

}  // namespace

std::span<const Scenario> pass_through_scenarios() {
  return kScenarios;
}

}  // namespace harness
