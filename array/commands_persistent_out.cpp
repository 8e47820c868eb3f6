// PERSISTENT RESERVE OUT: from the bytes to array/reservations.h, and what becomes of the answer.
// SPC-4 6.16.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "array/block_io.h"
#include "array/commands.h"
#include "scsi/opcodes.h"
#include "scsi/persistent_reservation.h"
#include "scsi/sense.h"

namespace array {
namespace {

using scsi::ReserveOutAction;
using Outcome = ReservationOutcome;

constexpr uint16_t kInvalidRelease = 0x2604;
constexpr uint16_t kNoRegistrationResources = 0x5504;
constexpr uint16_t kInternalTargetFailure = 0x4400;
// Fields, for the field pointer.
constexpr uint16_t kServiceActionByte = 1;
constexpr uint16_t kScopeAndTypeByte = 2;
constexpr uint16_t kServiceActionKeyByte = 8;
constexpr uint16_t kRelativePortByte = 18;
constexpr uint16_t kFlagsByte = 20;
constexpr uint16_t kMovedToByte = 24;
constexpr uint16_t kTransportIdsByte = 28;

void end_invalid_list(Task& task, uint16_t byte) {
  end_invalid_field(task, byte, /*in_cdb=*/false);
}

void end_failed(Task& task, Outcome::Result result) {
  switch (result) {
    case Outcome::Result::good:
      return end_good(task);
    case Outcome::Result::conflict:
      task.status = scsi::kReservationConflict;
      return;
    case Outcome::Result::invalid_action:
      return end_invalid_field(task, kServiceActionByte);
    case Outcome::Result::invalid_type:
      return end_invalid_field(task, kScopeAndTypeByte);
    case Outcome::Result::invalid_key:
      return end_invalid_list(task, kServiceActionKeyByte);
    case Outcome::Result::invalid_release:
      return end_check(task, scsi::kIllegalRequest, kInvalidRelease);
    case Outcome::Result::no_resources:
      return end_check(task, scsi::kIllegalRequest, kNoRegistrationResources);
  }
}

// The change is made, stored, and told to those whom it concerns; or nothing has happened.
void conclude(Context& context, Reservations&& changed, const Outcome& outcome, bool aborts) {
  if (!outcome.good()) {
    return end_failed(context.task, outcome.result);
  }
  if (!context.lun->set_reservations(std::move(changed))) {
    return end_check(context.task, scsi::kHardwareError, kInternalTargetFailure);
  }
  end_good(context.task);
  const uint32_t lun = context.lun->number();
  const auto session_of = [&context](const NexusName& name) {
    return context.array.find_nexus(name.port, name.initiator);
  };
  for (const Outcome::Attention& attention : outcome.attentions) {
    if (Nexus* const nexus = session_of(attention.nexus)) {
      nexus->attentions[lun].add(attention.code);
    }
  }
  for (size_t i = 0; aborts && i < outcome.preempted.size(); ++i) {
    if (Nexus* const nexus = session_of(outcome.preempted[i])) {
      context.array.abort_tasks(*nexus, lun);
    }
  }
}

// The initiator ports that TransportIDs name; a node alone is all its ports that are logged in.
// Empty: some name none that could be a peer here. No more are read than a table can take, and one
// that tells so.
std::optional<std::vector<InitiatorPort>> ports_named(const Array& array, base::Bytes list) {
  std::vector<InitiatorPort> ports;
  scsi::TransportIdWalk walk(list);
  while (ports.size() <= Reservations::kMaxRegistrations) {
    const auto id = walk.next();
    if (!id) {
      break;
    }
    if (id->protocol != scsi::ProtocolId::iscsi) {
      return std::nullopt;
    }
    std::vector<InitiatorPort> these;
    if (id->isid) {
      these.push_back({std::string(id->name), *id->isid});
    } else {
      these = array.initiator_ports(id->name);
    }
    if (these.empty()) {
      return std::nullopt;
    }
    ports.insert(ports.end(), these.begin(), these.end());
  }
  return walk.defective() ? std::nullopt : std::optional(std::move(ports));
}

// `list` with the parameter list; false: the task has been ended.
bool read_list(Context& context, size_t promised_bytes, scsi::ReserveOutList& list) {
  const base::Bytes bytes = base::slice(context.task.data_out, 0, promised_bytes);
  const auto decoded = scsi::decode_reserve_out(bytes);
  const bool registers =
      context.task.cdb.service_action() == static_cast<uint8_t>(ReserveOutAction::register_key);
  if (decoded && decoded->specifies_ports && !registers) {
    end_invalid_list(context.task, kFlagsByte);
    return false;
  }
  if (bytes.size() < promised_bytes || !decoded || !decoded->length_fits) {
    end_check(context.task, scsi::kIllegalRequest, kParameterListLengthError);
    return false;
  }
  list = *decoded;
  return true;
}

void register_ports(Context& context, const NexusName& sender, const scsi::ReserveOutList& list,
                    bool ignore_existing_key) {
  Reservations::Register wanted;
  if (!ignore_existing_key) {
    wanted.key = list.key;
  }
  wanted.new_key = list.service_action_key;
  wanted.persists = list.persists;
  wanted.specifies_ports = list.specifies_ports;
  const auto ports = ports_named(context.array, list.transport_ids);
  if (!ports) {
    return end_invalid_list(context.task, kTransportIdsByte);
  }
  if (ports->size() > Reservations::kMaxRegistrations) {
    return end_failed(context.task, Outcome::Result::no_resources);
  }
  const size_t port_count = context.array.config().ports.size();
  for (unsigned port = 0; port < port_count; ++port) {
    const bool here = port == sender.port;
    if (!here && !list.all_target_ports) {
      continue;
    }
    if (!here) {
      wanted.elsewhere.push_back({sender.initiator, port});
    }
    for (const InitiatorPort& initiator : *ports) {
      wanted.specified.push_back({initiator, port});
    }
  }
  Reservations changed = context.lun->reservations();
  const Outcome outcome = changed.register_key(sender, wanted);
  conclude(context, std::move(changed), outcome, /*aborts=*/false);
}

void register_and_move(Context& context, const NexusName& sender, size_t promised_bytes) {
  Task& task = context.task;
  const base::Bytes bytes = base::slice(task.data_out, 0, promised_bytes);
  const auto list = scsi::decode_register_and_move(bytes);
  if (bytes.size() < promised_bytes || !list || !list->length_fits) {
    return end_check(task, scsi::kIllegalRequest, kParameterListLengthError);
  }
  scsi::TransportIdWalk walk(list->transport_id);
  const auto id = walk.next();
  // One port of one initiator, and another one than the sender's.
  const bool one = id && id->isid && id->bytes.size() == list->transport_id.size();
  if (!one || (id->name == sender.initiator.name && *id->isid == sender.initiator.isid)) {
    return end_invalid_list(task, kMovedToByte);
  }
  if (list->relative_target_port == 0 ||
      list->relative_target_port > context.array.config().ports.size()) {
    return end_invalid_list(task, kRelativePortByte);
  }
  const Reservations::Move wanted{
      .receiver = {{std::string(id->name), *id->isid}, list->relative_target_port - 1U},
      .receiver_key = list->service_action_key,
      .unregister = list->unregister,
      .persists = list->persists};
  Reservations changed = context.lun->reservations();
  const Outcome outcome = changed.move({sender, list->key}, wanted);
  conclude(context, std::move(changed), outcome, /*aborts=*/false);
}

}  // namespace

void persistent_reserve_out(Context& context) {
  Task& task = context.task;
  const auto command = scsi::read_persistent_reserve_out(context.cdb());
  if (!command || context.lun->reserved()) {  // by RESERVE, be it the sender's own
    task.status = scsi::kReservationConflict;
    return;
  }
  const NexusName nexus{context.nexus.initiator, context.nexus.port};
  if (command->action == ReserveOutAction::register_and_move) {
    return register_and_move(context, nexus, command->parameter_bytes);
  }
  scsi::ReserveOutList list;
  if (!read_list(context, command->parameter_bytes, list)) {
    return;
  }
  const Reservations::Sender sender{nexus, list.key};
  const Reservations::Claim claim{command->scope, command->type};
  Reservations changed = context.lun->reservations();
  Outcome outcome;
  switch (command->action) {
    case ReserveOutAction::register_key:
    case ReserveOutAction::register_and_ignore_existing_key:
      return register_ports(context, nexus, list,
                            command->action == ReserveOutAction::register_and_ignore_existing_key);
    case ReserveOutAction::reserve:
      outcome = changed.reserve(sender, claim);
      break;
    case ReserveOutAction::release:
      outcome = changed.release(sender, claim);
      break;
    case ReserveOutAction::clear:
      outcome = changed.clear(sender);
      break;
    case ReserveOutAction::preempt:
    case ReserveOutAction::preempt_and_abort:
      outcome = changed.preempt(sender, list.service_action_key, claim);
      break;
    case ReserveOutAction::register_and_move:
    case ReserveOutAction::replace_lost_reservation:  // has no row in the table
      return end_invalid_field(task, kServiceActionByte);
  }
  conclude(context, std::move(changed), outcome,
           command->action == ReserveOutAction::preempt_and_abort);
}

}  // namespace array
