// For tests: PERSISTENT RESERVE IN and OUT in one line each.
#pragma once

#include <string>
#include <vector>

#include "array/testing/rig.h"
#include "scsi/persistent_reservation.h"

namespace array::testing {

using scsi::ReservationType;
using scsi::ReserveInAction;
using scsi::ReserveOutAction;

struct Keys {
  uint64_t own = 0;
  uint64_t other = 0;  // SERVICE ACTION RESERVATION KEY
};

inline Outcome reserve_out(Host& host, ReserveOutAction action, const scsi::ReserveOutList& list,
                           ReservationType type = ReservationType::none, uint64_t lun = 0) {
  Raw bytes(scsi::encode_reserve_out({}, list));
  scsi::encode_reserve_out(bytes, list);
  const auto length = static_cast<uint32_t>(bytes.size());
  return host.send(scsi::make_persistent_reserve_out(
                       {.action = action, .type = type, .parameter_bytes = length}),
                   bytes, lun);
}
inline Outcome reserve_out(Host& host, ReserveOutAction action, Keys keys,
                           ReservationType type = ReservationType::none, uint64_t lun = 0) {
  scsi::ReserveOutList list;
  list.key = keys.own;
  list.service_action_key = keys.other;
  return reserve_out(host, action, list, type, lun);
}
inline Outcome register_with(Host& host, uint64_t key, bool persists = false) {
  scsi::ReserveOutList list;
  list.service_action_key = key;
  list.persists = persists;
  return reserve_out(host, ReserveOutAction::register_and_ignore_existing_key, list);
}
inline Outcome reserve_with(Host& host, uint64_t key, ReservationType type) {
  return reserve_out(host, ReserveOutAction::reserve, Keys{.own = key}, type);
}

inline Raw reserve_in(Host& host, ReserveInAction action, uint16_t allocation = UINT16_MAX) {
  return host.send(scsi::make_persistent_reserve_in(action, allocation)).data;
}
inline std::vector<uint64_t> keys_seen(Host& host) {
  std::vector<uint64_t> keys;
  const Raw data = reserve_in(host, ReserveInAction::read_keys);
  if (const auto header = scsi::decode_reserve_in_header(data)) {
    scsi::for_each_reservation_key(header->list, [&keys](uint64_t key) { keys.push_back(key); });
  }
  return keys;
}
inline ReservationType type_seen(Host& host) {
  const auto report =
      scsi::decode_read_reservation(reserve_in(host, ReserveInAction::read_reservation));
  return report && report->reservation ? report->reservation->type : ReservationType::none;
}

// Their codes, in order; taken away.
inline std::vector<uint16_t> attentions_of(Host& host, size_t lun = 0) {
  std::vector<uint16_t> codes;
  for (AttentionQueue& queue = host.nexus().attentions[lun]; !queue.empty(); queue.pop()) {
    codes.push_back(queue.front());
  }
  return codes;
}

inline Raw iscsi_id(const std::string& name, const scsi::Isid* isid) {
  Raw id(scsi::kMaxTransportIdBytes);
  id.resize(scsi::encode_iscsi_transport_id(id, name, isid));
  return id;
}

}  // namespace array::testing
