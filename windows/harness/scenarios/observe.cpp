// See observe.h.
#include "windows/harness/scenarios/observe.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iterator>

#include "dsm/types.h"
#include "windows/driver/wmi/wire.h"
#include "windows/harness/etw.h"

namespace harness {

void must_read(Scene& scene, Request& request, unsigned disk) {
  request.disk = disk;
  scene.mpio.read(request, 0, 1);
  scene.mpio.run(request);
  expect_equal(request.status, STATUS_SUCCESS, "a read");
}

unsigned number_of(const Request& request) {
  return ScsiDevice::port_of(request.device->address()) + 1;
}

std::string next_reads(Scene& scene, unsigned count, unsigned disk) {
  std::string text;
  Request request;
  for (unsigned i = 0; i < count; ++i) {
    must_read(scene, request, disk);
    text += std::to_string(number_of(request));
  }
  return text;
}

void expect_reads(Scene& scene, const std::string& expected, const std::string& what,
                  unsigned disk) {
  expect_text(next_reads(scene, static_cast<unsigned>(expected.size()), disk), expected,
              what + ", the paths of reads");
}

// By the number of the class: its name is the vendor's.
std::string states(Scene& scene, unsigned disk) {
  namespace wire = driver::wire;
  constexpr size_t kRoom = 4096;
  scene.mpio.opened = disk;
  const Mpio::Reply reply = scene.mpio.query_at(false, wire::kHealth, kRoom);
  scene.mpio.opened = 0;
  expect_equal(reply.status, STATUS_SUCCESS, "a query of the states");
  std::string text;
  for (size_t at = sizeof(wire::Count); at < reply.data.size(); at += sizeof(wire::PathHealth)) {
    wire::PathHealth path;
    std::memcpy(&path, &reply.data[at], sizeof(path));
    text += text.empty() ? "" : " ";
    text += dsm::short_name_of(static_cast<dsm::EffectiveState>(path.State));
  }
  return text;
}

void expect_states(Scene& scene, const std::string& expected, const std::string& what,
                   unsigned disk) {
  expect_text(states(scene, disk), expected, what + ", the states");
}

void lose(Scene& scene, unsigned port) {
  scene.device(port).unplug(true);
  PVOID successor = nullptr;
  scene.mpio.invalidate(scene.mpio.path_of(scene.device(port)), successor);
  machine().settle();
}
void bring_back(Scene& scene, unsigned port) {
  scene.device(port).unplug(false);
  expect(scene.mpio.recover(scene.device(port)), "the path is verified");
  machine().settle();
}

void come_back(Request& request, const scsi::Cdb& cdb, UCHAR srb_status, uint8_t scsi_status) {
  request.set_command(cdb, 0);
  if (request.extended) {
    extend(request.srb, request.extended_block);
  }
  const RequestFields fields = fields_of(*request.block());
  *fields.srb_status = srb_status;
  *fields.scsi_status = scsi_status;
}

void come_back(Request& request, const scsi::Cdb& cdb, UCHAR srb_status, const scsi::Sense& sense) {
  come_back(request, cdb, srb_status | SRB_STATUS_AUTOSENSE_VALID, scsi::kCheckCondition);
  std::fill(std::begin(request.sense), std::end(request.sense), uint8_t{0});
  scsi::encode_fixed_sense(request.sense, sense);
}

std::string in_order(const ScsiDevice& device, size_t from, std::initializer_list<uint8_t> kinds) {
  std::string text;
  for (size_t i = from; i < device.taken().size(); ++i) {
    const uint8_t opcode = device.taken()[i];
    if (std::find(kinds.begin(), kinds.end(), opcode) != kinds.end()) {
      char name[4];
      std::snprintf(name, sizeof(name), "%02X ", opcode);
      text += name;
    }
  }
  text.resize(text.empty() ? 0 : text.size() - 1);
  return text;
}

unsigned commands(Scene& scene, unsigned devices, uint8_t opcode) {
  unsigned count = 0;
  for (unsigned i = 0; i < devices; ++i) {
    count += scene.device(i).requests(opcode);
  }
  return count;
}

void expect_event(const std::string& name, const std::map<std::string, std::string>& fields) {
  std::string wanted = name;
  for (const auto& [field, value] : fields) {
    wanted += " " + field + "=" + value;
  }
  expect(etw().find(name, fields) != nullptr, "the event " + wanted);
}

void let_pass(uint64_t duration_ns) {
  bool over = false;
  base::Timer timer([](void* context) { *static_cast<bool*>(context) = true; }, &over);
  machine().clock.arm_after(timer, duration_ns);
  machine().wait_until([&over] { return over; }, "a pause");
}

}  // namespace harness
