// See reserving_target.h.
#include "dsm/testing/reserving_target.h"

#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {

using scsi::ReservationType;
using scsi::ReserveOutAction;

ReservingHost::ReservingHost(unsigned paths, PolicyId policy) : OperationHost(policy) {
  for (NexusId id = 1; id <= paths; ++id) {
    path(id);
  }
}

OperationId ReservingHost::ask(ReserveOutAction action, uint64_t key, uint64_t service_action_key,
                               ReservationType wanted_type) {
  Operation operation;
  operation.kind = OperationKind::reserve_out;
  operation.lun = lun().id;
  operation.reserve = {
      .action = action, .type = wanted_type, .key = key, .service_action_key = service_action_key};
  return start(operation);
}

const OperationResult& ReservingHost::result(OperationId id) const {
  static const OperationResult none{};
  for (const OperationResult& one : results) {
    if (one.id == id) {
      return one;
    }
  }
  ADD_FAILURE() << "operation " << id << " has not ended";
  return none;
}

std::string ReservingHost::told(OperationId id) const {
  const OperationResult& ended = result(id);
  if (!ended.status.ok()) {
    return ended.status.message();
  }
  char text[32];
  switch (ended.answer.scsi_status) {
    case scsi::kGood:
      return "GOOD";
    case scsi::kReservationConflict:
      return "CONFLICT";
    case scsi::kCheckCondition:
      static_cast<void>(std::snprintf(text, sizeof text, "%X/%02X/%02X", ended.answer.sense_key,
                                      ended.answer.asc, ended.answer.ascq));
      return text;
    default:
      static_cast<void>(std::snprintf(text, sizeof text, "status %02Xh", ended.answer.scsi_status));
      return text;
  }
}

void ReservingHost::serve() {
  for (int i = 0; !sent.empty(); ++i) {
    ASSERT_LT(i, 1000) << "the DSM sends on and on without time passing";
    serve_one();
  }
}

void ReservingHost::serve_one() {
  if (!sent.empty() && (sent.front().is_rtpg() || sent.front().is_stpg())) {
    answer_one();
    return;
  }
  const SentCommand command = take();
  std::vector<uint8_t> data;
  const uint8_t status = execute(command, data);
  if (status == scsi::kCheckCondition) {  // INVALID RELEASE OF PERSISTENT RESERVATION
    answer_with_sense(command, scsi::kIllegalRequest, 0x26, 0x04);
  } else {
    answer(command, status, {}, data);
  }
}

void ReservingHost::arrive_as(NexusId nexus, NexusId former) {
  EXPECT_TRUE(add(nexus).ok());
  if (const auto found = keys.find(former); found != keys.end()) {
    keys[nexus] = found->second;
    keys.erase(found);
  }
  holder = holder == former && former != 0 ? nexus : holder;
}

void ReservingHost::after_a_rest() {
  advance_ms(uint64_t{5} * config.retry_pause_max_ms);
  serve();
}

void ReservingHost::lose_answer(bool executed, TransportOutcome outcome) {
  const SentCommand command = take();
  std::vector<uint8_t> data;
  if (executed) {
    execute(command, data);
  }
  fail_path(command.nexus);
  lose(command, outcome);
}

bool ReservingHost::is_held_by(NexusId nexus) const {
  return type != ReservationType::none &&
         (scsi::is_all_registrants(type) ? keys.contains(nexus) : holder == nexus);
}

uint8_t ReservingHost::execute(const SentCommand& command, std::vector<uint8_t>& data) {
  const auto out = scsi::read_persistent_reserve_out(command.send.cdb.span());
  if (out) {
    log.push_back(std::to_string(command.nexus) + " " + scsi::name_of(out->action));
    const auto list = scsi::decode_reserve_out(
        base::Bytes(command.send.data_out).first(command.send.data_out_bytes));
    EXPECT_TRUE(list.has_value());
    EXPECT_EQ(out->parameter_bytes, command.send.data_out_bytes);
    return list ? execute_out(command.nexus, *out, *list) : uint8_t{scsi::kCheckCondition};
  }
  if (command.send.cdb.opcode() != scsi::kPersistentReserveIn) {
    return scsi::kGood;
  }
  data.resize(4096);
  const auto action = static_cast<scsi::ReserveInAction>(command.send.cdb.service_action());
  log.push_back(std::to_string(command.nexus) + " " + scsi::name_of(action));
  if (action == scsi::ReserveInAction::read_keys) {
    std::vector<uint64_t> all;
    for (const auto& [nexus, key] : keys) {
      all.push_back(key);
    }
    data.resize(scsi::encode_read_keys(data, 1, all));
  } else {
    scsi::ReservationReport report;
    if (type != ReservationType::none) {
      report.reservation = {.key = holder != 0 ? keys[holder] : 0, .type = type};
    }
    data.resize(scsi::encode_read_reservation(data, report));
  }
  return scsi::kGood;
}

void ReservingHost::remove_key(uint64_t key, NexusId survivor) {
  std::erase_if(keys,
                [&](const auto& entry) { return entry.second == key && entry.first != survivor; });
}

uint8_t ReservingHost::execute_out(NexusId nexus, const scsi::ReserveOutCommand& command,
                                   const scsi::ReserveOutList& list) {
  const bool known = keys.contains(nexus);
  const bool ignores = command.action == ReserveOutAction::register_and_ignore_existing_key;
  const bool first = command.action == ReserveOutAction::register_key && !known && list.key == 0;
  if (!ignores && !first && (!known || keys[nexus] != list.key)) {
    return scsi::kReservationConflict;
  }
  switch (command.action) {
    case ReserveOutAction::register_key:
    case ReserveOutAction::register_and_ignore_existing_key:
      aptpl[nexus] = list.persists;
      if (list.service_action_key != 0) {
        keys[nexus] = list.service_action_key;
      } else {
        keys.erase(nexus);
        if (holder == nexus) {
          holder = 0;
          type = ReservationType::none;
        }
      }
      break;
    case ReserveOutAction::reserve:
      if (type != ReservationType::none && (!is_held_by(nexus) || type != command.type)) {
        return scsi::kReservationConflict;
      }
      type = command.type;
      holder = scsi::is_all_registrants(type) ? 0 : nexus;
      break;
    case ReserveOutAction::release:
      if (is_held_by(nexus)) {
        if (type != command.type) {
          return scsi::kCheckCondition;
        }
        type = ReservationType::none;
        holder = 0;
      }
      break;
    case ReserveOutAction::clear:
      keys.clear();
      type = ReservationType::none;
      holder = 0;
      break;
    case ReserveOutAction::preempt:
    case ReserveOutAction::preempt_and_abort: {
      const bool takes =
          type != ReservationType::none &&
          (holder != 0 ? keys[holder] == list.service_action_key : list.service_action_key == 0);
      if (!takes && std::none_of(keys.begin(), keys.end(), [&](const auto& entry) {
            return entry.second == list.service_action_key;
          })) {
        return scsi::kReservationConflict;
      }
      remove_key(list.service_action_key, nexus);
      if (takes) {
        type = command.type;
        holder = scsi::is_all_registrants(type) ? 0 : nexus;
      }
      break;
    }
    default:
      return scsi::kCheckCondition;
  }
  return scsi::kGood;
}

uint8_t ReservingHost::other_host(NexusId nexus, ReserveOutAction action, uint64_t key,
                                  uint64_t service_action_key, ReservationType wanted_type) {
  return execute_out(nexus, {.action = action, .type = wanted_type},
                     {.key = key, .service_action_key = service_action_key, .transport_ids = {}});
}

void ReservingHost::register_for_good(uint64_t key, uint64_t present) {
  Operation operation;
  operation.kind = OperationKind::reserve_out;
  operation.lun = lun().id;
  operation.reserve = {.key = present, .service_action_key = key, .persists = true};
  start(operation);
  serve();
}

Registered::Registered(unsigned paths, ReservationType with) : ReservingHost(paths) {
  const OperationId id = register_key(kKey);
  serve();
  EXPECT_EQ(told(id), "GOOD");
  if (with != ReservationType::none) {
    EXPECT_EQ(done(ReserveOutAction::reserve, with), "GOOD");
  }
  log.clear();
}

std::string Registered::done(ReserveOutAction action, ReservationType with,
                             uint64_t service_action_key) {
  const OperationId id = ask(action, kKey, service_action_key, with);
  serve();
  return told(id);
}

}  // namespace dsm::testing
