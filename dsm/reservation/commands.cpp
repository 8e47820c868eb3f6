// Building and reading PERSISTENT RESERVE commands.
#include "dsm/reservation/commands.h"

namespace dsm::reservation {
namespace {

using scsi::ReserveOutAction;

// More keys than any target keeps for one LUN: 1,023.
constexpr uint16_t kAnswerBytes = 8 + 8 * 1023;

ReserveRequest own(ReserveOutAction action, uint64_t key, uint64_t service_action_key,
                   bool persists, scsi::ReservationType type = scsi::ReservationType::none) {
  return {.action = action,
          .type = type,
          .key = key,
          .service_action_key = service_action_key,
          .persists = persists};
}

void fill_out(Send& command, const ReserveRequest& request, OperationId operation = 0) {
  command.cdb = scsi::make_persistent_reserve_out({.action = request.action,
                                                   .type = request.type,
                                                   .scope = request.scope,
                                                   .parameter_bytes = request.parameter_bytes});
  command.data_of_operation = request.has_more ? operation : 0;
  if (!request.has_more) {
    command.data_out_bytes = static_cast<uint8_t>(scsi::encode_reserve_out(
        command.data_out, {.key = request.key,
                           .service_action_key = request.service_action_key,
                           .all_target_ports = request.all_target_ports,
                           .persists = request.persists,
                           .transport_ids = {}}));
  }
}

void fill_in(Send& command, scsi::ReserveInAction action) {
  command.cdb = scsi::make_persistent_reserve_in(action, kAnswerBytes);
  command.data_in_capacity = kAnswerBytes;
}

}  // namespace

void send_command(Step& step, Lun& lun, Nexus& via) {
  ReservationWork& work = lun.reservation;
  Send& command = send(step, lun, via, step.config.reserve_deadline_ms);
  work.via = via.id;
  work.command = command.id;
  const ReserveRequest& asked = work.request;
  switch (work.stage) {
    case ReservationStage::idle:
    case ReservationStage::client:
      fill_out(command, asked, work.list_of);
      break;
    case ReservationStage::elsewhere:
      fill_out(command, own(ReserveOutAction::register_and_ignore_existing_key, 0,
                            asked.service_action_key, asked.persists));
      break;
    case ReservationStage::take_over:
      fill_out(command,
               own(ReserveOutAction::preempt, work.key, work.holder_key, false, work.type));
      break;
    case ReservationStage::confirm:
      fill_out(command, own(ReserveOutAction::register_key, work.key, work.key, work.persists));
      break;
    case ReservationStage::confirm_register:
      fill_out(command,
               own(ReserveOutAction::register_and_ignore_existing_key, 0, work.key, work.persists));
      break;
    case ReservationStage::confirm_undo:
      fill_out(command, own(ReserveOutAction::register_key, work.key, 0, work.persists));
      break;
    case ReservationStage::unregister:
      fill_out(command,
               own(ReserveOutAction::register_and_ignore_existing_key, 0, 0, work.persists));
      break;
    case ReservationStage::find_keys:
    case ReservationStage::confirm_keys:
    case ReservationStage::confirm_again:
      fill_in(command, scsi::ReserveInAction::read_keys);
      break;
    case ReservationStage::find_holder:
    case ReservationStage::learn_holder:
    case ReservationStage::check_holder:
      fill_in(command, scsi::ReserveInAction::read_reservation);
      break;
  }
}

KeyCount count_key(base::Bytes answer, uint64_t key) {
  const auto header = scsi::decode_reserve_in_header(answer);
  if (!header) {
    return {};
  }
  KeyCount found{.known = header->complete()};
  scsi::for_each_reservation_key(header->list, [&](uint64_t one) {
    found.count += one == key ? 1U : 0U;
    found.known |= one == key;
  });
  return found;
}

}  // namespace dsm::reservation
