// See disk_back_end.h.
#include "cli/disk_back_end.h"

#include <utility>

namespace cli {

DiskBackEnd::DiskBackEnd(io::EventLoop& loop, Settings settings) : settings_(std::move(settings)) {
  mpio::LaneSetup lane;
  lane.loop = &loop;
  for (const io::IscsiPathConfig& path : settings_.paths) {
    transports_.push_back(std::make_unique<io::IscsiTransport>(loop, path));
    lane.transports.push_back(transports_.back().get());
  }
  mpio::DiskObserver& observer = *this;
  disk_ = std::make_unique<mpio::Disk>(settings_.disk, std::vector{std::move(lane)}, &observer);
}

void DiskBackEnd::start(std::function<void(const std::string& error)> done) {
  disk_->start(settings_.start_timeout_ms, std::move(done));
}

void DiskBackEnd::stop(std::function<void()> done) {
  disk_->stop(settings_.drain_ms, std::move(done));
}

void DiskBackEnd::reset_logical_unit(std::function<void(bool complete)> done) {
  reset_from(0, done);
}

// Down the first path that takes it: the logical unit is the same behind all of them.
void DiskBackEnd::reset_from(size_t transport, const std::function<void(bool complete)>& done) {
  for (; transport < transports_.size(); ++transport) {
    const auto answered = [this, transport, done](bool complete) {
      complete ? done(true) : reset_from(transport + 1, done);
    };
    if (transports_[transport]->manage(scsi::TaskFunction::logical_unit_reset, answered)) {
      return;
    }
  }
  done(false);
}

// What happens to every path is told by the disk that serves beside this one; here it is news when
// it is about this nexus only.
void DiskBackEnd::on_path_state(unsigned path, mpio::PathState, mpio::PathState after,
                                const std::string& why) {
  if (after == mpio::PathState::refused) {
    settings_.log("path " + disk_->path_name(path) + " is refused: " + why);
  }
}

}  // namespace cli
