// The back end of a front nexus over iSCSI: a multipath disk with one lane, whose sessions log in
// under names of that nexus. It has the paths of the disk beside which it serves, by the same
// numbers, and follows what an administrator makes of that one.
//
// Threads: that of the loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "io/front/back_end.h"
#include "io/iscsi_path_config.h"
#include "io/iscsi_transport.h"
#include "mpio/disk.h"

namespace cli {

class DiskBackEnd final : public io::front::BackEnd, private mpio::DiskObserver {
 public:
  struct Path {
    unsigned number = 0;
    io::IscsiPathConfig config;  // with the names that the session uses
    mpio::PathPorts ports;       // those that settings are for
  };
  // What an administrator may change at any time.
  struct Administered {
    mpio::Settings settings;
    mpio::RunSettings run;
    std::set<std::string> failed_paths;
  };
  struct Settings {
    mpio::DiskConfig disk;
    Administered administered;
    std::vector<Path> paths;
    uint32_t start_timeout_ms = 30'000;
    uint32_t drain_ms = 10'000;
  };
  struct Surroundings {
    std::function<Settings()> settings;  // asked when it starts
    std::function<void(const std::string&)> log;
    std::function<void()> on_settled;        // see mpio::DiskObserver
    std::function<void(DiskBackEnd&)> gone;  // from the destructor
  };
  DiskBackEnd(io::EventLoop& loop, Surroundings surroundings);
  ~DiskBackEnd() override;

  // Before it starts and after it ends these do nothing.
  void follow(Administered administered);
  void add_path(const Path& path);
  void remove_path(unsigned number);
  void look_again();

  // io::front::BackEnd
  void start(std::function<void(const std::string& error)> done) override;
  mpio::ScsiDevice& scsi() override { return disk_->scsi(); }
  void manage(scsi::TaskFunction function, std::function<void(bool complete)> done) override;
  void stop(std::function<void()> done) override;

 private:
  // mpio::DiskObserver
  void on_path_state(unsigned path, mpio::PathState before, mpio::PathState after,
                     const std::string& why) override;
  void on_note(const std::string& text) override { around_.log(text); }
  void on_settled() override { around_.on_settled(); }

  struct Session {
    io::Isid isid;
    std::shared_ptr<io::IscsiTransport> transport;
  };

  bool runs() const { return disk_ != nullptr && !stopping_; }
  void follow_now();
  io::IscsiTransport& make_session(const Path& path);
  void manage_from(unsigned path, scsi::TaskFunction function,
                   const std::function<void(bool complete)>& done);

  io::EventLoop& loop_;
  Surroundings around_;
  std::map<unsigned, Session> sessions_;   // by number of the path
  std::map<unsigned, Path> coming_paths_;  // that wait until the last one of their number has ended
  std::unique_ptr<mpio::Disk> disk_;
  uint32_t drain_ms_ = 0;
  std::optional<Administered> wanted_;  // what is not in force yet
  bool changing_ = true;                // not before it has started
  bool stopping_ = false;
};

}  // namespace cli
