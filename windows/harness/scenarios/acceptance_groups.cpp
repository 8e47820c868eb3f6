// Acceptance: answers to REPORT TARGET PORT GROUPS that are malformed or of no use, at the boundary
// of request blocks. The number is that of dsm/acceptance, which has the same list for the DSM
// itself.
#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "scsi/opcodes.h"
#include "windows/harness/scenarios/observe.h"

namespace harness {
namespace {

// The answers to REPORT TARGET PORT GROUPS become what `change` makes of them.
template <typename Change>
void report(Scene& scene, unsigned devices, Change change) {
  for (unsigned i = 0; i < devices; ++i) {
    scene.device(i).tamper = [change](const scsi::Cdb& cdb, std::vector<uint8_t>& data) {
      if (cdb.opcode() == scsi::kMaintenanceIn) {
        change(data);
      }
    };
  }
  scene.array().attention_for_all(0x2a06, array::Array::kEveryLun);
  Request request;
  scene.mpio.command(request, scsi::make_test_unit_ready(), {});
  scene.mpio.run(request);
  // What is not understood is asked for again, now and then.
  constexpr uint64_t kTwoMinutesNs = 120'000'000'000;
  let_pass(kTwoMinutesNs);
}

// 27: answers that are cut, lie or say what is of no use: none is believed in part, none stops I/O.
void malformed_groups(const std::string& driver) {
  Scene scene(driver, Scene::grouped_array(2, array::AluaMode::implicit_only));
  scene.must_load();
  scene.arrive(2);
  size_t whole = 0;
  report(scene, 2, [&whole](std::vector<uint8_t>& data) { whole = data.size(); });
  expect(whole > 12, "an answer has two groups");
  for (size_t size = 0; size < whole; ++size) {
    report(scene, 2, [size](std::vector<uint8_t>& data) { data.resize(size); });
    expect_reads(scene, "11", "an answer cut at " + std::to_string(size));
  }
  report(scene, 2, [](std::vector<uint8_t>& data) { base::store_be32(data.data(), 0xffffffff); });
  expect_reads(scene, "11", "four gigabytes announced");
  report(scene, 2, [](std::vector<uint8_t>& data) { base::store_be32(data.data(), 0); });
  expect_reads(scene, "11", "nothing announced");
  report(scene, 2, [](std::vector<uint8_t>& data) {
    constexpr uint16_t kGroups = 33;
    data.assign(4, 0);
    for (uint16_t id = 1; id <= kGroups; ++id) {
      data.insert(data.end(), {1, 0x8f, 0, static_cast<uint8_t>(id), 0, 0, 0, 0});
    }
    base::store_be32(data.data(), static_cast<uint32_t>(data.size() - 4));
  });
  expect_reads(scene, "11", "33 groups");
  const auto group = [](uint8_t state, uint8_t id, uint8_t port) {
    return std::array<uint8_t, 12>{state, 0x8f, 0, id, 0, 0, 0, 1, 0, 0, 0, port};
  };
  const auto report_two = [&](const auto& first, const auto& second) {
    report(scene, 2, [first, second](std::vector<uint8_t>& data) {
      data.assign(4, 0);
      data.insert(data.end(), first.begin(), first.end());
      data.insert(data.end(), second.begin(), second.end());
      base::store_be32(data.data(), static_cast<uint32_t>(data.size() - 4));
    });
  };
  // A group of active/nonoptimized ports, then one of active/optimized ones, cut at `size`.
  const auto report_ports = [&](const std::vector<uint8_t>& first,
                                const std::vector<uint8_t>& second, size_t size = SIZE_MAX) {
    report(scene, 2, [&first, &second, size](std::vector<uint8_t>& data) {
      data.assign(4, 0);
      for (const auto* ports : {&first, &second}) {
        const bool is_first = ports == &first;
        data.insert(data.end(), {static_cast<uint8_t>(is_first ? 1 : 0), 0x8f, 0,
                                 static_cast<uint8_t>(is_first ? 1 : 2), 0, 0, 0,
                                 static_cast<uint8_t>(ports->size())});
        for (const uint8_t port : *ports) {
          data.insert(data.end(), {0, 0, 0, port});
        }
      }
      data.resize(std::min(data.size(), size));
      base::store_be32(data.data(), static_cast<uint32_t>(data.size() - 4));
    });
  };
  constexpr size_t kFirstGroup = 4 + 8 + 3 * 4;
  constexpr size_t kAll = kFirstGroup + 8 + 2 * 4;
  for (size_t size = 5; size < kAll; ++size) {
    if (size != kFirstGroup) {  // there the first group ends, and that is a whole answer
      report_ports({1, 3, 4}, {2, 5}, size);
      expect_reads(scene, "11", "cut at " + std::to_string(size) + " with a length to match");
    }
  }
  report_ports({1, 3, 4}, {2, 5});
  expect_reads(scene, "22", "the same, whole");
  report(scene, 2, [](std::vector<uint8_t>&) {});
  report_two(group(1, 2, 2), group(0, 2, 1));
  expect_reads(scene, "11", "a group twice");
  report_two(group(1, 1, 1), group(0, 2, 1));
  expect_reads(scene, "11", "a port in two groups");
  report_ports({1, 1}, {2});
  expect_reads(scene, "11", "a port twice in its group");
  report_two(group(1, 1, 1), group(5, 2, 2));
  expect_reads(scene, "11", "a state that is reserved");
  constexpr uint8_t kLbaDependent = 4;
  constexpr uint8_t kOffline = 0xe;
  report_two(group(kOffline, 1, 1), group(kLbaDependent, 2, 2));
  expect_reads(scene, "22", "offline never carries a read, LBA-dependent may");
  report_two(group(kLbaDependent, 1, 1), group(0, 2, 2));
  expect_reads(scene, "22", "LBA-dependent is not optimized");
  expect_states(scene, "AU AO", "LBA-dependent is like active/nonoptimized");
  report_two(group(kOffline, 1, 1), group(kOffline, 2, 2));
  expect_states(scene, "OF OF", "all are offline");
  const unsigned reads = commands(scene, 2, scsi::kRead10);
  Request request;
  scene.mpio.read(request, 0, 1);
  scene.mpio.run(request);
  expect_equal(request.status, STATUS_NO_SUCH_DEVICE, "a read of an array that is offline");
  expect_equal(commands(scene, 2, scsi::kRead10), reads, "reads that were sent");
  for (unsigned port = 0; port < 2; ++port) {
    scene.device(port).tamper = nullptr;
    expect(scene.mpio.recover(scene.device(port)), "MPIO verifies the path");
  }
  report(scene, 2, [](std::vector<uint8_t>&) {});
  expect_reads(scene, "11", "an honest answer");
  report(scene, 2, [&group](std::vector<uint8_t>& data) {
    const auto only = group(0, 1, 1);
    data.assign({0, 0, 0, 12});
    data.insert(data.end(), only.begin(), only.end());
  });
  next_reads(scene, 4);  // a group has vanished under its device: which path does not matter
  report(scene, 2, [](std::vector<uint8_t>&) {});
  expect_reads(scene, "11", "an honest answer again");
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"acceptance/27_malformed-groups", malformed_groups},
};

}  // namespace

std::span<const Scenario> acceptance_group_scenarios() {
  return kScenarios;
}

}  // namespace harness
