// The multipath disk: one LUN behind several paths, as one block device. It asks the DSM for a path
// per command, submits, and follows the verdict on failure within budgets of time; it logs in,
// examines, watches and recovers the paths; it never lets a late write of a lost connection
// overwrite newer data (unsettled.h).
//
// Sans-I/O: transports and clock are interfaces, so the same object runs over iSCSI, over /dev/sg
// nodes and in the simulator. Threads: one event loop, which is also its one lane. No request
// completes from inside submit().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/scheduler.h"
#include "dsm/verdict.h"
#include "mpio/block_device.h"
#include "mpio/config.h"
#include "mpio/dsm_host.h"
#include "mpio/path_link.h"
#include "mpio/probe.h"
#include "mpio/request.h"
#include "mpio/status.h"
#include "mpio/unsettled.h"

namespace mpio {

class DiskObserver {
 public:
  virtual void on_path_state(unsigned path, PathState before, PathState after,
                             const std::string& why) = 0;
  // One line of news for a person.
  virtual void on_note(const std::string& text) = 0;

 protected:
  ~DiskObserver() = default;
};

class Disk final : public BlockDevice, private PathLinkOwner, private DsmHostOwner {
 public:
  static constexpr size_t kMaxPaths = dsm::kMaxPathsPerLun;

  // `transports` (1..kMaxPaths) must outlive the disk. `observer` may be null.
  Disk(const DiskConfig& config, base::Scheduler& scheduler,
       const std::vector<Transport*>& transports, DiskObserver* observer);
  // Drops every link; requests still open fail with EIO.
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  // Logs in everywhere at once. `started` is called once: with "" when some path carries I/O and
  // the others have had a moment to join it; else, after `timeout_ms`, with the reasons, one line
  // per path.
  void start(uint32_t timeout_ms, std::function<void(const std::string& error)> started);
  // No new requests; waits for the open ones (at most `drain_ms`), logs out, then calls `stopped`.
  void stop(uint32_t drain_ms, std::function<void()> stopped);

  // BlockDevice. geometry() holds once started.
  const Geometry& geometry() const override { return geometry_; }
  void submit(BlockRequest& request) override;

  DiskStatus status() const;
  PathState path_state(unsigned path) const { return paths_[path]->state; }
  bool some_path_serves() const;
  size_t open_requests() const { return open_requests_; }
  // The slowest request since the last call of this, and the slowest of those writes that the
  // late-write rule held back.
  struct Longest {
    uint64_t request_ns = 0;
    uint64_t held_write_ns = 0;
  };
  Longest take_longest() { return std::exchange(longest_, {}); }
  // Empty when nothing is outstanding, waiting or counted any more; else what is. For tests.
  std::string unrest() const;

  // Administration; `done` gets "" or why not.
  void set_policy(dsm::PolicyId policy, std::function<void(const std::string& error)> done);

 private:
  struct Path {
    Path(unsigned number, Transport& transport, Disk& disk);
    unsigned number;
    PathLink link;
    Probe probe;
    PathState state = PathState::connecting;
    bool examined = false;       // the probe's result waits to be used
    bool joined = false;         // the DSM knows it
    bool was_up = false;         // has ever carried I/O
    bool settled_first = false;  // its first login has ended, well or badly
    dsm::ClaimResult claim;      // as joined
    dsm::OperationId verifying = 0;
    unsigned flaps = 0;
    uint64_t up_since_ns = 0;
    PathStatus counters;
    base::Timer stability;
    Disk& disk;
    dsm::PathId id() const { return number + 1; }
  };

  // disk_paths.cpp: PathLinkOwner, DsmHostOwner
  void on_link_up(PathLink& link) override;
  void on_link_down(PathLink& link, LinkResult result, std::string_view why) override;
  void on_login_failed(PathLink& link, LinkResult result, std::string_view why) override;
  void on_suspect(PathLink& link, bool suspect) override;
  void on_logged_out(PathLink& link) override;
  PathLink* link_of_path(dsm::PathId path) override;
  void on_plan_changed() override;
  void on_operation_done(const dsm::OperationResult& result) override;
  void on_report(const dsm::Action& action) override;

  void on_probed(Path& path, const std::string& error);
  bool identity_is_open(const Path& path);
  void admit_examined_paths();
  void admit(Path& path);
  std::string check_identity(const Path& path, const ProbeResult& found);
  void adopt(const ProbeResult& found, const Path& path);
  bool join(Path& path);
  void verify(Path& path);
  void on_verified(Path& path, const base::Status& status);
  void activate(Path& path);
  void refuse(Path& path, const std::string& why);
  void set_state(Path& path, PathState state, const std::string& why);
  uint64_t stability_ns(const Path& path) const;
  bool comes_too_early(const Path& path) const;
  void release_early_paths();
  void read_missing_geometry();
  void check_started();
  void on_start_deadline();
  void finish_start(const std::string& error);
  void note(const std::string& text);

  // disk_requests.cpp
  Request& new_request(BlockRequest& block);
  int validate(const BlockRequest& block) const;
  bool try_send(Request& request);
  bool waits_for_access(const Request& request) const;
  void wait(Request& request);
  void watch_service();
  void pump();
  void pump_soon();
  int out_of_time(Request& request, uint64_t now) const;
  uint64_t next_look(const Request& request) const;
  void on_command_back(Request& request);
  void account(Request& request, bool good);
  void on_good(Request& request);
  void on_failure(Request& request);
  void apply(Request& request, const dsm::Verdict& verdict);
  void retry(Request& request, bool counted, uint64_t pause_ns);
  void finish(Request& request, int error);
  void finish_later(Request& request, int error);
  void deliver_finished();
  void check_drained();
  void on_drain_deadline();
  void log_out_everywhere();

  DiskConfig config_;
  base::Scheduler& scheduler_;
  DiskObserver* observer_;
  DsmHost dsm_;
  std::vector<std::unique_ptr<Path>> paths_;

  bool has_identity_ = false;
  dsm::Identity identity_;
  std::string identity_from_;
  uint64_t identity_wait_until_ns_ = 0;  // 0: nobody waits for an earlier path's answer
  ProbeResult device_;
  Geometry geometry_;
  CommandLimits limits_;

  UnsettledWrites unsettled_;
  uint64_t presumed_lost_ = 0;
  std::vector<std::unique_ptr<Request>> requests_;
  std::vector<Request*> idle_;
  Request* waiting_first_ = nullptr;
  Request* waiting_last_ = nullptr;
  size_t waiting_count_ = 0;
  size_t in_flight_ = 0;
  size_t open_requests_ = 0;
  uint64_t last_number_ = 0;
  uint64_t no_service_since_ns_ = 0;  // 0: something serves
  uint64_t failed_requests_ = 0;
  Longest longest_;
  std::vector<BlockRequest*> finished_;

  enum class Phase : uint8_t { fresh, starting, running, draining, leaving, stopped };
  Phase phase_ = Phase::fresh;
  uint64_t serving_since_ns_ = 0;
  std::function<void(const std::string&)> started_;
  std::function<void()> stopped_;
  size_t links_to_leave_ = 0;
  dsm::OperationId policy_operation_ = 0;
  std::function<void(const std::string&)> policy_done_;

  base::MemberTimer<&Disk::pump> pump_timer_{*this};
  base::MemberTimer<&Disk::deliver_finished> finish_timer_{*this};
  base::MemberTimer<&Disk::on_start_deadline> start_timer_{*this};
  base::MemberTimer<&Disk::check_started> grace_timer_{*this};
  base::MemberTimer<&Disk::on_drain_deadline> drain_timer_{*this};
};

// An identity as people write it: hex digits for binary ones, text for text.
std::string text_of(const dsm::Identity& identity);

}  // namespace mpio
