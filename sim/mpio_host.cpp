// See mpio_host.h.
#include "sim/mpio_host.h"

namespace sim {

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
    : clock_(world.clock), timeline_(world.timeline) {
  mpio::DiskConfig config = options.disk;
  config.policy = options.policy;
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
  return disk_->path_state(path) == mpio::PathState::up;
}

std::string MpioHost::text() const {
  std::string text = start_error_;
  for (const mpio::PathStatus& path : disk_->status().paths) {
    text += " [" + std::string(mpio::name_of(path.state)) + " " + path.access + " " +
            path.effective + " " + path.last_error + "]";
  }
  return text;
}

void MpioHost::on_path_state(unsigned path, mpio::PathState before, mpio::PathState after,
                             const std::string&) {
  timeline_.add(clock_.now_ns(), What::path_state, path, static_cast<uint64_t>(before),
                static_cast<uint64_t>(after));
}

void MpioHost::on_note(const std::string&) {}

}  // namespace sim
