// See mpio.h: paths that fail, requests that wait for one, and how paths come back.
#include <algorithm>
#include <string>
#include <utility>

#include "windows/harness/machine.h"
#include "windows/harness/mpio.h"

namespace harness {

void Mpio::dispatch_all(std::deque<Request*>& held) {
  for (std::deque<Request*> going = std::exchange(held, {}); !going.empty(); going.pop_front()) {
    dispatch(*going.front());
  }
}

// The request waits, as do new ones, and a worker thread tells the DSM that the path has failed.
void Mpio::on_fatal(Request& request) {
  held_.push_back(&request);
  fail_path(request.path);
}

void Mpio::fail_path(PVOID path) {
  if (std::find(failed_paths_.begin(), failed_paths_.end(), path) == failed_paths_.end()) {
    failed_paths_.push_back(path);
  }
  if (!failing_paths_) {
    failing_paths_ = true;
    machine().workers.start([this] { fail_paths(); });
  }
}

void Mpio::fail_paths() {
  while (!failed_paths_.empty()) {
    const PVOID path = failed_paths_.front();
    for (Entry& entry : entries_) {
      entry.usable = entry.usable && entry.path_id != path;
    }
    note_paths();
    PVOID successor = nullptr;
    invalidate(path, successor);
    ++invalidations;
    if (successor == path) {
      fail("InvalidatePath: the successor is the path that failed");
    }
    failed_paths_.pop_front();
  }
  failing_paths_ = false;
  dispatch_all(held_);
}

bool Mpio::is_usable(const PortDevice& device) const {
  return std::any_of(entries_.begin(), entries_.end(), [&device](const Entry& entry) {
    return entry.device == &device && entry.usable;
  });
}

bool Mpio::knows(const PortDevice& device) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&device](const Entry& entry) { return entry.device == &device; });
}

bool Mpio::has_usable_path() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.usable; });
}

// The paths have changed.
void Mpio::note_paths() {
  if (has_usable_path()) {
    no_path_since_ns_ = 0;
    dispatch_all(waiting_);
  } else if (no_path_since_ns_ == 0) {
    no_path_since_ns_ = machine().clock.now_ns();
  }
  const bool some_failed = std::any_of(entries_.begin(), entries_.end(),
                                       [](const Entry& entry) { return !entry.usable; });
  if (some_failed && patience.recovery_ns != 0 && !sabotage.forgets_recovery &&
      !recovery_timer_.armed()) {
    machine().clock.arm_after(recovery_timer_, patience.recovery_ns);
  }
  if (patience.verify_ns != 0 && !verify_timer_.armed()) {
    machine().clock.arm_after(verify_timer_, patience.verify_ns);
  }
}

void Mpio::look_at_failed_paths() {
  if (!registered_) {
    return;  // the DSM is being unloaded
  }
  for (const Entry& entry : entries_) {
    if (entry.usable || entry.leaving || entry.calls != 0) {
      continue;
    }
    machine().workers.start([this, device = entry.device, arrival = entry.arrival] {
      const Entry* const now = find(*device);
      if (now != nullptr && now->arrival == arrival && !now->usable && !now->leaving &&
          now->calls == 0) {
        activate(*device);
      }
    });
  }
  note_paths();
}

void Mpio::verify_all() {
  if (!registered_) {
    return;
  }
  for (const Entry& entry : entries_) {
    if (entry.usable && !entry.leaving && entry.calls == 0) {
      machine().workers.start(
          [this, device = entry.device, arrival = entry.arrival] { verify(*device, arrival); });
    }
  }
  note_paths();
}

void Mpio::verify(PortDevice& device, uint64_t arrival) {
  Entry* const entry = find(device);
  if (entry == nullptr || entry->arrival != arrival || entry->leaving || entry->calls != 0) {
    return;
  }
  ++entry->calls;
  const Entry before = *entry;
  const bool works = path_verify(before);
  Entry& now = *find(device);
  --now.calls;
  machine().announce();
  if (!works && now.usable) {
    fail_path(now.path_id);
  }
}

// A disk that has had no path for that long is gone, and so are its requests.
bool Mpio::has_waited_enough(const Request& request) const {
  const uint64_t now = machine().clock.now_ns();
  const bool is_gone = no_path_since_ns_ != 0 && now - no_path_since_ns_ >= patience.no_path_ns;
  return is_gone || now - request.waits_since >= patience.no_path_ns;
}

void Mpio::wait_for_path(Request& request) {
  if (request.waits_since == 0) {
    request.waits_since = machine().clock.now_ns();
  }
  if (has_waited_enough(request)) {
    finish(request, STATUS_NO_SUCH_DEVICE);
    return;
  }
  waiting_.push_back(&request);
  if (!waiting_timer_.armed()) {
    machine().clock.arm_after(waiting_timer_, patience.retry_ns);
  }
}

void Mpio::try_waiting() {
  dispatch_all(waiting_);
}

std::string Mpio::unrest() const {
  std::string text;
  const auto say = [&text](size_t count, const char* what) {
    text += count == 0 ? "" : std::to_string(count) + " " + what + " ";
  };
  say(held_.size(), "requests held");
  say(waiting_.size(), "requests without a path");
  say(failed_paths_.size(), "paths to be failed");
  say(throttled_.size(), "disks throttled");
  return text;
}

}  // namespace harness
