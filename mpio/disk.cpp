// The disk's life: start, stop, administration. Paths are in disk_paths.cpp, requests in
// disk_requests.cpp.
#include "mpio/disk.h"

#include <algorithm>

#include "base/assert.h"
#include "base/bits.h"
#include "dsm/policy.h"

namespace mpio {
namespace {

constexpr uint64_t kNsPerMs = 1'000'000;
// Once a path serves, the others may take so long to join before the disk counts as started.
constexpr uint64_t kJoinGraceNs = 1'000 * kNsPerMs;

}  // namespace

Disk::Path::Path(unsigned path_number, Transport& transport, Disk& owner)
    : number(path_number),
      link(path_number, transport, owner.scheduler_, owner.config_, owner),
      probe(owner.config_),
      stability(
          [](void* self) {
            Path& path = *static_cast<Path*>(self);
            path.disk.activate(path);
          },
          this),
      disk(owner) {
  counters.name = transport.name();
}

Disk::Disk(const DiskConfig& config, base::Scheduler& scheduler,
           const std::vector<Transport*>& transports, DiskObserver* observer)
    : config_(config), scheduler_(scheduler), observer_(observer), dsm_(config_, scheduler, *this) {
  BASE_ASSERT(!transports.empty() && transports.size() <= kMaxPaths);
  for (Transport* transport : transports) {
    paths_.push_back(
        std::make_unique<Path>(static_cast<unsigned>(paths_.size()), *transport, *this));
  }
}

Disk::~Disk() {
  phase_ = Phase::stopped;
  for (const auto& path : paths_) {
    path->probe.cancel();
    scheduler_.cancel(path->stability);
    path->link.stop();
  }
  while (waiting_first_ != nullptr) {
    Request& request = *waiting_first_;
    waiting_first_ = request.next;
    finish_later(request, EIO);
  }
  deliver_finished();
  for (base::Timer* timer :
       {static_cast<base::Timer*>(&pump_timer_), static_cast<base::Timer*>(&finish_timer_),
        static_cast<base::Timer*>(&start_timer_), static_cast<base::Timer*>(&grace_timer_),
        static_cast<base::Timer*>(&drain_timer_)}) {
    scheduler_.cancel(*timer);
  }
}

void Disk::start(uint32_t timeout_ms, std::function<void(const std::string& error)> started) {
  BASE_ASSERT(phase_ == Phase::fresh);
  phase_ = Phase::starting;
  started_ = std::move(started);
  scheduler_.arm_after(start_timer_, timeout_ms * kNsPerMs);
  for (const auto& path : paths_) {
    path->link.start();
  }
}

bool Disk::some_path_serves() const {
  return dsm_.lun() != nullptr && dsm_.lun()->candidates() != 0 &&
         !dsm_.lun()->plan.cannot_serve_yet;
}

// A standby port does not tell the size of the disk; once a path serves, it does.
void Disk::read_missing_geometry() {
  const dsm::Lun& lun = *dsm_.lun();
  const dsm::Nexus& nexus = *lun.nexus_at(base::lowest_bit(lun.candidates()));
  Path& path = *paths_[nexus.path->id - 1];
  if (path.probe.running() || !path.link.up()) {
    return;
  }
  path.probe.start(path.link, [this, &path](const std::string& error) {
    if (error.empty() && check_identity(path, path.probe.result()).empty()) {
      adopt(path.probe.result(), path);
    }
    scheduler_.arm_after(grace_timer_, geometry_.size_bytes != 0 ? 0 : kJoinGraceNs / 10);
  });
}

// Started when something serves and everybody else has joined, failed, or had his moment.
void Disk::check_started() {
  if (phase_ != Phase::starting) {
    return;
  }
  admit_examined_paths();
  release_early_paths();
  if (!some_path_serves()) {
    return;
  }
  if (geometry_.size_bytes == 0) {
    read_missing_geometry();
    return;
  }
  const uint64_t now = scheduler_.now_ns();
  if (serving_since_ns_ == 0) {
    serving_since_ns_ = now;
    scheduler_.arm(grace_timer_, now + kJoinGraceNs);
  }
  const bool all_settled = std::all_of(paths_.begin(), paths_.end(),
                                       [](const auto& path) { return path->settled_first; });
  if (all_settled || now >= serving_since_ns_ + kJoinGraceNs) {
    finish_start({});
  }
}

void Disk::on_start_deadline() {
  std::string reasons;
  for (const auto& path : paths_) {
    const std::string& error = path->counters.last_error;
    reasons += "\n  ";
    reasons += error.empty() ? path->counters.name + ": not logged in in time" : error;
  }
  finish_start("no path leads to a usable disk:" + reasons);
}

void Disk::finish_start(const std::string& error) {
  if (phase_ != Phase::starting) {
    return;
  }
  scheduler_.cancel(start_timer_);
  scheduler_.cancel(grace_timer_);
  phase_ = Phase::running;
  if (auto started = std::exchange(started_, nullptr)) {
    started(error);
  }
}

void Disk::stop(uint32_t drain_ms, std::function<void()> stopped) {
  stopped_ = std::move(stopped);
  phase_ = Phase::draining;
  scheduler_.cancel(start_timer_);
  scheduler_.cancel(grace_timer_);
  scheduler_.arm_after(drain_timer_, drain_ms * kNsPerMs);
  check_drained();
}

void Disk::check_drained() {
  if (phase_ == Phase::draining && open_requests_ == 0 && finished_.empty()) {
    log_out_everywhere();
  }
}

// Time is up, whether requests are still open or a target does not answer the logout.
void Disk::on_drain_deadline() {
  for (const auto& path : paths_) {
    path->link.stop();
  }
  while (waiting_first_ != nullptr) {
    Request& request = *waiting_first_;
    waiting_first_ = request.next;
    --waiting_count_;
    finish_later(request, EIO);
  }
  deliver_finished();
  phase_ = Phase::stopped;
  if (auto stopped = std::exchange(stopped_, nullptr)) {
    stopped();
  }
}

void Disk::log_out_everywhere() {
  phase_ = Phase::leaving;
  scheduler_.cancel(pump_timer_);
  links_to_leave_ = paths_.size();
  // Its own commands (an RTPG, say) may still be under way there: such a path is left without a
  // farewell.
  scheduler_.arm_after(drain_timer_, 1'000 * kNsPerMs);
  for (const auto& path : paths_) {
    scheduler_.cancel(path->stability);
    if (path->link.outstanding() != 0) {
      path->probe.cancel();
      path->link.stop();
      on_logged_out(path->link);
    } else {
      path->link.logout();
    }
  }
}

void Disk::on_logged_out(PathLink&) {
  if (--links_to_leave_ == 0 && phase_ == Phase::leaving) {
    scheduler_.arm_after(drain_timer_, 0);  // reports from the loop, not from inside stop()
  }
}

void Disk::set_policy(dsm::PolicyId policy, std::function<void(const std::string& error)> done) {
  if (dsm_.lun() == nullptr) {
    done("the disk has no path yet");
    return;
  }
  policy_done_ = std::move(done);
  dsm::Operation operation{.kind = dsm::OperationKind::set_policy, .lun = dsm_.lun()->id};
  operation.settings.policy = policy;
  dsm_.start(operation);
}

void Disk::note(const std::string& text) {
  if (observer_ != nullptr) {
    observer_->on_note(text);
  }
}

}  // namespace mpio
