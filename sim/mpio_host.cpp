// See mpio_host.h.
#include "sim/mpio_host.h"

#include <algorithm>
#include <utility>

#include "dsm/error_table.h"
#include "scsi/opcodes.h"

namespace sim {

namespace {

// For a planted fault.
constexpr dsm::ErrorRow kRetriesConflicts[] = {
    {.name = "retried-conflict",
     .outcomes = dsm::outcome_bit(dsm::TransportOutcome::delivered),
     .status = scsi::kReservationConflict,
     .verdict = {.retry = true, .target = dsm::Target::other_path, .free = true}}};

}  // namespace

class MpioHost::AllLanes final : public mpio::BlockDevice {
 public:
  AllLanes(mpio::Disk& disk, uint64_t seed)
      : disk_(disk), prng_(base::Prng::stream(seed, 0x6c616e65)) {}

  const mpio::Geometry& geometry() const override { return disk_.geometry(); }
  void submit(mpio::BlockRequest& request) override {
    disk_.lane(static_cast<unsigned>(prng_.below(disk_.lane_count()))).submit(request);
  }

 private:
  mpio::Disk& disk_;
  base::Prng prng_;
};

MpioHost::MpioHost(World& world, const MpioHostOptions& options)
    : world_(world),
      clock_(world.clock),
      timeline_(world.timeline),
      options_(options),
      paths_(world.config.paths) {
  mpio::DiskConfig config = options.disk;
  config.run.policy = options.policy;
  if (options.retries_conflicts) {
    config.dsm.vendor_rows = kRetriesConflicts;
  }
  config.seed = world.config.seed;
  limits_.command_deadline_ns = config.command_deadline_ms * kMillisecond;
  limits_.login_deadline_ns = config.login_deadline_ms * kMillisecond;
  limits_.backoff_max_ns = config.backoff_max_ms * kMillisecond;
  limits_.stability_ns = config.flap_hold_max_ms * kMillisecond;
  limits_.no_path_ns = config.no_path_deadline_ms * kMillisecond;
  limits_.settle_loss_ns = config.settle_loss_ms * kMillisecond;
  limits_.request_ns = limits_.no_path_ns + limits_.settle_loss_ns;
  if (options.believes_at_once) {
    config.settle_loss_ms = 1;
  }
  std::vector<mpio::LaneSetup> lanes;
  for (uint32_t lane = 0; lane < world.fabric->lanes(); ++lane) {
    mpio::LaneSetup& setup = lanes.emplace_back();
    setup.loop = &world.host_clock;
    if (lane != 0) {
      other_threads_.push_back(std::make_unique<HostClock>(world.clock, world.config.timer_grain_ns,
                                                           world.config.seed + lane));
      setup.loop = other_threads_.back().get();
    }
    for (uint32_t path = 0; path < world.config.paths; ++path) {
      setup.transports.push_back(&world.fabric->transport(path, lane));
      paths_[path].number = path;
    }
  }
  mpio::DiskObserver& observer = *this;
  disk_ = std::make_unique<mpio::Disk>(config, lanes, &observer);
  all_lanes_ = std::make_unique<AllLanes>(*disk_, world.config.seed);
}

MpioHost::~MpioHost() = default;

mpio::BlockDevice& MpioHost::device() {
  return *all_lanes_;
}

void MpioHost::start() {
  disk_->start(25'000, [this](const std::string& error) {
    ready_ = error.empty();
    start_error_ = error;
  });
}

bool MpioHost::path_in_service(uint32_t path) const {
  if (!has_path(path)) {
    return true;
  }
  return disk_->path_state(number_of(path)) == (paths_[path].failed && !options_.ignores_fail
                                                    ? mpio::PathState::disabled
                                                    : mpio::PathState::up);
}

bool MpioHost::is_leaving() const {
  return std::any_of(paths_.begin(), paths_.end(), [](const PathUse& use) { return use.leaving; });
}

std::vector<mpio::Transport*> MpioHost::transports(uint32_t path) const {
  std::vector<mpio::Transport*> all;
  for (uint32_t lane = 0; lane < world_.fabric->lanes(); ++lane) {
    all.push_back(&world_.fabric->transport(path, lane));
  }
  return all;
}

// To the judges.
void MpioHost::tell_use(uint32_t path) {
  const PathUse& path_use = paths_[path];
  const bool there = has_path(path) || path_use.leaving || path_use.coming;
  const WireJudge::Use use = !there                                ? WireJudge::Use::nothing
                             : path_use.leaving || path_use.failed ? WireJudge::Use::no_data
                                                                   : WireJudge::Use::all;
  for (uint32_t lane = 0; lane < world_.fabric->lanes(); ++lane) {
    world_.wire->allow(lane * world_.config.paths + path, use);
  }
  world_.health.permit(path, is_wanted(path), clock_.now_ns());
}

void MpioHost::fail_path(uint32_t path) {
  if (!is_wanted(path)) {
    return;
  }
  if (!options_.ignores_fail) {
    static_cast<void>(disk_->fail_path(number_of(path), /*even_the_last=*/true));
  }
  paths_[path].failed = true;
  tell_use(path);
}

void MpioHost::reinstate_path(uint32_t path) {
  if (!has_path(path) || !paths_[path].failed) {
    return;
  }
  paths_[path].failed = false;
  tell_use(path);
  disk_->reinstate_path(number_of(path));
}

void MpioHost::remove_path(uint32_t path) {
  PathUse& use = paths_[path];
  if (!has_path(path)) {
    return;
  }
  const unsigned number = std::exchange(use.number, mpio::Disk::kNoPath);
  if (!options_.ignores_removal) {
    use.leaving = true;
    disk_->remove_path(number, [this, path] {
      paths_[path].leaving = false;
      tell_use(path);
      const std::vector<mpio::PathStatus> rows = disk_->status().paths;
      const bool none = std::all_of(rows.begin(), rows.end(), [](const mpio::PathStatus& row) {
        return row.lifecycle.empty();  // the DSM does not know it
      });
      times_without_paths_ += none ? 1 : 0;
    });
  }
  tell_use(path);
}

void MpioHost::add_path(uint32_t path) {
  PathUse& use = paths_[path];
  if (has_path(path) || use.leaving || options_.ignores_removal) {
    return;
  }
  use.coming = true;  // it logs in at once
  tell_use(path);
  use.number = disk_->add_path(transports(path));
  use.coming = false;
  tell_use(path);
}

std::string MpioHost::text() const {
  std::string text = start_error_;
  for (const mpio::PathStatus& path : disk_->status().paths) {
    text += " [" + std::string(mpio::name_of(path.state)) + " " + path.access + " " +
            path.effective + " " + path.last_error + "]";
  }
  return text;
}

void MpioHost::on_path_state(unsigned number, mpio::PathState before, mpio::PathState after,
                             const std::string&) {
  timeline_.add(clock_.now_ns(), What::path_state, number, static_cast<uint64_t>(before),
                static_cast<uint64_t>(after));
}

void MpioHost::on_note(const std::string&) {}

}  // namespace sim
