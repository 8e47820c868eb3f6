// See mpio_host.h.
#include "sim/mpio_host.h"

namespace sim {

MpioHost::MpioHost(HostClock& clock, Fabric& fabric, Timeline& timeline, uint32_t paths,
                   dsm::PolicyId policy, uint64_t seed, bool believes_at_once)
    : clock_(clock), timeline_(timeline) {
  mpio::DiskConfig config;
  config.policy = policy;
  config.seed = seed;
  limits_.command_deadline_ns = config.command_deadline_ms * kMillisecond;
  limits_.login_deadline_ns = config.login_deadline_ms * kMillisecond;
  limits_.backoff_max_ns = config.backoff_max_ms * kMillisecond;
  limits_.stability_ns = config.flap_hold_max_ms * kMillisecond;
  limits_.no_path_ns = config.no_path_deadline_ms * kMillisecond;
  limits_.settle_loss_ns = config.settle_loss_ms * kMillisecond;
  limits_.request_ns = limits_.no_path_ns + limits_.settle_loss_ns;
  if (believes_at_once) {
    config.settle_loss_ms = 1;
  }
  std::vector<mpio::Transport*> transports;
  for (uint32_t path = 0; path < paths; ++path) {
    transports.push_back(&fabric.transport(path));
  }
  mpio::DiskObserver& observer = *this;
  disk_ = std::make_unique<mpio::Disk>(config, clock, transports, &observer);
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
