// A running multipath disk: paths over iSCSI and sg nodes, the disk, its NBD export and its iSCSI
// target. `dsmkit disk` and the demo are made of it.
//
// Threads: one event loop per lane. The first is the caller's, on which everything here is called
// and heard; the service makes the others and ends them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/disk_path.h"
#include "cli/front_service.h"
#include "cli/path_membership.h"
#include "cli/portal_watch.h"
#include "io/event_loop.h"
#include "io/iscsi_path_config.h"
#include "io/iscsi_transport.h"
#include "io/loop_thread.h"
#include "io/nbd/server.h"
#include "io/sg/kernel_node.h"
#include "io/sg/transport.h"
#include "mpio/disk.h"

namespace cli {

struct DiskServiceConfig {
  std::vector<DiskPath> paths;
  std::string initiator_name;  // of paths that come later; "": the machine's
  // Portals that are asked for all portals of their target; paths come and go with the answers.
  std::vector<io::IscsiPathConfig> discover;
  uint32_t discover_interval_ms = 30'000;
  // Event loops, each with a session of its own down every path; 1..mpio::Disk::kMaxLanes.
  unsigned lanes = 1;
  std::optional<io::nbd::Address> nbd;  // none: no export
  std::string export_name = "disk";
  FrontConfig front;
  mpio::DiskConfig disk;
  uint32_t start_timeout_ms = 30'000;
  uint32_t drain_ms = 10'000;
};

// As many lanes as this process may use processors, but not so many that arrays with few sessions
// to spare would mind.
unsigned default_lanes();

class DiskService final : public PathMembership, private mpio::DiskObserver {
 public:
  DiskService(io::EventLoop& loop, DiskServiceConfig config);
  ~DiskService();
  DiskService(const DiskService&) = delete;
  DiskService& operator=(const DiskService&) = delete;

  // News, all from the loop. Set before start().
  std::function<void(unsigned path, mpio::PathState before, mpio::PathState after,
                     const std::string& why)>
      on_path;
  std::function<void(const std::string& text)> on_news;

  // `done` gets "" when the disk is served; else why it is not.
  void start(std::function<void(const std::string& error)> done);
  // Finishes what clients have asked for, logs out.
  void stop(std::function<void()> done);

  // PathMembership, from start() on.
  std::string add_path(const std::string& text) override;
  std::string remove_path(unsigned number, bool force, std::function<void()> gone) override;

  mpio::Disk& disk() { return *disk_; }
  // Where it is served, one URL for the export and for each portal of the target.
  std::vector<std::string> urls() const;

 private:
  // A path's transports, one for each lane, and who asked for it.
  struct ServicePath {
    DiskPath config;
    const void* watch = nullptr;  // null: the administrator
    unsigned number = 0;
    bool leaving = false;
    std::vector<std::shared_ptr<mpio::Transport>> transports;
    std::vector<mpio::Transport*> links() const;
    bool is(const io::IscsiPathConfig& portal) const;
  };

  void on_path_state(unsigned path, mpio::PathState before, mpio::PathState after,
                     const std::string& why) override;
  void on_note(const std::string& text) override;
  void on_administered() override;
  void on_settled() override;
  std::string open_server();
  std::string open_front();
  DiskBackEnd::Administered administered() const;
  DiskBackEnd::Settings back_end_settings() const;
  static DiskBackEnd::Path back_end_path(const ServicePath& path);
  io::EventLoop& loop_of(unsigned lane);
  std::shared_ptr<mpio::Transport> make_transport(const DiskPath& path, unsigned lane);
  std::unique_ptr<ServicePath> make_path(const DiskPath& path, const void* watch);
  void on_portals(const PortalWatch& watch, const std::vector<io::IscsiPathConfig>& portals);
  std::string take_in(const DiskPath& config, const void* watch);
  void take_out(ServicePath& path, std::function<void()> gone);
  void retire(ServicePath& path);

  io::EventLoop& loop_;
  DiskServiceConfig config_;
  std::vector<std::unique_ptr<io::LoopThread>> other_lanes_;
  std::vector<std::unique_ptr<io::sg::KernelDriver>> sg_drivers_;  // by lane
  std::vector<std::unique_ptr<ServicePath>> paths_;
  std::vector<std::unique_ptr<PortalWatch>> watches_;
  std::unique_ptr<mpio::Disk> disk_;
  std::unique_ptr<io::nbd::Server> server_;
  std::unique_ptr<FrontService> front_;
};

}  // namespace cli
