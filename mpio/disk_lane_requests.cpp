// The life of a request: a path, a command, an answer - or a verdict, and another try within the
// budgets.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "base/bits.h"
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
constexpr unsigned kMemberShift = 40;
constexpr uint64_t kStandbyTryNs = 1'000 * kNsPerMs;

// Another lane's clock reading may be a little ahead of ours.
uint64_t elapsed(uint64_t since_ns, uint64_t now_ns) {
  return now_ns > since_ns ? now_ns - since_ns : 0;
}

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

int DiskLane::validate(const BlockRequest& block) const {
  const uint32_t unit = geometry_.logical_block_bytes;
  if (geometry_.read_only && block.op != BlockOp::read && block.op != BlockOp::flush) {
    return EPERM;
  }
  if (block.offset_bytes % unit != 0 || block.length_bytes % unit != 0 ||
      (block.length_bytes == 0 && block.op != BlockOp::flush)) {
    return EINVAL;
  }
  if (block.offset_bytes > geometry_.size_bytes ||
      block.length_bytes > geometry_.size_bytes - block.offset_bytes) {
    return block.op == BlockOp::read ? EINVAL : ENOSPC;
  }
  if (block.op == BlockOp::trim && !geometry_.can_trim) {
    return EOPNOTSUPP;
  }
  return 0;
}

Request& DiskLane::new_request(BlockRequest& block) {
  if (idle_.empty()) {
    requests_.push_back(std::make_unique<Request>());
    idle_.push_back(requests_.back().get());
  }
  Request& request = *idle_.back();
  idle_.pop_back();
  request.block = &block;
  request.scsi = nullptr;
  request.scsi_changes_any = false;
  request.reservation = reserved_path_ ? reservation_ : 0;
  request.lane = this;
  request.number = (uint64_t{config_.member} << kMemberShift) +
                   (++last_number_ * dsm::kMaxLanes + number_);  // of all members
  request.step = RequestStep::transfer;
  request.done_blocks = 0;
  request.submitted_ns = loop_.now_ns();
  request.first_failure_ns = 0;
  request.blocked_since_ns = 0;
  request.not_before_ns = 0;
  request.counted_retries = 0;
  request.held_by_unsettled = false;
  request.was_held = false;
  request.same_slot = dsm::kNoSlot;
  request.avoid_slot = dsm::kNoSlot;
  request.command.owner = &request;
  request.command.done = [](LinkCommand& command) {
    Request& back = *static_cast<Request*>(command.owner);
    back.lane->on_command_back(back);
  };
  ++open_requests_;
  return request;
}

void DiskLane::submit(BlockRequest& block) {
  Request& request = new_request(block);
  const int error = phase_ == Phase::accepting ? validate(block) : EIO;
  if (error != 0 || !prepare_command(request, limits_)) {
    finish_later(request, error);
    return;
  }
  if (!try_send(request, request.submitted_ns)) {
    wait(request);
  }
}

// --- sending
// ------------------------------------------------------------------------------------------

// False: it has to wait; what for is noted in the request.
bool DiskLane::try_send(Request& request, uint64_t now) {
  dsm::Lun* lun = shared_.dsm.lun();
  const uint64_t epoch = shared_.unsettled.epoch();
  request.held_by_unsettled =
      request.changes_blocks() && shared_.unsettled.must_wait(request.number, request.first_sent,
                                                              request.lba, request.reach_blocks());
  request.was_held |= request.held_by_unsettled;
  if (request.held_by_unsettled || lun == nullptr ||
      lun->published.throttled.load(std::memory_order_relaxed) || waits_for_access(request) ||
      !choose_path(request, *lun)) {
    return false;
  }
  LanePath& path = *paths_[request.session.path];
  if (request.command.transport.length_bytes > path.link.max_transfer_bytes()) [[unlikely]] {
    cut_to_fit(request, path.link.max_transfer_bytes());
  }
  request.login = path.link.logins();
  request.sent_ns = now;
  request.blocked_since_ns = 0;
  request.not_before_ns = 0;
  if (request.first_sent == 0) {
    request.first_sent = epoch;
  }
  if (request.attempts != 0) {
    ++path.counters.retries;
  }
  ++in_flight_;
  path.link.submit(request.command, now);
  return true;
}

// Counts the request on a path, or says that there is none.
bool DiskLane::choose_path(Request& request, dsm::Lun& lun) {
  const dsm::Shape shape{.lba = request.lba,
                         .bytes = request.command.transport.length_bytes,
                         .is_read = request.block->op == BlockOp::read,
                         .is_write = request.block->op == BlockOp::write,
                         .block_scale = block_scale_};
  const dsm::Slot same_slot = std::exchange(request.same_slot, dsm::kNoSlot);
  const dsm::Slot avoid_slot = std::exchange(request.avoid_slot, dsm::kNoSlot);
  if (reserved_path_) {
    request.reservation = reservation_;
    request.session = {*reserved_path_, number_, config_.member};
    return shared_.dsm.begin_on_path(request.token, number_, path_id(*reserved_path_));
  }
  for (;;) {
    dsm::Pick pick = dsm::select(lun, number_, shape);
    if (!pick.found()) {
      return false;
    }
    if (same_slot != dsm::kNoSlot && (dsm::mask_of(pick.word) & base::bit(same_slot)) != 0) {
      pick.slot = same_slot;
    }
    if (pick.slot == avoid_slot) {
      const uint32_t others = dsm::mask_of(pick.word) & ~base::bit(avoid_slot);
      pick.slot =
          others != 0 ? static_cast<dsm::Slot>(base::next_bit(others, avoid_slot)) : avoid_slot;
    }
    if (dsm::begin(request.token, lun, number_, pick)) {
      shared_.dsm.note_pick(number_, lun, pick);
      request.session = {lun.nexus_at(pick.slot)->path->id - 1, number_, config_.member};
      return true;
    }
    // The plan has changed since select() looked.
  }
}

// This path takes less at once than the target does. The rest follows as the next command, down
// whichever path. (What a client's own command moves cannot be cut.)
void DiskLane::cut_to_fit(Request& request, uint32_t max_bytes) {
  if (!request.is_rw() || request.scsi != nullptr) {
    return;
  }
  CommandLimits limits = limits_;
  limits.transfer_blocks = std::max(1U, max_bytes / limits.block_bytes);
  const uint64_t first_sent = request.first_sent;
  const uint32_t attempts = request.attempts;
  prepare_command(request, limits);
  request.first_sent = first_sent;
  request.attempts = attempts;
}

// No path is active: the array is changing sides, or will. What it says about itself may be wrong,
// so a command is tried now and then all the same.
bool DiskLane::waits_for_access(const Request& request) const {
  return shared_.dsm.cannot_serve_yet() &&
         (request.blocked_since_ns == 0 ||
          loop_.now_ns() - request.blocked_since_ns < kStandbyTryNs);
}

void DiskLane::wait(Request& request) {
  if (request.blocked_since_ns == 0) {
    request.blocked_since_ns = loop_.now_ns();
  }
  request.next = nullptr;
  (waiting_first_ != nullptr ? waiting_last_->next : waiting_first_) = &request;
  waiting_last_ = &request;
  ++waiting_count_;
  const uint64_t look = next_look(request);
  if (!pump_timer_.armed() || pump_timer_.due_ns() > look) {
    loop_.arm(pump_timer_, look);
  }
}

// errno of a request that has waited or failed for too long; 0: it may go on.
int DiskLane::out_of_time(Request& request, uint64_t now) const {
  if (has_lost_reservation(request)) {
    return EIO;
  }
  const uint64_t limit = config_.no_path_deadline_ms * kNsPerMs;
  const uint64_t no_service_since = shared_.no_service_since_ns.load(std::memory_order_relaxed);
  if (no_service_since != 0 && elapsed(no_service_since, now) >= limit) {
    return EIO;
  }
  const bool bounded = request.held_by_unsettled && config_.settle_loss_ms != 0 &&
                       !shared_.unsettled.waits_for_held(request.number, request.first_sent,
                                                         request.lba, request.reach_blocks());
  if (bounded) {
    // By the loss time; the wait for a path counts only from then on.
    request.blocked_since_ns = now;
    return 0;
  }
  const bool blocked = request.blocked_since_ns != 0 && now - request.blocked_since_ns >= limit;
  const bool failing = request.first_failure_ns != 0 && now - request.first_failure_ns >= limit;
  return blocked || failing ? EIO : 0;
}

uint64_t DiskLane::next_look(const Request& request) const {
  if (has_lost_reservation(request)) {
    return loop_.now_ns();
  }
  const uint64_t limit = config_.no_path_deadline_ms * kNsPerMs;
  const uint64_t no_service_since = shared_.no_service_since_ns.load(std::memory_order_relaxed);
  uint64_t look = request.blocked_since_ns + limit;
  if (no_service_since != 0) {
    look = std::min(look, no_service_since + limit);
  }
  if (request.first_failure_ns != 0) {
    look = std::min(look, request.first_failure_ns + limit);
  }
  const uint64_t now = loop_.now_ns();
  // Whether these times are over was decided a moment ago, by an older reading of the clock.
  if (request.not_before_ns != 0) {
    look = std::min(look, request.not_before_ns);
  }
  if (shared_.dsm.cannot_serve_yet()) {
    look = std::min(look, std::max(request.blocked_since_ns, now) + kStandbyTryNs);
  }
  const uint64_t expiry = request.held_by_unsettled && config_.settle_loss_ms != 0
                              ? shared_.unsettled.next_expiry_ns(config_.settle_loss_ms * kNsPerMs)
                              : UINT64_MAX;
  if (expiry != UINT64_MAX) {
    look = std::max(now, expiry);
  }
  return look;
}

void DiskLane::pump_soon() {
  if (waiting_first_ != nullptr) {
    loop_.defer(pump_timer_);
  }
}

void DiskShared::watch_service(uint64_t now_ns) {
  if (dsm.serves()) {
    no_service_since_ns.store(0, std::memory_order_relaxed);
  } else {
    uint64_t served = 0;
    no_service_since_ns.compare_exchange_strong(served, now_ns, std::memory_order_relaxed);
  }
}

void DiskLane::expire_unsettled(uint64_t now) {
  if (config_.settle_loss_ms == 0 || shared_.unsettled.empty()) {
    return;
  }
  const size_t lost = shared_.unsettled.expire(now, config_.settle_loss_ms * kNsPerMs);
  if (lost == 0) {
    return;
  }
  shared_.presumed_lost.fetch_add(lost, std::memory_order_relaxed);
  owner_.on_lane_note(number_,
                      std::to_string(lost) + " writes without an answer count as dead after " +
                          std::to_string(config_.settle_loss_ms) +
                          " ms without a new login to their target ports; writes that waited for "
                          "them go on");
  owner_.on_settled(number_);
}

// Looks at everything that waits, once.
void DiskLane::pump() {
  const uint64_t now = loop_.now_ns();
  shared_.watch_service(now);
  expire_unsettled(now);
  Request* list = std::exchange(waiting_first_, nullptr);
  waiting_last_ = nullptr;
  while (list != nullptr) {
    Request& request = *list;
    list = request.next;
    --waiting_count_;
    if (has_lost_reservation(request)) {
      finish_later(request, EIO);
    } else if (const int error = out_of_time(request, now); error != 0) {
      owner_.on_lane_note(
          number_,
          "a request for " + std::to_string(request.block->length_bytes) + " bytes at " +
              std::to_string(request.block->offset_bytes) + " failed: " +
              (request.held_by_unsettled ? "an older write to its blocks may still execute after "
                                         : "no path could serve it for ") +
              std::to_string(config_.no_path_deadline_ms) + " ms");
      finish_later(request, error);
    } else if (request.not_before_ns > now) {
      wait(request);
    } else {
      request.not_before_ns = 0;
      if (!try_send(request, now)) {
        wait(request);
      }
    }
  }
}

// --- answers
// ------------------------------------------------------------------------------------------

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

// --- the end
// ------------------------------------------------------------------------------------------

void DiskLane::finish(Request& request, int error, uint64_t now) {
  BlockRequest& block = *request.block;
  const uint64_t took = now - request.submitted_ns;
  (request.was_held ? longest_held_write_ns_ : longest_request_ns_).raise_to(took);
  failed_requests_ += error != 0 ? 1 : 0;
  take_answer(request, error);
  idle_.push_back(&request);
  --open_requests_;
  block.error = error;
  block.done(block);
  check_drained();
}

// From inside submit() and while a list is walked: the client hears of it from the loop.
void DiskLane::finish_later(Request& request, int error) {
  BlockRequest& block = *request.block;
  failed_requests_ += error != 0 ? 1 : 0;
  take_answer(request, error);
  idle_.push_back(&request);
  --open_requests_;
  block.error = error;
  finished_.push_back(&block);
  loop_.defer(finish_timer_);
}

// The end: nobody will serve what waits.
void DiskLane::fail_waiting() {
  while (waiting_first_ != nullptr) {
    Request& request = *waiting_first_;
    waiting_first_ = request.next;
    --waiting_count_;
    finish_later(request, EIO);
  }
}

void DiskLane::deliver_finished() {
  for (BlockRequest* block : std::exchange(finished_, {})) {
    block->done(*block);
  }
  check_drained();
}

}  // namespace mpio
