// The disk's life: start, stop, and how its threads reach each other. Paths are in disk_paths.cpp;
// sessions and requests belong to the lanes.
#include "mpio/disk.h"

#include <algorithm>
#include <atomic>

#include "base/assert.h"
#include "base/units.h"

namespace mpio {
namespace {

using base::kNsPerMs;
// Once a path serves, the others may take so long to join before the disk counts as started.
constexpr uint64_t kJoinGraceNs = 1'000 * kNsPerMs;
constexpr uint64_t kLogoutNs = 1'000 * kNsPerMs;

}  // namespace

Disk::Path::Path(unsigned path_number, std::string_view path_name, const PathPorts& path_ports,
                 Disk& owner)
    : number(path_number),
      ports(path_ports),
      name(path_name),
      stability(
          [](void* self) {
            Path& path = *static_cast<Path*>(self);
            path.disk.activate(path);
          },
          this),
      hold(
          [](void* self) {
            Path& path = *static_cast<Path*>(self);
            path.disk.trust(path);
          },
          this),
      disk(owner) {}

Disk::Disk(const DiskConfig& config, const std::vector<LaneSetup>& lanes, DiskObserver* observer)
    : shared_(config, static_cast<unsigned>(lanes.size()), *lanes.front().loop, *this),
      config_(shared_.config),
      control_(*lanes.front().loop),
      observer_(observer),
      settings_(config.settings),
      run_(config.run) {
  BASE_ASSERT(lanes.size() <= kMaxLanes);
  const std::vector<Transport*>& first = lanes.front().transports;
  BASE_ASSERT(first.size() <= kMaxPaths);
  const std::vector<PathPorts>& ports = lanes.front().ports;
  BASE_ASSERT(ports.empty() || ports.size() == first.size());
  std::vector<unsigned> numbers = lanes.front().numbers;
  for (size_t i = numbers.size(); i < first.size(); ++i) {
    numbers.push_back(static_cast<unsigned>(i));
  }
  BASE_ASSERT(numbers.size() == first.size());
  for (size_t i = 0; i < first.size(); ++i) {
    paths_.push_back(std::make_unique<Path>(numbers[i], first[i]->name(),
                                            ports.empty() ? PathPorts{} : ports[i], *this));
    paths_.back()->known_lanes = ~uint64_t{0};
  }
  DiskLaneOwner& owner = *this;
  for (const LaneSetup& setup : lanes) {
    BASE_ASSERT(setup.transports.size() == paths_.size());
    lanes_.push_back(std::make_unique<DiskLane>(static_cast<unsigned>(lanes_.size()), *setup.loop,
                                                shared_, setup.transports, numbers, owner));
  }
}

Disk::~Disk() {
  phase_ = Phase::stopped;
  alive_.reset();
  fail_reservations();
  // Their last news finds no lanes any more.
  std::exchange(lanes_, {}).clear();
  shared_.unsettled.leave(config_.member);
  for (const auto& path : paths_) {
    control_.cancel(path->stability);
    control_.cancel(path->hold);
  }
  for (base::Timer* timer :
       {static_cast<base::Timer*>(&start_timer_), static_cast<base::Timer*>(&grace_timer_),
        static_cast<base::Timer*>(&drain_timer_), static_cast<base::Timer*>(&recheck_timer_)}) {
    control_.cancel(*timer);
  }
}

Disk::Path* Disk::find_path(unsigned number) const {
  const auto found = std::find_if(paths_.begin(), paths_.end(),
                                  [number](const auto& path) { return path->number == number; });
  return found == paths_.end() ? nullptr : found->get();
}

// --- between threads
// ----------------------------------------------------------------------------------

void Disk::on_control(unsigned from_lane, std::function<void()> task) {
  if (from_lane == 0) {
    task();
    return;
  }
  control_.post([alive = std::weak_ptr(alive_), task = std::move(task)] {
    if (alive.lock() != nullptr) {
      task();
    }
  });
}

void Disk::on_path(unsigned from_lane, unsigned number, std::function<void(Path&)> task) {
  on_control(from_lane, [this, number, task = std::move(task)] {
    if (Path* path = find_path(number)) {
      task(*path);
    }
  });
}

void Disk::on_each_lane(const std::function<void(DiskLane&)>& task) {
  for (const auto& lane : lanes_) {
    if (lane->number() == 0) {
      task(*lane);
      continue;
    }
    lane->loop().post([alive = std::weak_ptr(alive_), &lane = *lane, task] {
      if (alive.lock() != nullptr) {
        task(lane);
      }
    });
  }
}

void Disk::after_all_lanes(std::function<void()> then) {
  if (lanes_.size() == 1) {
    then();
    return;
  }
  auto left = std::make_shared<size_t>(lanes_.size());
  on_each_lane([this, left, then = std::move(then)](DiskLane& lane) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    on_control(lane.number(), [left, then] {
      if (--*left == 0) {
        then();
      }
    });
  });
}

// Counts the lanes that have done something.
bool Disk::on_last_lane(size_t& counted) {
  return ++counted == lanes_.size();
}

void Disk::pump_all() {
  on_each_lane([](DiskLane& lane) { lane.pump_soon(); });
}

void Disk::on_settled(unsigned lane) {
  on_control(lane, [this] { settled(); });
}

// Clients of other members may have waited too.
void Disk::settled() {
  pump_all();
  if (observer_ != nullptr) {
    observer_->on_settled();
  }
}

void Disk::on_lane_note(unsigned lane, std::string text) {
  on_control(lane, [this, text = std::move(text)] { note(text); });
}

void Disk::note(const std::string& text) {
  if (observer_ != nullptr) {
    observer_->on_note(text);
  }
}

// --- start
// --------------------------------------------------------------------------------------------

void Disk::start(uint32_t timeout_ms, std::function<void(const std::string& error)> started) {
  BASE_ASSERT(phase_ == Phase::fresh);
  phase_ = Phase::starting;
  started_ = std::move(started);
  control_.arm_after(start_timer_, timeout_ms * kNsPerMs);
  on_each_lane([](DiskLane& lane) { lane.start(); });
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
    control_.arm_after(grace_timer_, kJoinGraceNs / 10);
    return;
  }
  const uint64_t now = control_.now_ns();
  if (serving_since_ns_ == 0) {
    serving_since_ns_ = now;
    control_.arm(grace_timer_, now + kJoinGraceNs);
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
    reasons += "\n  ";
    reasons += path->last_error.empty() ? path->name + ": not logged in in time" : path->last_error;
  }
  finish_start("no path leads to a usable disk:" + reasons);
}

void Disk::finish_start(const std::string& error) {
  if (phase_ != Phase::starting) {
    return;
  }
  control_.cancel(start_timer_);
  control_.cancel(grace_timer_);
  phase_ = Phase::running;
  control_.arm_after(recheck_timer_, config_.recheck_ms * kNsPerMs);
  // Clients of every lane find the geometry there.
  after_all_lanes([this, error] {
    if (auto started = std::exchange(started_, nullptr)) {
      started(error);
    }
  });
}

// --- stop
// ---------------------------------------------------------------------------------------------

void Disk::stop(uint32_t drain_ms, std::function<void()> stopped) {
  stopped_ = std::move(stopped);
  phase_ = Phase::draining;
  control_.cancel(start_timer_);
  control_.cancel(grace_timer_);
  control_.cancel(recheck_timer_);
  control_.arm_after(drain_timer_, drain_ms * kNsPerMs);
  on_each_lane([](DiskLane& lane) { lane.drain(); });
}

void Disk::on_drained(unsigned lane) {
  on_control(lane, [this] {
    if (on_last_lane(lanes_drained_) && phase_ == Phase::draining) {
      log_out_everywhere();
    }
  });
}

void Disk::log_out_everywhere() {
  phase_ = Phase::leaving;
  control_.arm_after(drain_timer_, kLogoutNs);
  for (const auto& path : paths_) {
    control_.cancel(path->stability);
  }
  on_each_lane([](DiskLane& lane) { lane.log_out(); });
}

void Disk::on_logged_out(unsigned lane) {
  on_control(lane, [this] {
    if (on_last_lane(lanes_logged_out_) && phase_ == Phase::leaving) {
      control_.defer(drain_timer_);  // reports from the loop, not from inside stop()
    }
  });
}

// All is done - or time is up, whether requests are still open or a target does not answer the
// logout.
void Disk::on_drain_deadline() {
  on_each_lane([](DiskLane& lane) { lane.stop(); });
}

void Disk::on_stopped(unsigned lane) {
  on_control(lane, [this] {
    if (!on_last_lane(lanes_stopped_)) {
      return;
    }
    phase_ = Phase::stopped;
    if (auto stopped = std::exchange(stopped_, nullptr)) {
      stopped();
    }
  });
}

Disk::Longest Disk::take_longest() {
  Longest longest;
  for (const auto& lane : lanes_) {
    longest.request_ns = std::max(longest.request_ns, lane->take_longest_request_ns());
    longest.held_write_ns = std::max(longest.held_write_ns, lane->take_longest_held_write_ns());
  }
  return longest;
}

}  // namespace mpio
