// The built-in error rows. Numbers are SPC-4 sense codes and SAM-5 status codes; the order is the
// meaning: what is given back first, then what sense data say, then what the transport says.
#include "dsm/error_table.h"

#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm {
namespace {

// Verdicts that rows share.
constexpr Verdict kReport{.give_back = true, .advice = Advice::report};
// The completion belongs to the layer above, which is expected to send the command again: a unit
// attention means that it was not executed.
constexpr Verdict kGiveBackRetryNow{.give_back = true, .advice = Advice::retry_now};
constexpr Verdict kGiveBackRetryLater{.give_back = true, .advice = Advice::retry_later};
constexpr Verdict kRetry{.retry = true};
constexpr Verdict kFreeRetry{.retry = true, .free = true};
constexpr Verdict kFreeRetryElsewhere{.retry = true, .target = Target::other_path, .free = true};
constexpr Verdict kRetryElsewhere{.retry = true, .target = Target::other_path};
constexpr Verdict kRetryHereAtOnce{
    .retry = true, .target = Target::same_path, .interval = Interval::immediate};
constexpr Verdict kFailover{.failover = true};

constexpr ErrorRow sense_row(const char* name, const char* explain, uint8_t key, uint8_t asc,
                             uint8_t ascq, const Verdict& verdict,
                             FollowUp follow_up = FollowUp::nothing,
                             Condition condition = Condition::always) {
  return {.name = name,
          .explain = explain,
          .needs_sense = true,
          .key = key,
          .asc = asc,
          .ascq = ascq,
          .condition = condition,
          .verdict = verdict,
          .follow_up = follow_up};
}

constexpr ErrorRow status_row(const char* name, const char* explain, uint8_t status,
                              const Verdict& verdict, FollowUp follow_up = FollowUp::nothing,
                              Condition condition = Condition::always) {
  return {.name = name,
          .explain = explain,
          .outcomes = outcome_bit(TransportOutcome::delivered),
          .status = status,
          .condition = condition,
          .verdict = verdict,
          .follow_up = follow_up};
}

constexpr ErrorRow outcome_row(const char* name, const char* explain, uint16_t outcomes,
                               const Verdict& verdict, FollowUp follow_up = FollowUp::nothing,
                               Condition condition = Condition::always) {
  return {.name = name,
          .explain = explain,
          .outcomes = outcomes,
          .condition = condition,
          .verdict = verdict,
          .follow_up = follow_up};
}

using scsi::kAbortedCommand;
using scsi::kDataProtect;
using scsi::kHardwareError;
using scsi::kIllegalRequest;
using scsi::kNoSense;
using scsi::kNotReady;
using scsi::kUnitAttention;

// The path's own fault, which a command that is sent again does not meet.
constexpr ErrorRow against_path(ErrorRow row) {
  row.against_path = true;
  return row;
}

constexpr ErrorRow kRows[] = {
    {.name = "deferred-error",
     .explain = "news of an earlier command; this one was not executed and is sent again",
     .deferred = true,
     .verdict = kRetry},

    // Given back: the layer above must see them.
    sense_row("space-allocation-in-progress", "thin provisioning: space is being allocated",
              kNotReady, 0x04, 0x14, kGiveBackRetryLater),
    sense_row("space-allocation-failed", "thin provisioning: out of space, write protected",
              kDataProtect, 0x27, 0x07, kReport),
    sense_row("soft-threshold-reached", "thin provisioning: soft threshold reached", kUnitAttention,
              0x38, 0x07, kGiveBackRetryNow),
    sense_row("inquiry-data-changed", "the device may not be what it was", kUnitAttention, 0x3f,
              0x03, kGiveBackRetryNow),
    sense_row("capacity-changed", "the device may be larger or smaller now", kUnitAttention, 0x2a,
              0x09, kGiveBackRetryNow),

    // Unit attentions.
    sense_row("access-state-changed", "asymmetric access state changed: read the states, go on",
              kUnitAttention, 0x2a, 0x06, kFreeRetry, FollowUp::rtpg_here),
    sense_row("implicit-transition-failed", "an access state transition of the array failed",
              kUnitAttention, 0x2a, 0x07, kFreeRetry, FollowUp::rtpg_here),
    sense_row("reservations-released", "reservations released: the same path, at once",
              kUnitAttention, 0x2a, 0x04, kRetryHereAtOnce),
    sense_row("mode-parameters-changed", "mode parameters changed", kUnitAttention, 0x2a, 0x01,
              kGiveBackRetryNow),
    sense_row("reservations-preempted", "another host preempted the reservation", kUnitAttention,
              0x2a, 0x03, kGiveBackRetryNow, FollowUp::check_registration),
    sense_row("registrations-preempted", "another host removed this registration", kUnitAttention,
              0x2a, 0x05, kGiveBackRetryNow, FollowUp::check_registration),
    sense_row("parameters-changed", "some parameter changed", kUnitAttention, 0x2a, kAnyByte,
              kRetry),
    sense_row("commands-cleared", "another initiator cleared the commands", kUnitAttention, 0x2f,
              0x00, kGiveBackRetryNow),
    sense_row("commands-cleared-otherwise", "the device cleared the commands", kUnitAttention, 0x2f,
              kAnyByte, kRetry),
    sense_row("volume-set-modified", "a volume set was created or modified", kUnitAttention, 0x3f,
              0x0a, kGiveBackRetryNow),
    sense_row("reported-luns-changed", "REPORT LUNS would answer differently now", kUnitAttention,
              0x3f, 0x0e, kGiveBackRetryNow),
    sense_row("unit-attention", "any other unit attention: not executed, sent again",
              kUnitAttention, kAnyByte, kAnyByte, kRetry),

    // Not ready, by access state.
    sense_row("access-transition", "the target port group is changing its access state", kNotReady,
              0x04, 0x0a, kFreeRetryElsewhere, FollowUp::rtpg_other_group),
    sense_row("target-port-unavailable", "the target port group is unavailable", kNotReady, 0x04,
              0x0c, kFreeRetryElsewhere, FollowUp::rtpg_other_group),
    sense_row("target-port-offline", "the target port group is offline", kNotReady, 0x04, 0x12,
              kFreeRetryElsewhere, FollowUp::rtpg_other_group),
    sense_row("target-port-standby", "standby, and an optimized path is there", kNotReady, 0x04,
              0x0b, kFreeRetryElsewhere, FollowUp::rtpg_other_group,
              Condition::read_or_write_and_optimized_elsewhere),
    // Counted, or a command would go round for ever where nothing is active.
    sense_row("target-port-standby-only", "standby, and no optimized path is known", kNotReady,
              0x04, 0x0b, kRetryElsewhere, FollowUp::rtpg_other_group),
    sense_row("manual-intervention-required", "as during a firmware update", kNotReady, 0x04, 0x03,
              kRetry),
    sense_row("not-ready", "becoming ready, or not at all", kNotReady, kAnyByte, kAnyByte,
              kGiveBackRetryLater),

    // The path, not the medium.
    sense_row("no-sense", "an error without a reason: the path is not to be trusted", kNoSense,
              0x00, 0x00, kFailover, FollowUp::fail_nexus),
    sense_row("lun-not-supported", "the LUN is not behind this port any more", kIllegalRequest,
              0x25, 0x00, kFailover, FollowUp::fail_nexus),
    sense_row("set-target-port-groups-failed", "the array could not change access states",
              kHardwareError, 0x67, 0x0a, kFailover, FollowUp::fail_nexus),
    against_path(sense_row("timeout-on-logical-unit",
                           "the controller lost its own way to the medium", kHardwareError, 0x3e,
                           0x02, kRetry)),
    against_path(sense_row("initiator-response-timeout", "the controller waited in vain for data",
                           kHardwareError, 0x4b, 0x06, kRetry)),
    against_path(sense_row("aborted-command", "aborted by the target; may be sent again",
                           kAbortedCommand, kAnyByte, kAnyByte, kGiveBackRetryNow)),
    {.name = "other-sense",
     .explain = "any other sense data: medium error, illegal request, recovered error ...",
     .needs_sense = true,
     .verdict = kReport},

    // Without sense data.
    status_row("good", "no error", scsi::kGood, kReport),
    status_row("conflict-while-unregistered",
               "this path has lost its registration, or has none yet: not the client's affair",
               scsi::kReservationConflict, kFreeRetryElsewhere,
               FollowUp::check_registration_now_and_then, Condition::unregistered_here),
    status_row("reservation-conflict", "another host holds a reservation",
               scsi::kReservationConflict, kReport, FollowUp::check_registration_now_and_then),
    status_row("busy", "the logical unit is busy", scsi::kBusy, kGiveBackRetryLater),
    status_row("task-set-full", "no room for another command", scsi::kTaskSetFull,
               kGiveBackRetryLater),
    status_row("task-aborted", "another initiator aborted it", scsi::kTaskAborted,
               kGiveBackRetryNow),
    against_path(status_row("check-condition-without-sense", "the target gives no reason",
                            scsi::kCheckCondition, kRetry)),

    outcome_row("bus-reset", "lost to a reset that somebody asked for",
                outcome_bit(TransportOutcome::bus_reset), kGiveBackRetryNow),
    against_path(outcome_row("torn-transfer", "more or less data than wanted",
                             outcome_bit(TransportOutcome::overrun), kRetry, FollowUp::nothing,
                             Condition::read_or_write)),
    outcome_row("no-device", "nobody answers at the other end",
                outcome_bit(TransportOutcome::no_device), kFailover, FollowUp::fail_nexus),
    outcome_row("connection-lost", "the connection ended under the command",
                outcome_bit(TransportOutcome::connection_lost), kFailover, FollowUp::fail_nexus),
    outcome_row("no-answer", "no answer within the deadline", outcome_bit(TransportOutcome::silent),
                kFailover, FollowUp::fail_nexus),
    outcome_row("not-sent", "the path was down already; the command never left",
                outcome_bit(TransportOutcome::not_sent), kFreeRetryElsewhere),
    outcome_row("adapter-busy", "no room in the adapter", outcome_bit(TransportOutcome::busy),
                kGiveBackRetryLater),
    {.name = "other", .explain = "anything else: the layer above decides", .verdict = kReport},
};

}  // namespace

std::span<const ErrorRow> builtin_rows() {
  return kRows;
}

ErrorFacts facts_of(const Completion& completion, bool optimized_elsewhere,
                    bool unregistered_here) {
  const scsi::Sense sense = scsi::decode_sense(completion.sense);
  ErrorFacts facts;
  facts.outcome = completion.outcome;
  facts.status = completion.scsi_status;
  facts.has_sense = sense.valid();
  facts.deferred = sense.valid() && sense.deferred;
  facts.key = sense.key;
  facts.asc = sense.asc;
  facts.ascq = sense.ascq;
  facts.is_rw = completion.is_rw;
  facts.optimized_elsewhere = optimized_elsewhere;
  facts.unregistered_here = unregistered_here;
  return facts;
}

bool matches(const ErrorRow& row, const ErrorFacts& facts) {
  const auto is = [](uint8_t wanted, uint8_t seen) { return wanted == kAnyByte || wanted == seen; };
  if (row.deferred != facts.deferred) {
    return false;
  }
  if (row.needs_sense && !(facts.has_sense && is(row.key, facts.key) && is(row.asc, facts.asc) &&
                           is(row.ascq, facts.ascq))) {
    return false;
  }
  if ((row.outcomes & outcome_bit(facts.outcome)) == 0 ||
      (row.status != kAnyByte && row.status != facts.status)) {
    return false;
  }
  switch (row.condition) {
    case Condition::always:
      return true;
    case Condition::read_or_write:
      return facts.is_rw;
    case Condition::read_or_write_and_optimized_elsewhere:
      return facts.is_rw && facts.optimized_elsewhere;
    case Condition::unregistered_here:
      return facts.unregistered_here;
  }
  return false;
}

RowMatch find_row(std::span<const ErrorRow> vendor_rows, const ErrorFacts& facts) {
  for (size_t i = 0; i < vendor_rows.size(); ++i) {
    if (matches(vendor_rows[i], facts)) {
      return {&vendor_rows[i], static_cast<uint16_t>(i)};
    }
  }
  size_t last = std::size(kRows) - 1;
  for (size_t i = 0; i < last; ++i) {
    if (matches(kRows[i], facts)) {
      last = i;
      break;
    }
  }
  return {&kRows[last], static_cast<uint16_t>(kBuiltinRowBase + last)};
}

}  // namespace dsm
