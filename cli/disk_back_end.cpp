// See disk_back_end.h.
#include "cli/disk_back_end.h"

#include <algorithm>
#include <utility>

namespace cli {

DiskBackEnd::DiskBackEnd(io::EventLoop& loop, Surroundings surroundings)
    : loop_(loop), around_(std::move(surroundings)) {}

DiskBackEnd::~DiskBackEnd() {
  around_.gone(*this);
}

void DiskBackEnd::start(std::function<void(const std::string& error)> done) {
  Settings settings = around_.settings();
  drain_ms_ = settings.drain_ms;
  mpio::LaneSetup lane;
  lane.loop = &loop_;
  for (const Path& path : settings.paths) {
    lane.transports.push_back(&make_session(path));
    lane.ports.push_back(path.ports);
    lane.numbers.push_back(path.number);
  }
  settings.disk.settings = std::move(settings.administered.settings);
  settings.disk.run = std::move(settings.administered.run);
  mpio::DiskObserver& observer = *this;
  disk_ = std::make_unique<mpio::Disk>(settings.disk, std::vector{std::move(lane)}, &observer);
  disk_->set_failed_paths(settings.administered.failed_paths);
  disk_->start(settings.start_timeout_ms, [this, done](const std::string& error) {
    changing_ = false;
    follow_now();
    done(error);
  });
}

void DiskBackEnd::stop(std::function<void()> done) {
  stopping_ = true;
  disk_->stop(drain_ms_, std::move(done));
}

// Two sessions with one ISID would throw each other out, and hashes of addresses may be equal.
io::IscsiTransport& DiskBackEnd::make_session(const Path& path) {
  io::IscsiPathConfig config = path.config;
  const auto taken = [&](const auto& session) { return session.second.isid == config.isid; };
  while (std::any_of(sessions_.begin(), sessions_.end(), taken)) {
    ++config.isid.back();
  }
  Session& session = sessions_[path.number];
  session = {config.isid, std::make_shared<io::IscsiTransport>(loop_, config)};
  return *session.transport;
}

// --- what the administrator and discovery change
// ---------------------------------------------------------------------------

void DiskBackEnd::follow(Administered administered) {
  if (runs()) {
    disk_->set_failed_paths(administered.failed_paths);
    wanted_ = std::move(administered);
    follow_now();
  }
}

// One after the other: the array may take its time.
void DiskBackEnd::follow_now() {
  if (changing_ || stopping_ || !wanted_) {
    return;
  }
  changing_ = true;
  Administered wanted = *std::exchange(wanted_, std::nullopt);
  disk_->change_settings(std::move(wanted.settings), std::move(wanted.run),
                         [this](const std::string& why) {
                           changing_ = false;
                           if (!why.empty()) {
                             around_.log("the settings stay as they were: " + why);
                           }
                           follow_now();
                         });
}

void DiskBackEnd::add_path(const Path& path) {
  if (!runs()) {
    return;
  }
  if (sessions_.count(path.number) != 0) {
    coming_paths_[path.number] = path;
  } else if (disk_->add_path({&make_session(path)}, path.ports, path.number) ==
             mpio::Disk::kNoPath) {
    sessions_.erase(path.number);
    around_.log("goes on without the new path to " + path.ports.portal +
                ": what had its number before has not ended yet");
  }
}

// The transport dies when nothing of it is on the stack any more.
void DiskBackEnd::remove_path(unsigned number) {
  if (!runs() || coming_paths_.erase(number) != 0 || sessions_.count(number) == 0) {
    return;
  }
  disk_->remove_path(number, [this, number] {
    loop_.post([kept = std::move(sessions_[number].transport)]() mutable { kept.reset(); });
    sessions_.erase(number);
    if (const auto next = coming_paths_.extract(number)) {
      add_path(next.mapped());
    }
  });
}

void DiskBackEnd::look_again() {
  if (runs()) {
    disk_->look_again();
  }
}

// --- task management
// ---------------------------------------------------------------------------

void DiskBackEnd::manage(scsi::TaskFunction function, std::function<void(bool complete)> done) {
  manage_from(0, function, done);
}

// Down the first path that takes it: the logical unit is the same behind all of them.
void DiskBackEnd::manage_from(unsigned path, scsi::TaskFunction function,
                              const std::function<void(bool complete)>& done) {
  for (auto at = sessions_.lower_bound(path); at != sessions_.end(); ++at) {
    const unsigned number = at->first;
    const auto answered = [this, number, function, done](bool complete) {
      if (!complete) {
        return manage_from(number + 1, function, done);
      }
      if (function == scsi::TaskFunction::clear_task_set) {
        disk_->cleared_through(number);
      }
      done(true);
    };
    if (at->second.transport->manage(function, answered)) {
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
    around_.log("path " + disk_->path_name(path) + " is refused: " + why);
  }
}

}  // namespace cli
