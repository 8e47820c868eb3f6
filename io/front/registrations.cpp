// See registrations.h.
#include "io/front/registrations.h"

#include <algorithm>
#include <array>

#include "io/front/names.h"
#include "scsi/opcodes.h"
#include "scsi/persistent_reservation.h"
#include "scsi/transport_id.h"

namespace io::front {
namespace {

constexpr size_t kHeaderBytes = 8;

bool is_reserve_in(const scsi::Cdb& cdb, scsi::ReserveInAction action) {
  return cdb.opcode() == scsi::kPersistentReserveIn &&
         cdb.service_action() == static_cast<uint8_t>(action);
}

struct Registered {
  scsi::RegistrationStatus status;
  std::optional<scsi::TransportId> nexus;  // of a back-end nexus
};

std::optional<scsi::TransportId> back_end_nexus(const scsi::RegistrationStatus& status) {
  scsi::TransportIdWalk walk(status.transport_id);
  const auto id = walk.next();
  return id && id->isid && is_back_end_name(id->name) ? id : std::nullopt;
}

bool belong_together(const Registered& a, const Registered& b) {
  return a.nexus && b.nexus && a.status.key == b.status.key && a.nexus->name == b.nexus->name &&
         same_front_nexus(*a.nexus->isid, *b.nexus->isid);
}

std::vector<uint8_t> keys(uint32_t generation, const std::vector<Registered>& registered) {
  std::vector<uint64_t> all;
  for (const Registered& each : registered) {
    all.push_back(each.status.key);
  }
  std::vector<uint8_t> data(kHeaderBytes + all.size() * sizeof(uint64_t));
  scsi::encode_read_keys(data, generation, all);
  return data;
}

std::vector<uint8_t> status(uint32_t generation, const std::vector<Registered>& registered,
                            size_t most_bytes, const FindNexus& find) {
  std::vector<uint8_t> data(most_bytes + registered.size() * scsi::kMaxTransportIdBytes);
  scsi::FullStatusWriter writer(data, generation);
  for (const Registered& each : registered) {
    scsi::RegistrationStatus shown = each.status;
    std::array<uint8_t, scsi::kMaxTransportIdBytes> id{};
    const auto nexus = each.nexus ? find(each.nexus->name, *each.nexus->isid) : std::nullopt;
    if (nexus) {
      const size_t length =
          scsi::encode_iscsi_transport_id(id, nexus->initiator.name, &nexus->initiator.isid);
      shown.transport_id = base::Bytes(id).first(length);
      shown.relative_target_port = static_cast<uint16_t>(nexus->port + 1);
    }
    writer.add(shown);
  }
  data.resize(writer.finish());
  return data;
}

}  // namespace

bool tells_registrations(const scsi::Cdb& cdb) {
  return is_reserve_in(cdb, scsi::ReserveInAction::read_keys) ||
         is_reserve_in(cdb, scsi::ReserveInAction::read_full_status);
}

std::optional<std::vector<uint8_t>> tell_registrations(const scsi::Cdb& cdb,
                                                       base::Bytes full_status,
                                                       const FindNexus& find) {
  const auto header = scsi::decode_reserve_in_header(full_status);
  if (!header || !header->complete()) {
    return {};
  }
  std::vector<Registered> registered;
  scsi::FullStatusWalk walk(header->list);
  while (const auto status = walk.next()) {
    const Registered one{*status, back_end_nexus(*status)};
    const auto same =
        std::find_if(registered.begin(), registered.end(),
                     [&one](const Registered& other) { return belong_together(one, other); });
    if (same == registered.end()) {
      registered.push_back(one);
    } else if (one.status.holder && !same->status.holder) {
      same->status.holder = true;
      same->status.scope = one.status.scope;
      same->status.type = one.status.type;
    }
  }
  if (walk.truncated()) {
    return {};
  }
  return is_reserve_in(cdb, scsi::ReserveInAction::read_keys)
             ? keys(header->generation, registered)
             : status(header->generation, registered, full_status.size(), find);
}

}  // namespace io::front
