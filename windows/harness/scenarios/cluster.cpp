// See cluster.h.
#include "windows/harness/scenarios/cluster.h"

#include <algorithm>
#include <cstdio>

#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace harness {
namespace {

constexpr uint16_t kAnswerBytes = 1024;

}  // namespace

scsi::Cdb cdb_of(const Wish& wish) {
  return scsi::make_persistent_reserve_out(
      {.action = wish.action, .type = wish.type, .parameter_bytes = scsi::kReserveOutBytes});
}

std::vector<uint8_t> list_of(const Wish& wish) {
  std::vector<uint8_t> list(scsi::kReserveOutBytes);
  scsi::encode_reserve_out(list, {.key = wish.key,
                                  .service_action_key = wish.service_action_key,
                                  .persists = wish.persists,
                                  .transport_ids = {}});
  return list;
}

Cluster::Cluster(const std::string& driver, unsigned ports, const array::Config& config)
    : scene(driver, config),
      ports_(static_cast<unsigned>(config.ports.size())),
      other_(scene.array(), 0, 0, "iqn.2026-11.dev.dsmkit:other-host") {
  scene.must_load();
  scene.arrive(ports);
}

std::string Cluster::said() {
  const RequestFields answer = fields_of(*request.block());
  char text[32];
  if ((*answer.srb_status & SRB_STATUS_AUTOSENSE_VALID) != 0) {
    const scsi::Sense sense = scsi::decode_sense({request.sense, sizeof(request.sense)});
    std::snprintf(text, sizeof(text), "%x/%02x/%02x", sense.key, sense.asc, sense.ascq);
    return text;
  }
  if (*answer.scsi_status == scsi::kReservationConflict) {
    return "CONFLICT";
  }
  if (*answer.scsi_status == scsi::kBusy) {
    return "BUSY";
  }
  if (*answer.srb_status == SRB_STATUS_SUCCESS) {
    return "GOOD";
  }
  std::snprintf(text, sizeof(text), "SRB status %02x", *answer.srb_status);
  return text;
}

std::string Cluster::ask(const Wish& wish) {
  scene.mpio.command(request, cdb_of(wish), list_of(wish));
  scene.mpio.run(request);
  const std::string answer = said();
  expect_equal(NT_SUCCESS(request.status), answer == "GOOD", "the status beside " + answer);
  return answer;
}

void Cluster::must(const Wish& wish) {
  expect_text(ask(wish), "GOOD", scsi::name_of(wish.action));
}

ScsiDevice::Reply Cluster::they_ask(const scsi::Cdb& cdb, const std::vector<uint8_t>& data_out) {
  for (;;) {
    const ScsiDevice::Reply answer = other_.execute(cdb, data_out);
    if (answer.status != scsi::kCheckCondition) {  // unit attentions, once each
      return answer;
    }
  }
}

std::vector<uint64_t> Cluster::keys() {
  const auto answer = they_ask(
      scsi::make_persistent_reserve_in(scsi::ReserveInAction::read_keys, kAnswerBytes), {});
  std::vector<uint64_t> keys;
  const auto header = scsi::decode_reserve_in_header(answer.data);
  expect(header.has_value(), "an answer to READ KEYS");
  scsi::for_each_reservation_key(header->list, [&keys](uint64_t key) { keys.push_back(key); });
  return keys;
}

size_t Cluster::count(uint64_t key) {
  const std::vector<uint64_t> all = keys();
  return static_cast<size_t>(std::count(all.begin(), all.end(), key));
}

scsi::ReservationType Cluster::reserved() {
  const auto answer = they_ask(
      scsi::make_persistent_reserve_in(scsi::ReserveInAction::read_reservation, kAnswerBytes), {});
  const auto report = scsi::decode_read_reservation(answer.data);
  expect(report.has_value(), "an answer to READ RESERVATION");
  return report->reservation ? report->reservation->type : scsi::ReservationType::none;
}

uint8_t Cluster::they(const Wish& wish) {
  return they_ask(cdb_of(wish), list_of(wish)).status;
}

void Cluster::must_read(unsigned times) {
  for (unsigned i = 0; i < times; ++i) {
    scene.mpio.read(request, 0, 1);
    scene.mpio.run(request);
    expect_equal(request.status, STATUS_SUCCESS, "a read");
  }
}

std::string Cluster::spread(unsigned reads) {
  std::vector<unsigned> before;
  for (unsigned port = 0; port < ports_; ++port) {
    before.push_back(scene.device(port).requests(scsi::kRead10));
  }
  must_read(reads);
  std::string text;
  for (unsigned port = 0; port < ports_; ++port) {
    text += (port == 0 ? "" : " ") +
            std::to_string(scene.device(port).requests(scsi::kRead10) - before[port]);
  }
  return text;
}

unsigned Cluster::conflicts() {
  unsigned conflicts = 0;
  for (unsigned port = 0; port < ports_; ++port) {
    conflicts += scene.device(port).conflicts();
  }
  return conflicts;
}

}  // namespace harness
