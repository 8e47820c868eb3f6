// What stands in the body of each record, field by field: the one home of the layout. Whoever
// writes, reads, prints or documents records is a coder that these functions are called with:
//
//   c.u8|u16|u32|u64(name, number, meaning)
//   c.flag(name, bool, meaning)                  one byte, 0 or 1
//   c.choice(name, enumerator, last, meaning)    one byte, up to `last`
//   c.any(name, enumerator, meaning)             one byte; what came from outside may be unknown
//   c.text(name, text, meaning)                  one byte with the length, then so many
//   c.bytes(name, bytes, meaning)                the same
//   c.sized(name, size, array, meaning)          two bytes with the length, then so many
//   c.path_settings(name, span, meaning)         one byte with the number, then so many entries
//   if (c.part(name, condition)) {...}           fields that are there only under the condition
//
// The objects are const for a coder that writes.
#pragma once

#include "base/fixed_string.h"
#include "dsm/action.h"
#include "dsm/config.h"
#include "dsm/event.h"
#include "dsm/trace/record.h"

namespace dsm::trace {

// `begin`.
struct Begin {
  uint16_t version = kVersion;
  bool complete = true;
  base::FixedString<64> host;
  uint16_t device_policies = 0;
  uint16_t vendor_rows = 0;
};
template <typename C, typename B, typename Settings>
void begin_fields(C& c, B& begin, Settings& config) {
  c.u16("version", begin.version, "of the layout: 1");
  c.flag("complete", begin.complete,
         "the module knew nothing yet; without this the trace can be printed, not replayed");
  c.text("host", begin.host, "who wrote it");
  c.u16("device policies", begin.device_policies, "so many `device policy` records follow");
  c.u16("vendor rows", begin.vendor_rows, "and so many `vendor row` records");
  c.any("default policy", config.default_policy, "the numbers are those of dsm/types.h");
  c.u16("lanes", config.lane_count, "of each LUN");
  c.flag("sequential transfers stay", config.least_blocks_cache, "least blocks");
  c.u32("sequential cap", config.least_blocks_cache_bytes, "bytes");
  c.flag("statistics", config.statistics, "counted per nexus");
  c.u32("path error limit", config.path_error_limit, "0: none");
  c.u32("path error window", config.path_error_window_ms, "ms");
  c.u32("TEST UNIT READY deadline", config.tur_deadline_ms, "ms");
  c.u32("RTPG deadline", config.rtpg_deadline_ms, "ms");
  c.u32("STPG deadline", config.stpg_deadline_ms, "ms; START STOP UNIT too");
  c.u32("PERSISTENT RESERVE deadline", config.reserve_deadline_ms, "ms");
  c.u32("first pause", config.retry_pause_ms, "ms, between tries of the DSM's commands");
  c.u32("longest pause", config.retry_pause_max_ms, "ms");
  c.u32("access work", config.access_work_ms, "ms, until it is given up");
  c.u32("reserve retries", config.reserve_retry_ms, "ms, on each path");
  c.flag("extended RTPG", config.extended_rtpg, "the extended header is asked for");
}

template <typename C, typename P>
void device_policy_fields(C& c, P& policy) {
  c.text("device", policy.device, "as in a supported-device list");
  c.any("policy", policy.policy, "what its LUNs start with");
}

template <typename C, typename V>
void verdict_fields(C& c, V& verdict) {
  c.flag("retry", verdict.retry, "the host sends it again");
  c.choice("target", verdict.target, Target::other_path, "0 any path, 1 the same, 2 another");
  c.flag("free", verdict.free, "the retry does not count");
  c.choice("interval", verdict.interval, Interval::milliseconds, "0 none, 1 the host's, 2 below");
  c.u32("pause", verdict.interval_ms, "ms");
  c.flag("failover", verdict.failover, "the nexus is failed");
  c.flag("give back", verdict.give_back, "to the layer above");
  c.choice("advice", verdict.advice, Advice::retry_later, "0 report, 1 retry now, 2 retry later");
  c.u16("row", verdict.row, "that decided: vendor rows from 0, built-in ones from 32768");
}

template <typename C, typename R>
void vendor_row_fields(C& c, R& row) {
  c.text("name", row.name, "");
  c.text("explain", row.explain, "");
  c.flag("needs sense", row.needs_sense, "sense data must be there");
  c.flag("deferred", row.deferred, "deferred sense data");
  c.u8("key", row.key, "255: any; likewise the next three");
  c.u8("ASC", row.asc, "");
  c.u8("ASCQ", row.ascq, "");
  c.u16("outcomes", row.outcomes, "a bit for each outcome below SCSI");
  c.u8("status", row.status, "SCSI status");
  c.choice("condition", row.condition, Condition::unregistered_here, "see dsm/error_table.h");
  verdict_fields(c, row.verdict);
  c.choice("follow up", row.follow_up, FollowUp::check_registration_now_and_then, "likewise");
  c.flag("against path", row.against_path, "counts towards the path error limit");
}

// What came of a step, and what was in the caller's list of actions already: a full one makes the
// module brief.
struct Outcome {
  uint16_t already = 0;
  bool more = false;
  uint16_t actions = 0;
};
template <typename C, typename O>
void outcome_fields(C& c, O& outcome) {
  c.u16("already", outcome.already, "actions that the list held before");
  c.flag("more", outcome.more, "the module wants resume()");
  c.u16("actions", outcome.actions, "so many `action` records follow");
}

template <typename C, typename I>
void identity_fields(C& c, I& identity) {
  c.u8("designator type", identity.type, "80h: vendor, product and serial number");
  c.u8("code set", identity.code_set, "");
  c.sized("identity", identity.size, identity.bytes, "of the LUN");
}

template <typename C, typename R>
void claim_fields(C& c, R& claim) {
  c.choice("refusal", claim.refusal, ClaimRefusal::no_target_port_group, "0: it was claimed");
  c.flag("identity is local", claim.identity_is_local, "");
  c.choice("ALUA", claim.support, AluaSupport::both, "");
  c.flag("has group", claim.has_group, "");
  c.u16("target port group", claim.target_port_group, "");
  c.flag("has port", claim.has_port, "");
  c.u16("relative target port", claim.relative_target_port, "");
  c.text("model", claim.model, "vendor and product");
  identity_fields(c, claim.identity);
}

// Which parts of Arrival's storage were there: one flag each.
struct Brought {
  bool claim = false;
  bool lun = false;
  bool lanes = false;
  bool path = false;
  bool nexus = false;
};
template <typename C, typename B, typename A, typename R>
void arrival_fields(C& c, B& brought, A& arrival, R& claim) {
  c.flag("brings LUN", brought.lun, "storage for it; likewise the next three");
  c.flag("brings lanes", brought.lanes, "");
  c.flag("brings path", brought.path, "");
  c.flag("brings nexus", brought.nexus, "");
  c.u32("spare LUN", arrival.spare_lun_id, "its number, if the identity is new");
  c.text("name", arrival.nexus_name, "of the nexus");
  c.any("policy", arrival.settings.policy, "of a LUN that is new; 0: none");
  c.any("origin", arrival.settings.origin, "of that policy");
  c.flag("preferred", arrival.settings.preferred, "");
  c.any("desire", arrival.settings.desire, "");
  c.u32("weight", arrival.settings.weight, "");
  c.flag("claim", brought.claim, "INQUIRY data were looked at");
  if (c.part("with a claim", brought.claim)) {
    claim_fields(c, claim);
  }
}

template <typename C, typename D, typename S>
void command_done_fields(C& c, D& command, S& data_bytes) {
  c.u32("command", command.id, "that `send` named");
  c.choice("outcome", command.outcome, TransportOutcome::other, "");
  c.u8("status", command.scsi_status, "SCSI status");
  c.bytes("sense", command.sense, "");
  c.u32("data", data_bytes, "bytes; they came in `data` records before");
}

template <typename C, typename S>
void path_setting_fields(C& c, S& setting) {
  c.u32("path nexus", setting.nexus, "");
  c.any("path desire", setting.desire, "");
  c.u32("path weight", setting.weight, "");
}

template <typename C, typename R>
void reserve_fields(C& c, R& reserve) {
  c.any("service action", reserve.action, "of PERSISTENT RESERVE OUT");
  c.any("type", reserve.type, "");
  c.u8("scope", reserve.scope, "");
  c.u64("key", reserve.key, "");
  c.u64("service action key", reserve.service_action_key, "");
  c.flag("APTPL", reserve.persists, "");
  c.flag("ALL_TG_PT", reserve.all_target_ports, "");
  c.flag("UNREG", reserve.unregisters, "");
  c.flag("has more", reserve.has_more, "the parameter list holds more than this");
  c.u32("parameter list", reserve.parameter_bytes, "bytes");
}

template <typename C, typename O>
void operation_fields(C& c, O& operation) {
  c.u32("operation", operation.id, "its number");
  c.choice("operation kind", operation.kind, OperationKind::reserve_out, "");
  c.u32("operation LUN", operation.lun, "");
  c.u32("operation path", operation.path, "");
  c.u32("operation nexus", operation.nexus, "");
  c.u16("group", operation.group, "");
  c.u64("deadline", operation.deadline, "ns; 0: none");
  if (c.part("set policy", operation.kind == OperationKind::set_policy)) {
    c.any("policy", operation.settings.policy, "");
    c.u32("preferred", operation.settings.preferred, "nexus; 0: none");
    c.any("origin", operation.settings.origin, "");
    c.path_settings("paths", operation.settings.paths, "nexus u32, desire u8, weight u32 each");
  }
  if (c.part("reserve out", operation.kind == OperationKind::reserve_out)) {
    reserve_fields(c, operation.reserve);
  }
}

// `event`. What else an event points to is given beside it.
template <typename C, typename E, typename O, typename S, typename B, typename R, typename D>
void event_fields(C& c, E& event, O& outcome, S& busy, B& brought, R& claim, D& data_bytes) {
  c.choice("kind", event.kind, EventKind::cancel_operation, "");
  outcome_fields(c, outcome);
  c.u32("busy", busy, "slots being emptied in which commands were seen under way: a bit each");
  c.u32("LUN", event.lun, "0: not named");
  c.u32("path", event.path, "0: not named");
  c.u32("nexus", event.nexus, "0: not named");
  c.u32("number", event.number, "");
  c.any("desire", event.desire, "");
  if (c.part("nexus arrived", event.kind == EventKind::nexus_arrived)) {
    arrival_fields(c, brought, event.arrival, claim);
  }
  if (c.part("command done", event.kind == EventKind::command_done)) {
    command_done_fields(c, event.command, data_bytes);
  }
  if (c.part("start or cancel operation", event.kind == EventKind::start_operation ||
                                              event.kind == EventKind::cancel_operation)) {
    operation_fields(c, event.operation);
  }
}

// `interpreted`.
template <typename C, typename N, typename D, typename V, typename O>
void interpreted_fields(C& c, N& nexus, D& completion, V& verdict, O& outcome) {
  c.u32("nexus", nexus, "the command ran on");
  c.choice("outcome", completion.outcome, TransportOutcome::other, "");
  c.u8("status", completion.scsi_status, "SCSI status");
  c.u8("opcode", completion.opcode, "of the command");
  c.flag("reads or writes", completion.is_rw, "");
  c.bytes("sense", completion.sense, "");
  verdict_fields(c, verdict);
  outcome_fields(c, outcome);
}

template <typename C, typename S>
void send_fields(C& c, S& send) {
  c.u32("command", send.id, "its number");
  c.sized("CDB", send.cdb.length, send.cdb.bytes, "");
  c.u32("deadline", send.deadline_ms, "ms");
  c.u32("data in", send.data_in_capacity, "bytes at most");
  c.u32("data of operation", send.data_of_operation, "data out: the client's own list");
  c.sized("data out", send.data_out_bytes, send.data_out, "");
}

template <typename C, typename R>
void result_fields(C& c, R& result) {
  c.u32("operation", result.id, "");
  c.choice("operation kind", result.kind, OperationKind::reserve_out, "");
  c.u32("successor", result.successor, "path");
  c.u32("answered by", result.path, "path");
  c.u8("status", result.answer.scsi_status, "SCSI status; reserve out");
  c.u8("key", result.answer.sense_key, "");
  c.u8("ASC", result.answer.asc, "");
  c.u8("ASCQ", result.answer.ascq, "");
}

template <typename C, typename R>
void report_fields(C& c, R& report) {
  c.choice("what", report.what, ReportWhat::move_released, "");
  c.choice("cause", report.cause, Cause::timer, "");
  c.u16("group", report.group, "");
  c.u32("old", report.old_value, "");
  c.u32("new", report.new_value, "");
  c.u32("detail", report.detail, "");
}

// `action`. `code` is that of the status of `refused` and `op_done`.
template <typename C, typename A, typename S>
void action_fields(C& c, A& action, S& code) {
  c.choice("kind", action.kind, ActionKind::report, "");
  c.u32("LUN", action.lun, "0: not named");
  c.u32("path", action.path, "0: not named");
  c.u32("nexus", action.nexus, "0: not named");
  c.u8("slot", action.slot, "255: not named");
  if (c.part("refused", action.kind == ActionKind::refused)) {
    c.choice("why", code, base::Code::conflict, "by base::Code");
  }
  if (c.part("send", action.kind == ActionKind::send)) {
    send_fields(c, action.send);
  }
  if (c.part("arm timer", action.kind == ActionKind::arm_timer)) {
    c.u64("due", action.due, "ns");
  }
  if (c.part("release", action.kind == ActionKind::release)) {
    c.choice("released", action.released, Released::nexus, "0 LUN, 1 lanes, 2 path, 3 nexus");
  }
  if (c.part("operation done", action.kind == ActionKind::op_done)) {
    result_fields(c, action.result);
    c.choice("result", code, base::Code::conflict, "0: ok; by base::Code");
  }
  if (c.part("report", action.kind == ActionKind::report)) {
    report_fields(c, action.report);
  }
}

// `picked`.
struct Picked {
  LunId lun = 0;
  uint16_t lane = 0;
  uint8_t slot = 0;
  uint64_t word = 0;
};
template <typename C, typename P>
void picked_fields(C& c, P& picked) {
  c.u32("LUN", picked.lun, "");
  c.u16("lane", picked.lane, "");
  c.u8("slot", picked.slot, "255: there was no candidate");
  c.u64("word", picked.word, "that it was chosen from: generation, and candidates below");
}

}  // namespace dsm::trace
