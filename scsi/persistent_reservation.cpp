// See persistent_reservation.h.
#include "scsi/persistent_reservation.h"

namespace scsi {
namespace {

constexpr size_t kHeaderBytes = 8;
constexpr size_t kReservationBytes = 16;
// Bits of byte 20 of the parameter list, byte 17 of that of REGISTER AND MOVE.
constexpr uint8_t kSpecifiesPorts = 0x08;
constexpr uint8_t kAllTargetPorts = 0x04;
constexpr uint8_t kPersists = 0x01;
constexpr uint8_t kUnregister = 0x02;
// Bits of byte 12 of a full status descriptor.
constexpr uint8_t kStatusAllTargetPorts = 0x02;
constexpr uint8_t kStatusHolder = 0x01;

constexpr uint8_t scope_and_type(uint8_t scope, ReservationType type) {
  return static_cast<uint8_t>(scope << 4 | static_cast<uint8_t>(type));
}
constexpr ReservationType type_in(uint8_t byte) {
  return static_cast<ReservationType>(byte & 0x0f);
}
constexpr uint8_t scope_in(uint8_t byte) {
  return byte >> 4;
}
constexpr uint8_t bit_if(bool set, unsigned bit) {
  return static_cast<uint8_t>(set ? 1U << bit : 0);
}

}  // namespace

bool is_known(ReservationType type) {
  return type == ReservationType::write_exclusive || type == ReservationType::exclusive_access ||
         is_for_registrants(type);
}

bool is_for_registrants(ReservationType type) {
  return type == ReservationType::write_exclusive_registrants_only ||
         type == ReservationType::exclusive_access_registrants_only || is_all_registrants(type);
}

bool is_all_registrants(ReservationType type) {
  return type == ReservationType::write_exclusive_all_registrants ||
         type == ReservationType::exclusive_access_all_registrants;
}

bool excludes_reading(ReservationType type) {
  return type == ReservationType::exclusive_access ||
         type == ReservationType::exclusive_access_registrants_only ||
         type == ReservationType::exclusive_access_all_registrants;
}

// --- commands

Cdb make_persistent_reserve_out(const ReserveOutCommand& command) {
  Cdb cdb;
  cdb.length = 10;
  cdb.bytes[0] = kPersistentReserveOut;
  cdb.bytes[1] = static_cast<uint8_t>(command.action);
  cdb.bytes[2] = scope_and_type(command.scope, command.type);
  base::store_be32(&cdb.bytes[5], command.parameter_bytes);
  return cdb;
}

std::optional<ReserveOutCommand> read_persistent_reserve_out(base::Bytes cdb) {
  if (cdb.size() < 10 || cdb[0] != kPersistentReserveOut) {
    return std::nullopt;
  }
  ReserveOutCommand command;
  command.action = static_cast<ReserveOutAction>(cdb[1] & 0x1f);
  command.type = type_in(cdb[2]);
  command.scope = scope_in(cdb[2]);
  command.parameter_bytes = base::load_be32(&cdb[5]);
  return command;
}

Cdb make_persistent_reserve_in(ReserveInAction action, uint16_t allocation_bytes) {
  Cdb cdb;
  cdb.length = 10;
  cdb.bytes[0] = kPersistentReserveIn;
  cdb.bytes[1] = static_cast<uint8_t>(action);
  base::store_be16(&cdb.bytes[7], allocation_bytes);
  return cdb;
}

// --- parameter lists

std::optional<ReserveOutList> decode_reserve_out(base::Bytes bytes) {
  if (bytes.size() < kReserveOutBytes) {
    return std::nullopt;
  }
  ReserveOutList list;
  list.key = base::load_be64(bytes.data());
  list.service_action_key = base::load_be64(&bytes[8]);
  list.specifies_ports = (bytes[20] & kSpecifiesPorts) != 0;
  list.all_target_ports = (bytes[20] & kAllTargetPorts) != 0;
  list.persists = (bytes[20] & kPersists) != 0;
  if (!list.specifies_ports) {
    list.length_fits = bytes.size() == kReserveOutBytes;
    return list;
  }
  if (bytes.size() < kReserveOutBytes + 4) {
    list.length_fits = false;
    return list;
  }
  const size_t claimed = base::load_be32(&bytes[kReserveOutBytes]);
  list.transport_ids = base::slice(bytes, kReserveOutBytes + 4, claimed);
  list.length_fits = list.transport_ids.size() == claimed;
  return list;
}

size_t encode_reserve_out(base::MutableBytes out, const ReserveOutList& list) {
  base::ByteWriter writer(out);
  writer.be64(list.key);
  writer.be64(list.service_action_key);
  writer.be32(0);
  writer.u8(static_cast<uint8_t>((list.specifies_ports ? kSpecifiesPorts : 0) |
                                 (list.all_target_ports ? kAllTargetPorts : 0) |
                                 (list.persists ? kPersists : 0)));
  writer.zeros(3);
  if (list.specifies_ports) {
    writer.be32(static_cast<uint32_t>(list.transport_ids.size()));
    writer.bytes(list.transport_ids);
  }
  return writer.needed();
}

std::optional<RegisterAndMoveList> decode_register_and_move(base::Bytes bytes) {
  if (bytes.size() < kReserveOutBytes) {
    return std::nullopt;
  }
  RegisterAndMoveList list;
  list.key = base::load_be64(bytes.data());
  list.service_action_key = base::load_be64(&bytes[8]);
  list.unregister = (bytes[17] & kUnregister) != 0;
  list.persists = (bytes[17] & kPersists) != 0;
  list.relative_target_port = base::load_be16(&bytes[18]);
  const size_t claimed = base::load_be32(&bytes[20]);
  list.transport_id = base::slice(bytes, kReserveOutBytes, claimed);
  list.length_fits = list.transport_id.size() == claimed;
  return list;
}

size_t encode_register_and_move(base::MutableBytes out, const RegisterAndMoveList& list) {
  base::ByteWriter writer(out);
  writer.be64(list.key);
  writer.be64(list.service_action_key);
  writer.u8(0);
  writer.u8(
      static_cast<uint8_t>((list.unregister ? kUnregister : 0) | (list.persists ? kPersists : 0)));
  writer.be16(list.relative_target_port);
  writer.be32(static_cast<uint32_t>(list.transport_id.size()));
  writer.bytes(list.transport_id);
  return writer.needed();
}

// --- answers

std::optional<ReserveInHeader> decode_reserve_in_header(base::Bytes bytes) {
  if (bytes.size() < kHeaderBytes) {
    return std::nullopt;
  }
  ReserveInHeader header;
  header.generation = base::load_be32(bytes.data());
  header.additional_bytes = base::load_be32(&bytes[4]);
  header.list = base::slice(bytes, kHeaderBytes, header.additional_bytes);
  return header;
}

size_t encode_read_keys(base::MutableBytes out, uint32_t generation,
                        std::span<const uint64_t> keys) {
  base::ByteWriter writer(out);
  writer.be32(generation);
  writer.be32(static_cast<uint32_t>(keys.size() * 8));
  for (const uint64_t key : keys) {
    writer.be64(key);
  }
  return writer.needed();
}

std::optional<ReservationReport> decode_read_reservation(base::Bytes bytes) {
  const auto header = decode_reserve_in_header(bytes);
  if (!header) {
    return std::nullopt;
  }
  ReservationReport report;
  report.generation = header->generation;
  if (header->additional_bytes == 0) {
    return report;
  }
  if (header->list.size() < kReservationBytes) {
    return std::nullopt;
  }
  Reservation reservation;
  reservation.key = base::load_be64(header->list.data());
  reservation.scope = scope_in(header->list[13]);
  reservation.type = type_in(header->list[13]);
  report.reservation = reservation;
  return report;
}

size_t encode_read_reservation(base::MutableBytes out, const ReservationReport& report) {
  base::ByteWriter writer(out);
  writer.be32(report.generation);
  writer.be32(report.reservation ? kReservationBytes : 0);
  if (report.reservation) {
    writer.be64(report.reservation->key);
    writer.zeros(5);
    writer.u8(scope_and_type(report.reservation->scope, report.reservation->type));
    writer.zeros(2);
  }
  return writer.needed();
}

std::optional<ReservationCapabilities> decode_report_capabilities(base::Bytes bytes) {
  if (bytes.size() < kReservationCapabilitiesBytes ||
      base::load_be16(bytes.data()) < kReservationCapabilitiesBytes) {
    return std::nullopt;
  }
  ReservationCapabilities can;
  can.replaces_lost = (bytes[2] & 0x80) != 0;
  can.compatible_handling = (bytes[2] & 0x10) != 0;
  can.specifies_ports = (bytes[2] & 0x08) != 0;
  can.all_target_ports = (bytes[2] & 0x04) != 0;
  can.can_persist = (bytes[2] & 0x01) != 0;
  can.types_valid = (bytes[3] & 0x80) != 0;
  can.allowed_commands = (bytes[3] >> 4) & 0x07;
  can.persists = (bytes[3] & 0x01) != 0;
  // The types stand at their own numbers: those up to 7 in the first byte, 8 in the second.
  can.types = static_cast<uint16_t>(bytes[4] | bytes[5] << 8);
  return can;
}

size_t encode_report_capabilities(base::MutableBytes out, const ReservationCapabilities& can) {
  base::ByteWriter writer(out);
  writer.be16(kReservationCapabilitiesBytes);
  writer.u8(static_cast<uint8_t>(bit_if(can.replaces_lost, 7) | bit_if(can.compatible_handling, 4) |
                                 bit_if(can.specifies_ports, 3) | bit_if(can.all_target_ports, 2) |
                                 bit_if(can.can_persist, 0)));
  writer.u8(static_cast<uint8_t>(bit_if(can.types_valid, 7) | (can.allowed_commands & 0x07) << 4 |
                                 bit_if(can.persists, 0)));
  writer.u8(static_cast<uint8_t>(can.types));
  writer.u8(static_cast<uint8_t>(can.types >> 8));
  writer.be16(0);
  return writer.needed();
}

std::optional<RegistrationStatus> FullStatusWalk::next() {
  if (rest_.empty()) {
    return std::nullopt;
  }
  const size_t additional =
      rest_.size() < kRegistrationStatusBytes ? SIZE_MAX : base::load_be32(&rest_[20]);
  if (additional == SIZE_MAX || additional > rest_.size() - kRegistrationStatusBytes) {
    truncated_ = true;
    rest_ = {};
    return std::nullopt;
  }
  RegistrationStatus status;
  status.key = base::load_be64(rest_.data());
  status.all_target_ports = (rest_[12] & kStatusAllTargetPorts) != 0;
  status.holder = (rest_[12] & kStatusHolder) != 0;
  if (status.holder) {
    status.scope = scope_in(rest_[13]);
    status.type = type_in(rest_[13]);
  }
  status.relative_target_port = base::load_be16(&rest_[18]);
  status.transport_id = rest_.subspan(kRegistrationStatusBytes, additional);
  rest_ = rest_.subspan(kRegistrationStatusBytes + additional);
  return status;
}

FullStatusWriter::FullStatusWriter(base::MutableBytes out, uint32_t generation) : writer_(out) {
  writer_.be32(generation);
  writer_.be32(0);
}

void FullStatusWriter::add(const RegistrationStatus& status) {
  writer_.be64(status.key);
  writer_.be32(0);
  writer_.u8(static_cast<uint8_t>((status.all_target_ports ? kStatusAllTargetPorts : 0) |
                                  (status.holder ? kStatusHolder : 0)));
  writer_.u8(status.holder ? scope_and_type(status.scope, status.type) : uint8_t{0});
  writer_.be32(0);
  writer_.be16(status.relative_target_port);
  writer_.be32(static_cast<uint32_t>(status.transport_id.size()));
  writer_.bytes(status.transport_id);
}

size_t FullStatusWriter::finish() {
  writer_.patch32(4, static_cast<uint32_t>(writer_.needed() - kHeaderBytes));
  return writer_.needed();
}

}  // namespace scsi
