// PERSISTENT RESERVE IN and OUT data, read as everything they can be: nothing found lies outside
// the bytes, and what is sound survives encoding.
#include <vector>

#include "base/assert.h"
#include "scsi/persistent_reservation.h"

namespace {

bool lies_in(base::Bytes part, base::Bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void walk_ports(base::Bytes list) {
  scsi::TransportIdWalk walk(list);
  while (const auto id = walk.next()) {
    BASE_ASSERT(lies_in(id->bytes, list) && id->bytes.size() >= scsi::kTransportIdBytes);
    if (id->protocol == scsi::ProtocolId::iscsi) {
      BASE_ASSERT(!id->name.empty());
      std::vector<uint8_t> bytes(scsi::kMaxTransportIdBytes);
      bytes.resize(
          scsi::encode_iscsi_transport_id(bytes, id->name, id->isid ? &*id->isid : nullptr));
      scsi::TransportIdWalk again(bytes);
      const auto same = again.next();
      BASE_ASSERT(same && same->name == id->name && same->isid == id->isid);
    }
  }
}

void read_lists(base::Bytes input) {
  if (const auto list = scsi::decode_reserve_out(input)) {
    BASE_ASSERT(lies_in(list->transport_ids, input));
    walk_ports(list->transport_ids);
    if (list->length_fits) {
      std::vector<uint8_t> bytes(input.size());
      bytes.resize(scsi::encode_reserve_out(bytes, *list));
      const auto again = scsi::decode_reserve_out(bytes);
      BASE_ASSERT(again && again->length_fits && again->key == list->key &&
                  again->persists == list->persists &&
                  again->transport_ids.size() == list->transport_ids.size());
    }
  }
  if (const auto list = scsi::decode_register_and_move(input)) {
    BASE_ASSERT(lies_in(list->transport_id, input));
    walk_ports(list->transport_id);
  }
}

void read_answers(base::Bytes input) {
  if (const auto header = scsi::decode_reserve_in_header(input)) {
    size_t keys = 0;
    scsi::for_each_reservation_key(header->list, [&keys](uint64_t) { ++keys; });
    BASE_ASSERT(keys * 8 <= input.size());
    scsi::FullStatusWalk walk(header->list);
    while (const auto status = walk.next()) {
      BASE_ASSERT(lies_in(status->transport_id, input));
      walk_ports(status->transport_id);
    }
  }
  if (const auto report = scsi::decode_read_reservation(input)) {
    std::vector<uint8_t> bytes(32);
    bytes.resize(scsi::encode_read_reservation(bytes, *report));
    const auto again = scsi::decode_read_reservation(bytes);
    BASE_ASSERT(again && again->reservation.has_value() == report->reservation.has_value());
  }
  if (const auto can = scsi::decode_report_capabilities(input)) {
    std::vector<uint8_t> bytes(8);
    BASE_ASSERT(scsi::encode_report_capabilities(bytes, *can) == 8);
    BASE_ASSERT(scsi::decode_report_capabilities(bytes)->types == can->types);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const base::Bytes input(data, size);
  walk_ports(input);
  read_lists(input);
  read_answers(input);
  return 0;
}
