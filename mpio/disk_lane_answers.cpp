// A command has come back: an answer, or a verdict, and another try within the budgets.
#include <algorithm>
#include <cerrno>

#include "base/units.h"
#include "mpio/class_rules.h"
#include "mpio/disk_lane.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace mpio {
namespace {

using base::kNsPerMs;
// Pauses before a command is tried again that failed for a reason of its own: none at first, then
// growing.
constexpr uint32_t kAttemptsAtOnce = 3;
constexpr uint64_t kFirstPauseNs = 10 * kNsPerMs;
constexpr uint64_t kLongestPauseNs = 1'000 * kNsPerMs;

uint64_t pause_after(uint32_t attempts, bool at_once_allowed) {
  const uint32_t free = at_once_allowed ? kAttemptsAtOnce : 0;
  if (attempts <= free) {
    return 0;
  }
  const uint32_t doublings = std::min<uint32_t>(attempts - free - 1, 10);
  return std::min(kFirstPauseNs << doublings, kLongestPauseNs);
}

// The verdict's own pause goes before the disk's.
uint64_t pause_of(const dsm::Verdict& verdict, uint32_t attempts) {
  switch (verdict.interval) {
    case dsm::Interval::immediate:
      return 0;
    case dsm::Interval::milliseconds:
      return verdict.interval_ms * kNsPerMs;
    case dsm::Interval::host_default:
      break;
  }
  return pause_after(attempts, true);
}

}  // namespace

void DiskLane::account(Request& request, bool good, uint64_t now) {
  PathCounters& counters = paths_[request.session.path]->counters;
  if (!good) {
    ++counters.errors;
    return;
  }
  const uint64_t latency = now - request.sent_ns;
  ++counters.ios;
  counters.latency_sum_ns += latency;
  counters.latency_max_ns.raise_to(latency);
  if (request.is_rw() && request.step != RequestStep::write_zeros) {
    (request.block->op == BlockOp::read ? counters.read_bytes : counters.written_bytes) +=
        request.command.transport.length_bytes;
  }
}

void DiskLane::on_command_back(Request& request) {
  --in_flight_;
  heed_reservation(request);
  const TransportCommand& command = request.command.transport;
  const bool good = command.delivery == Delivery::delivered && command.scsi_status == scsi::kGood &&
                    (request.scsi != nullptr || (command.residual_bytes == 0 && !command.overflow));
  const uint64_t now = loop_.now_ns();
  account(request, good, now);
  if (good) {
    if (request.is_rw()) {
      dsm::note_service_time(request.token, now - request.sent_ns);
    }
    shared_.dsm.complete(number_, request.token);
    on_good(request, now);
  } else {
    on_failure(request, now);
  }
}

void DiskLane::on_good(Request& request, uint64_t now) {
  // Whatever the array says of itself, this was service.
  if (shared_.no_service_since_ns.load(std::memory_order_relaxed) != 0) {
    shared_.no_service_since_ns.store(0, std::memory_order_relaxed);
  }
  if (request.scsi != nullptr) {
    finish(request, 0, now);
    return;
  }
  request.done_blocks += request.step == RequestStep::synchronise ? 0 : request.blocks;
  if (!prepare_command(request, limits_)) {
    finish(request, 0, now);
    return;
  }
  if (!try_send(request, now)) {
    wait(request);
  }
}

// Before the command is tried again.
void DiskLane::heed_attention(const Request& request) {
  const TransportCommand& command = request.command.transport;
  const Attention attention =
      command.delivery == Delivery::delivered
          ? attention_of(command.scsi_status, {command.sense.data(), command.sense_bytes})
          : Attention::none;
  if (attention == Attention::identity) {
    // Another path may lead there as well, and what is already under way there cannot be called
    // back: nothing more goes anywhere.
    for_each_path(
        [this](LanePath& path) { shared_.dsm.path_failed(number_, path_id(path.link.number())); });
  }
  if (attention != Attention::none) {
    owner_.on_attention(number_, request.session.path, attention);
  }
}

void DiskLane::on_failure(Request& request, uint64_t now) {
  const TransportCommand& command = request.command.transport;
  if (command.delivery == Delivery::link_lost || command.delivery == Delivery::dropped) {
    if (request.changes_blocks()) {
      shared_.unsettled.add({.session = request.session,
                             .login = request.login,
                             .request = request.number,
                             .lba = request.lba,
                             .blocks = request.reach_blocks(),
                             .since_ns = now,
                             .settled_by = command.settled_by});
    }
  }
  if (request.first_failure_ns == 0) {
    request.first_failure_ns = now;
  }
  ++request.attempts;
  heed_attention(request);
  dsm::Nexus& nexus = *request.token.lun->nexus_at(request.token.slot);
  const dsm::Verdict verdict =
      shared_.dsm.interpret(number_, nexus,
                            {.outcome = outcome_of(command.delivery),
                             .scsi_status = command.scsi_status,
                             .sense = {command.sense.data(), command.sense_bytes},
                             .opcode = command.cdb.opcode(),
                             .is_rw = request.is_rw(),
                             .now = now});
  const auto slot = static_cast<dsm::Slot>(request.token.slot);
  request.same_slot = verdict.target == dsm::Target::same_path ? slot : dsm::kNoSlot;
  request.avoid_slot = verdict.target == dsm::Target::other_path ? slot : dsm::kNoSlot;
  shared_.dsm.complete(number_, request.token);
  if (phase_ == Phase::stopped) {
    finish(request, EIO, loop_.now_ns());
    return;
  }
  apply(request, verdict);
}

void DiskLane::apply(Request& request, const dsm::Verdict& verdict) {
  const TransportCommand& command = request.command.transport;
  if (conflicts_with_itself(request)) {
    retry(request, false, reserved_path_ ? 0 : kFirstPauseNs);
    return;
  }
  if (request.scsi != nullptr && answers_client(request, verdict)) {
    finish(request, command.delivery == Delivery::delivered ? 0 : EIO, loop_.now_ns());
    return;
  }
  if (verdict.failover) {
    // The session answered and yet the path is no good: it has to prove itself again.
    if (command.delivery == Delivery::delivered) {
      paths_[request.session.path]->link.fail_soon(
          "the target's answer says that this path is no good");
    }
    retry(request, false, pause_after(request.attempts, true));
    return;
  }
  if (verdict.retry) {
    // Where no path is active there is nothing to gain by counting: the request waits its time.
    const bool nothing_active = shared_.dsm.cannot_serve_yet();
    retry(request, !verdict.free && !nothing_active,
          nothing_active ? kStandbyTryNs : pause_of(verdict, request.attempts));
    return;
  }
  const ClassDecision decision = decide(verdict, command);
  switch (decision.action) {
    case ClassAction::retry_now:
      retry(request, true, pause_after(request.attempts, true));
      return;
    case ClassAction::retry_later:
      retry(request, false, pause_after(request.attempts, false));
      return;
    case ClassAction::done:
      break;
  }
  // A target without WRITE SAME: plain zeros do the same.
  if (decision.error != 0 && request.step == RequestStep::write_same &&
      request.block->op == BlockOp::write_zeroes &&
      scsi::decode_sense({command.sense.data(), command.sense_bytes}).key ==
          scsi::kIllegalRequest) {
    limits_.write_same_refused = true;
    if (prepare_command(request, limits_)) {
      retry(request, false, 0);
      return;
    }
  }
  // A trim is a hint: a target that does not take it has lost nothing.
  const bool hint_refused = request.block->op == BlockOp::trim && decision.error == EOPNOTSUPP;
  finish(request, hint_refused ? 0 : decision.error, loop_.now_ns());
}

void DiskLane::retry(Request& request, bool counted, uint64_t pause_ns) {
  if (counted && ++request.counted_retries > config_.retry_limit) {
    finish(request, EIO, loop_.now_ns());
    return;
  }
  const uint64_t now = loop_.now_ns();
  request.not_before_ns = pause_ns == 0 ? 0 : now + pause_ns;
  if (pause_ns != 0 || out_of_time(request, now) != 0 || !try_send(request, now)) {
    wait(request);
  }
}

}  // namespace mpio
