// A request begins, goes down a path, and ends. What lies between: disk_lane_waiting.cpp,
// disk_lane_answers.cpp.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/bits.h"
#include "mpio/disk_lane.h"

namespace mpio {
namespace {

constexpr unsigned kMemberShift = 40;

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

void DiskLane::deliver_finished() {
  for (BlockRequest* block : std::exchange(finished_, {})) {
    block->done(*block);
  }
  check_drained();
}

}  // namespace mpio
