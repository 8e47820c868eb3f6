// The back end of a front nexus over iSCSI: a multipath disk with one lane, whose sessions log in
// under names of that nexus.
//
// Threads: that of the loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/front/back_end.h"
#include "io/iscsi_path_config.h"
#include "io/iscsi_transport.h"
#include "mpio/disk.h"

namespace cli {

class DiskBackEnd final : public io::front::BackEnd, private mpio::DiskObserver {
 public:
  struct Settings {
    mpio::DiskConfig disk;
    std::vector<io::IscsiPathConfig> paths;  // with the names that the sessions use
    uint32_t start_timeout_ms = 30'000;
    uint32_t drain_ms = 10'000;
    std::function<void(const std::string&)> log;
  };
  DiskBackEnd(io::EventLoop& loop, Settings settings);

  // io::front::BackEnd
  void start(std::function<void(const std::string& error)> done) override;
  mpio::ScsiDevice& scsi() override { return disk_->scsi(); }
  void reset_logical_unit(std::function<void(bool complete)> done) override;
  void stop(std::function<void()> done) override;

 private:
  // mpio::DiskObserver
  void on_path_state(unsigned path, mpio::PathState before, mpio::PathState after,
                     const std::string& why) override;
  void on_note(const std::string& text) override { settings_.log(text); }

  void reset_from(size_t transport, const std::function<void(bool complete)>& done);

  Settings settings_;
  std::vector<std::unique_ptr<io::IscsiTransport>> transports_;
  std::unique_ptr<mpio::Disk> disk_;
};

}  // namespace cli
