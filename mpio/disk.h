// The multipath disk: one LUN behind several paths, as one block device. It asks the DSM for a path
// per command, submits, and follows the verdict on failure within budgets of time; it logs in,
// examines, watches and recovers the paths; it never lets a late write of a lost connection
// overwrite newer data (unsettled.h).
//
// Sans-I/O: transports and clocks are interfaces, so the same object runs over iSCSI, over /dev/sg
// nodes and in the simulator.
//
// Threads: one event loop per lane (disk_lane.h); a client submits on the lane of its own loop.
// Lane 0's loop is also the control thread: everything here is called there, and observers hear
// there, unless it says "any thread". With one lane everything is on one loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mpio/block_device.h"
#include "mpio/config.h"
#include "mpio/disk_lane.h"
#include "mpio/dsm_host.h"
#include "mpio/settings.h"
#include "mpio/status.h"

namespace mpio {

class DiskObserver {
 public:
  virtual void on_path_state(unsigned path, PathState before, PathState after,
                             const std::string& why) = 0;
  // One line of news for a person.
  virtual void on_note(const std::string& text) = 0;
  // The settings in force have changed, or which paths are taken out of use.
  virtual void on_administered() {}
  // The fate of writes is settled that other disks of this LUN may wait for, see
  // DiskConfig::unsettled: look_again().
  virtual void on_settled() {}

 protected:
  ~DiskObserver() = default;
};

// One loop and its session down every path, in the same order in each lane.
struct LaneSetup {
  Loop* loop = nullptr;
  std::vector<Transport*> transports;
  std::vector<PathPorts> ports = {};   // of the first lane: for settings; may be empty
  std::vector<unsigned> numbers = {};  // of the first lane: of the paths; empty: 0, 1, 2 ...
};

class Disk final : private DiskLaneOwner, private DsmHostOwner {
 public:
  static constexpr size_t kMaxPaths = dsm::kMaxPathsPerLun;
  static constexpr size_t kMaxLanes = dsm::kMaxLanes;

  // `lanes` (1..kMaxLanes, each with the same 0..kMaxPaths paths, see add_path()) must outlive the
  // disk. `observer` may be null.
  Disk(const DiskConfig& config, const std::vector<LaneSetup>& lanes, DiskObserver* observer);
  // Drops every link; requests still open fail with EIO. The threads of all lanes but the first
  // must have ended.
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  // Logs in everywhere at once. `started` is called once: with "" when some path carries I/O and
  // the others have had a moment to join it; else, after `timeout_ms`, with the reasons, one line
  // per path.
  void start(uint32_t timeout_ms, std::function<void(const std::string& error)> started);
  // A path more, at any time: its transports, one for each lane, must outlive the disk or
  // remove_path(). Returns its number, 0..kMaxPaths-1; kNoPath when there are kMaxPaths already
  // (one just removed counts until its last command and its lost writes are settled), or when it
  // is to be `number` and that is not free.
  static constexpr unsigned kNoPath = UINT32_MAX;
  unsigned add_path(const std::vector<Transport*>& transports, const PathPorts& ports = {},
                    unsigned number = kNoPath);
  // Takes the path out: nothing new goes there, what is under way ends, every lane logs out. Then,
  // from the loop, `removed`: its transports are not used any more.
  void remove_path(unsigned path, std::function<void()> removed);
  // Lost writes of this path whose fate is open: a login there would settle them.
  bool has_unsettled_writes(unsigned path) const { return shared_.unsettled.any_of_path(path); }
  // No new requests; waits for the open ones (at most `drain_ms`), logs out, then calls `stopped`.
  void stop(uint32_t drain_ms, std::function<void()> stopped);

  // Any thread. The device itself is used on its lane's thread; its geometry holds once started.
  BlockDevice& lane(unsigned number) { return *lanes_[number]; }
  unsigned lane_count() const { return static_cast<unsigned>(lanes_.size()); }

  // For clients that speak SCSI themselves; on the thread of lane 0. Only for a disk with one lane:
  // see DiskLane.
  ScsiDevice& scsi() { return *lanes_.front(); }
  // CLEAR TASK SET of such a client has gone well, down this path.
  void cleared_through(unsigned path) { lanes_.front()->cleared_through(path); }

  const Geometry& geometry() const { return geometry_; }
  DiskStatus status() const;
  // The path must exist, here and below.
  const std::string& path_name(unsigned path) const { return find_path(path)->name; }
  PathState path_state(unsigned path) const { return find_path(path)->state; }
  bool some_path_serves() const { return shared_.dsm.serves(); }
  // The slowest request since the last call of this, and the slowest of those writes that the
  // late-write rule held back.
  struct Longest {
    uint64_t request_ns = 0;
    uint64_t held_write_ns = 0;
  };
  Longest take_longest();
  // What waits for writes of unknown fate may go on by now.
  void look_again() { pump_all(); }
  // Empty when nothing is outstanding, waiting or counted any more; else what is. For tests.
  std::string unrest() const;

  // --- administration (disk_settings.cpp). `done` gets "" or why not, perhaps at once
  using Done = std::function<void(const std::string& error)>;

  // What is in force, with the changes since the start. Storing it is for the caller.
  const Settings& settings() const { return settings_; }
  const RunSettings& run_settings() const { return run_; }
  // Whom a setting of this disk's LUN is for; "" while no path has shown which LUN that is.
  std::string settings_key() const { return has_identity_ ? lun_key(identity_) : ""; }
  // Under which names settings of the path may stand.
  const PathNames& path_names(unsigned path) const { return find_path(path)->names; }
  // Could these be in force instead? "" or why not, as far as can be told without asking the array.
  std::string check_settings(Settings settings, RunSettings run);
  // These instead, as a whole: checked, and taken back where the array does not follow.
  void change_settings(Settings settings, RunSettings run, Done done);
  // For this run.
  void set_policy(dsm::PolicyId policy, Done done);
  // Takes a path out of use: what is under way there ends, nothing new is sent; it stays logged in
  // and is examined on, also after reconnects and where it comes back after it has left. "" or why
  // not: without another path in use it takes `even_the_last`.
  std::string fail_path(unsigned path, bool even_the_last);
  // Could another path carry the I/O?
  bool others_in_use(unsigned path) const;
  void reinstate_path(unsigned path);
  // Names of the paths that are out of use; and takes out of use those with these names, be it the
  // last, and no others.
  const std::set<std::string>& failed_paths() const { return failed_; }
  void set_failed_paths(const std::set<std::string>& names);

 private:
  struct Path {
    Path(unsigned number, std::string_view name, const PathPorts& ports, Disk& disk);
    unsigned number;
    PathState state = PathState::connecting;
    uint64_t examined_lanes = 0;                   // whose present session has been examined
    std::map<unsigned, uint64_t> examined_logins;  // the last examined session of each lane
    uint64_t suspect_lanes = 0;
    bool examined = false;       // all lanes' have been; the result waits to be used
    bool doubted = false;        // was well, and only has to show again who it is
    bool rechecking = false;     // a path in use is being looked at again ...
    bool recheck_again = false;  // ... and something new has happened since
    bool joined = false;         // the DSM knows it
    bool was_up = false;         // has ever carried I/O
    bool settled_first = false;  // its first login has ended, well or badly
    ProbeResult found;           // what the last examination showed
    dsm::ClaimResult claim;      // as joined
    PathPorts ports;
    PathNames names;  // as joined
    dsm::OperationId verifying = 0;
    unsigned flaps = 0;
    uint64_t failovers = 0;
    uint64_t up_since_ns = 0;
    std::string name;
    std::string last_error;
    base::Timer stability;
    base::Timer hold;  // while armed, the path is marginal
    Disk& disk;
    dsm::NexusId nexus = 0;    // as joined
    uint64_t known_lanes = 0;  // that have it
    size_t lanes_left = 0;     // leaving: how many lanes have logged out ...
    size_t lanes_forgot = 0;   // ... and how many have let go
    std::function<void()> removed;
    dsm::PathId id() const { return path_id(number); }
    bool leaving() const { return state == PathState::leaving; }
    bool in_use() const { return state == PathState::up || state == PathState::suspect; }
    bool is_well() const { return in_use() || state == PathState::disabled; }
  };

  // Runs `task` on the control thread, or on a lane's: at once where that is this thread.
  void on_control(unsigned from_lane, std::function<void()> task);
  void on_each_lane(const std::function<void(DiskLane&)>& task);
  bool on_last_lane(size_t& counted);

  Path* find_path(unsigned number) const;
  // As on_control(), for news of a path that may not be there any more.
  void on_path(unsigned from_lane, unsigned number, std::function<void(Path&)> task);

  // DiskLaneOwner
  void on_link_up(unsigned lane, unsigned path) override;
  void on_link_down(unsigned lane, unsigned path, std::string why) override;
  void on_login_failed(unsigned lane, unsigned path, std::string why) override;
  void on_suspect(unsigned lane, unsigned path, bool suspect) override;
  void on_probed(unsigned lane, unsigned path, uint64_t login, std::string error,
                 ProbeResult result) override;
  void on_attention(unsigned lane, unsigned path, Attention attention) override;
  void on_drained(unsigned lane) override;
  void on_logged_out(unsigned lane) override;
  void on_path_left(unsigned lane, unsigned path) override;
  void on_path_forgotten(unsigned lane, unsigned path) override;
  void on_stopped(unsigned lane) override;
  void on_settled(unsigned lane) override;
  void on_reserve_out(ScsiRequest& request, const dsm::ReserveRequest& wanted,
                      std::vector<uint8_t> parameter_list) override;
  void on_lane_note(unsigned lane, std::string text) override;

  // DsmHostOwner
  PathLink* link_of_path(dsm::PathId path) override;
  void on_plan_changed() override;
  void on_operation_done(const dsm::OperationResult& result) override;
  void on_report(const dsm::Action& action) override;
  void on_attention(dsm::PathId path, Attention attention) override;
  void on_nexus_drained(dsm::PathId path) override;
  void on_mistrusted(dsm::PathId path) override;
  void after_all_lanes(std::function<void()> then) override;

  // While the disk starts: so long the first path is waited for, which decides the identity, and
  // the optimized ones.
  static constexpr uint64_t kEarlyHoldNs = 1'000'000'000;

  // disk_paths.cpp
  void link_lost(Path& path, unsigned lane, const std::string& why);
  void login_failed(Path& path, const std::string& why);
  void suspected(Path& path, unsigned lane, bool suspect);
  uint64_t all_lanes() const { return ~uint64_t{0} >> (kMaxLanes - lanes_.size()); }
  void verify(Path& path);
  void on_verified(Path& path, const base::Status& status);
  void activate(Path& path);
  void use_what_is_stable_soon();
  void set_state(Path& path, PathState state, const std::string& why);
  uint64_t stability_ns(const Path& path) const;
  bool comes_too_early(const Path& path) const;
  void release_early_paths();
  const dsm::Nexus* nexus_of(const dsm::Lun* lun, const Path& path) const;

  // disk_grading.cpp
  void trust(const Path& path);

  // disk_examination.cpp
  void probed(Path& path, unsigned lane, uint64_t login, const std::string& error,
              ProbeResult result);
  void settle(const Path& path, unsigned lane, uint64_t login);
  void read_missing_geometry();
  bool identity_is_open(const Path& path);
  void admit_examined_paths();
  void admit(Path& path);
  std::string check_identity(const Path& path, const ProbeResult& found) const;
  static std::string check_other_sessions(const Path& path, const ProbeResult& found);
  std::string check_endpoint(const Path& path) const;
  void adopt(const ProbeResult& found, const Path& path);
  bool join(Path& path);
  void refuse(Path& path, const std::string& why);

  // disk_doubts.cpp
  void attend(Path& path, Attention attention);
  void doubt(Path& path);
  void recheck(Path& path);
  void recheck_all();
  void on_recheck_time();
  void rechecked(Path& path);
  void grow_if_all_paths_show_it();
  void heed_write_protection();
  void tell_geometry();

  // disk_reservations.cpp
  void on_reserved(const dsm::OperationResult& result);
  void on_answered_time();
  void fail_reservations();

  // disk_settings.cpp
  struct Wanted {
    dsm::PolicyId policy = dsm::PolicyId::none;
    dsm::SettingsOrigin origin = dsm::SettingsOrigin::capability;
    dsm::NexusId preferred = 0;
    std::vector<dsm::PathSetting> paths;
    bool operator==(const Wanted&) const = default;
    dsm::PolicySettings for_dsm() const { return {policy, preferred, paths, origin}; }
  };
  dsm::PolicyInForce policy_now() const;
  const Path* preferred_path(const dsm::PolicyInForce& policy) const;
  dsm::ArrivalSettings settings_of(const Path& path) const;
  // The same for many paths: `now` and `preferred` are theirs all.
  dsm::ArrivalSettings settings_of(const Path& path, const dsm::PolicyInForce& now,
                                   const Path* preferred) const;
  std::string name_to_store(const Path& path) const;
  Wanted wanted_settings() const;
  void settings_done(const base::Status& status);
  void tell_administered();
  bool is_failed(const Path& path) const { return failed_.count(path.name) != 0; }
  void disable(Path& path);
  void add_settings(PathStatus& row, const Path& path) const;

  // disk_membership.cpp
  bool is_free(unsigned number) const;
  unsigned free_number() const;
  void leave(Path& path);

  // disk_status.cpp
  void add_counters(PathStatus& row, const Path& path) const;

  // disk.cpp
  void check_started();
  void on_start_deadline();
  void finish_start(const std::string& error);
  void note(const std::string& text);
  void pump_all();
  void settled();
  void log_out_everywhere();
  void on_drain_deadline();

  DiskShared shared_;
  const DiskConfig& config_;
  Loop& control_;
  DiskObserver* observer_;
  std::vector<std::unique_ptr<Path>> paths_;  // in the order in which they were given
  dsm::NexusId last_nexus_ = 0;
  std::vector<std::unique_ptr<DiskLane>> lanes_;

  bool has_identity_ = false;
  dsm::Identity identity_;
  std::string identity_from_;
  uint64_t identity_wait_until_ns_ = 0;  // 0: nobody waits for an earlier path's answer
  ProbeResult device_;
  Geometry geometry_;
  CommandLimits limits_;
  uint64_t heed_refused_writes_from_ns_ = 0;

  enum class Phase : uint8_t { fresh, starting, running, draining, leaving, stopped };
  Phase phase_ = Phase::fresh;
  uint64_t serving_since_ns_ = 0;
  std::function<void(const std::string&)> started_;
  std::function<void()> stopped_;
  size_t lanes_drained_ = 0;
  size_t lanes_logged_out_ = 0;
  size_t lanes_stopped_ = 0;
  // disk_reservations.cpp
  struct Reserving {
    dsm::OperationId operation = 0;
    ScsiRequest* request = nullptr;
  };
  std::vector<Reserving> reserving_;
  std::vector<ScsiRequest*> answered_;
  // disk_settings.cpp
  Settings settings_;
  RunSettings run_;
  Done settings_done_;  // set while a change of them is under way
  Wanted wanted_;       // what that wants
  Settings former_settings_;
  RunSettings former_run_;
  dsm::NexusId last_former_nexus_ = 0;
  std::set<std::string> failed_;  // names of the paths that the administrator has taken out of use
  std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);

  base::MemberTimer<&Disk::on_start_deadline> start_timer_{*this};
  base::MemberTimer<&Disk::check_started> grace_timer_{*this};
  base::MemberTimer<&Disk::on_drain_deadline> drain_timer_{*this};
  base::MemberTimer<&Disk::on_recheck_time> recheck_timer_{*this};
  base::MemberTimer<&Disk::on_answered_time> answered_timer_{*this};
};

// An identity as people write it: hex digits for binary ones, text for text.
std::string text_of(const dsm::Identity& identity);

}  // namespace mpio
