// PERSISTENT RESERVE IN data as documents; see explain.h.
#include <fmt/format.h>

#include <string>

#include "cli/explain/explain.h"
#include "scsi/persistent_reservation.h"

namespace cli::explain {
namespace {

Document too_short(base::Bytes bytes, const char* what) {
  return {
      {"error", fmt::format("{} bytes are no {} data: at least 8 are needed", bytes.size(), what)}};
}

std::string key_text(uint64_t key) {
  return fmt::format("{:016x}", key);
}

void warn_if_cut(Document& document, const scsi::ReserveInHeader& header) {
  if (!header.complete()) {
    document["warning"] = fmt::format("the header promises {} bytes after it, {} are there",
                                      header.additional_bytes, header.list.size());
  }
}

std::string port_text(base::Bytes bytes) {
  scsi::TransportIdWalk walk(bytes);
  const auto id = walk.next();
  if (!id) {
    return "unreadable: " + hex(bytes);
  }
  switch (id->protocol) {
    case scsi::ProtocolId::iscsi:
      return std::string(id->name) + (id->isid ? " ISID " + hex(*id->isid) : " (every port)");
    case scsi::ProtocolId::fibre_channel:
    case scsi::ProtocolId::sas:
      return fmt::format("{} {:016x}", scsi::name_of(id->protocol), id->port_name);
    default:
      return fmt::format("{} {}", scsi::name_of(id->protocol), hex(id->bytes));
  }
}

}  // namespace

Document reservation_keys(base::Bytes bytes) {
  const auto header = scsi::decode_reserve_in_header(bytes);
  if (!header) {
    return too_short(bytes, "READ KEYS");
  }
  Document keys = Document::array();
  scsi::for_each_reservation_key(header->list,
                                 [&keys](uint64_t key) { keys.push_back(key_text(key)); });
  Document document{{"generation", header->generation}, {"keys", std::move(keys)}};
  warn_if_cut(document, *header);
  return document;
}

Document reservation(base::Bytes bytes) {
  const auto header = scsi::decode_reserve_in_header(bytes);
  const auto report = scsi::decode_read_reservation(bytes);
  if (!header) {
    return too_short(bytes, "READ RESERVATION");
  }
  if (!report) {
    return {{"error", fmt::format("the reservation is cut off: {} of its 16 bytes are there",
                                  header->list.size())}};
  }
  Document document{{"generation", report->generation},
                    {"reserved", report->reservation.has_value()}};
  if (report->reservation) {
    document["type"] = scsi::name_of(report->reservation->type);
    document["type_code"] = static_cast<unsigned>(report->reservation->type);
    document["scope_code"] = report->reservation->scope;
    document["holder_key"] = key_text(report->reservation->key);
  }
  return document;
}

Document reservation_capabilities(base::Bytes bytes) {
  const auto can = scsi::decode_report_capabilities(bytes);
  if (!can) {
    return too_short(bytes, "REPORT CAPABILITIES");
  }
  Document types = Document::array();
  for (unsigned type = 0; can->types_valid && type < 16; ++type) {
    if ((can->types >> type & 1) != 0) {
      types.push_back(scsi::name_of(static_cast<scsi::ReservationType>(type)));
    }
  }
  return {{"survives_power_loss", can->can_persist},
          {"survives_power_loss_now", can->persists},
          {"specified_initiator_ports", can->specifies_ports},
          {"all_target_ports", can->all_target_ports},
          {"compatible_reserve_and_release", can->compatible_handling},
          {"replaces_lost_reservations", can->replaces_lost},
          {"allow_commands", can->allowed_commands},
          {"types", can->types_valid ? std::move(types) : Document("not told")}};
}

Document reservation_status(base::Bytes bytes) {
  const auto header = scsi::decode_reserve_in_header(bytes);
  if (!header) {
    return too_short(bytes, "READ FULL STATUS");
  }
  Document list = Document::array();
  scsi::FullStatusWalk walk(header->list);
  while (const auto status = walk.next()) {
    Document entry{{"key", key_text(status->key)}, {"holder", status->holder}};
    if (status->holder) {
      entry["type"] = scsi::name_of(status->type);
    }
    if (status->all_target_ports) {
      entry["target_port"] = "all";
    } else {
      entry["target_port"] = status->relative_target_port;
    }
    entry["initiator_port"] = port_text(status->transport_id);
    list.push_back(std::move(entry));
  }
  Document document{{"generation", header->generation}, {"registrations", std::move(list)}};
  if (walk.truncated()) {
    document["warning"] = "the data are cut off: a length in them points past the end";
  }
  warn_if_cut(document, *header);
  return document;
}

}  // namespace cli::explain
