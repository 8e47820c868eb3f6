// Requests that wait: for a path, for an array that is changing sides, for a pause to end, for an
// older write. Each for as long as the deadlines allow.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/units.h"
#include "mpio/disk_lane.h"

namespace mpio {
namespace {

using base::kNsPerMs;

// Another lane's clock reading may be a little ahead of ours.
uint64_t elapsed(uint64_t since_ns, uint64_t now_ns) {
  return now_ns > since_ns ? now_ns - since_ns : 0;
}

}  // namespace

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

// The end: nobody will serve what waits.
void DiskLane::fail_waiting() {
  while (waiting_first_ != nullptr) {
    Request& request = *waiting_first_;
    waiting_first_ = request.next;
    --waiting_count_;
    finish_later(request, EIO);
  }
}

}  // namespace mpio
