// PERSISTENT RESERVE IN. SPC-4 6.15.
#include <vector>

#include "array/commands.h"
#include "scsi/opcodes.h"
#include "scsi/persistent_reservation.h"

namespace array {
namespace {

using enum scsi::ReservationType;

std::vector<uint8_t> keys(const Reservations& reservations) {
  std::vector<uint64_t> all;
  for (const Registration& each : reservations.registrations()) {
    all.push_back(each.key);
  }
  std::vector<uint8_t> data(8 + all.size() * 8);
  scsi::encode_read_keys(data, reservations.generation(), all);
  return data;
}

std::vector<uint8_t> reservation(const Reservations& reservations) {
  std::vector<uint8_t> data(24);
  data.resize(scsi::encode_read_reservation(
      data, {.generation = reservations.generation(), .reservation = reservations.reservation()}));
  return data;
}

std::vector<uint8_t> capabilities(const Reservations& reservations) {
  // ALLOW COMMANDS 011b: TEST UNIT READY passes all types, MODE SENSE and its like those that let
  // others read; see the rows of command_table.cpp.
  constexpr uint8_t kReadersMayAsk = 3;
  const scsi::ReservationCapabilities can{
      .compatible_handling = true,
      .specifies_ports = true,
      .all_target_ports = true,
      .can_persist = true,
      .persists = reservations.persists(),
      .allowed_commands = kReadersMayAsk,
      .types_valid = true,
      .types =
          static_cast<uint16_t>(scsi::bit_of(write_exclusive) | scsi::bit_of(exclusive_access) |
                                scsi::bit_of(write_exclusive_registrants_only) |
                                scsi::bit_of(exclusive_access_registrants_only) |
                                scsi::bit_of(write_exclusive_all_registrants) |
                                scsi::bit_of(exclusive_access_all_registrants))};
  std::vector<uint8_t> data(scsi::kReservationCapabilitiesBytes);
  scsi::encode_report_capabilities(data, can);
  return data;
}

// One descriptor per nexus, also for those that were registered with ALL_TG_PT: they may part ways.
std::vector<uint8_t> full_status(const Reservations& reservations) {
  constexpr size_t kMostOfOne = scsi::kRegistrationStatusBytes + scsi::kMaxTransportIdBytes;
  std::vector<uint8_t> data(8 + reservations.registrations().size() * kMostOfOne);
  scsi::FullStatusWriter writer(data, reservations.generation());
  for (const Registration& each : reservations.registrations()) {
    std::array<uint8_t, scsi::kMaxTransportIdBytes> id{};
    const InitiatorPort& initiator = each.nexus.initiator;
    const size_t length = scsi::encode_iscsi_transport_id(id, initiator.name, &initiator.isid);
    writer.add({.key = each.key,
                .holder = reservations.is_holder(each),
                .type = reservations.type(),
                .relative_target_port = static_cast<uint16_t>(each.nexus.port + 1),
                .transport_id = base::Bytes(id).first(length)});
  }
  data.resize(writer.finish());
  return data;
}

}  // namespace

void persistent_reserve_in(Context& context) {
  const base::Bytes cdb = context.cdb();
  if (context.lun->reserved()) {  // by RESERVE, be it the sender's own
    context.task.status = scsi::kReservationConflict;
    return;
  }
  const auto answer = [&](const std::vector<uint8_t>& data) {
    end_with_data(context.task, data, base::load_be16(&cdb[7]));
  };
  const Reservations& reservations = context.lun->reservations();
  switch (static_cast<scsi::ReserveInAction>(context.task.cdb.service_action())) {
    case scsi::ReserveInAction::read_keys:
      return answer(keys(reservations));
    case scsi::ReserveInAction::read_reservation:
      return answer(reservation(reservations));
    case scsi::ReserveInAction::report_capabilities:
      return answer(capabilities(reservations));
    case scsi::ReserveInAction::read_full_status:
      return answer(full_status(reservations));
  }
}

}  // namespace array
