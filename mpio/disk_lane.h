// One event loop's share of the disk: the requests that clients submit on this loop, and a session
// of its own down every path to carry them. Lanes share nothing per command but what select()
// reads.
//
// A lane logs in, examines, watches and logs in again by itself, and tells the disk; whether a path
// may be used is for the disk (the control thread) to decide, from what all lanes tell. A path that
// one lane loses is lost for all of them: the DSM hears of it before the lost commands are tried
// again.
//
// Threads: everything on the lane's own loop, except what says "any thread". No request completes
// from inside submit().
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "dsm/verdict.h"
#include "mpio/attention_filter.h"
#include "mpio/block_device.h"
#include "mpio/config.h"
#include "mpio/counter.h"
#include "mpio/dsm_host.h"
#include "mpio/loop.h"
#include "mpio/path_link.h"
#include "mpio/probe.h"
#include "mpio/request.h"
#include "mpio/scsi_device.h"
#include "mpio/unsettled.h"

namespace mpio {

// What the lanes of a disk have in common. Any thread.
struct DiskShared {
  DiskShared(const DiskConfig& disk_config, unsigned lanes, Loop& control, DsmHostOwner& owner)
      : config(disk_config),
        dsm(config, lanes, control, owner),
        all_unsettled(config.unsettled != nullptr ? config.unsettled
                                                  : std::make_shared<UnsettledWrites>()),
        unsettled(*all_unsettled) {}

  // Notes when service ends and begins.
  void watch_service(uint64_t now_ns);

  const DiskConfig config;
  DsmHost dsm;
  const std::shared_ptr<UnsettledWrites> all_unsettled;
  UnsettledWrites& unsettled;
  std::atomic<uint64_t> no_service_since_ns{0};  // 0: something serves
  std::atomic<uint64_t> presumed_lost{0};        // writes that were never settled
};

// The DSM's number of the disk's path, and of its only nexus.
constexpr dsm::PathId path_id(unsigned path) {
  return path + 1;
}

// News of a lane, told on the lane's thread.
class DiskLaneOwner {
 public:
  virtual void on_link_up(unsigned lane, unsigned path) = 0;
  virtual void on_link_down(unsigned lane, unsigned path, std::string why) = 0;
  virtual void on_login_failed(unsigned lane, unsigned path, std::string why) = 0;
  virtual void on_suspect(unsigned lane, unsigned path, bool suspect) = 0;
  // Who is there, as of the session's `login`-th login; with an error: why nobody could tell.
  virtual void on_probed(unsigned lane, unsigned path, uint64_t login, std::string error,
                         ProbeResult result) = 0;
  // An answer casts doubt on what the path leads to. With Attention::identity the DSM has been told
  // that all paths have failed.
  virtual void on_attention(unsigned lane, unsigned path, Attention attention) = 0;
  // Nothing is open and nothing new is taken any more.
  virtual void on_drained(unsigned lane) = 0;
  virtual void on_logged_out(unsigned lane) = 0;
  // leave_path(): the session has ended. forget_path(): nothing of the path is left in the lane.
  virtual void on_path_left(unsigned lane, unsigned path) = 0;
  virtual void on_path_forgotten(unsigned lane, unsigned path) = 0;
  virtual void on_stopped(unsigned lane) = 0;
  // The late-write rule lets writes of any lane go on.
  virtual void on_settled(unsigned lane) = 0;
  // PERSISTENT RESERVE OUT concerns all paths; this thread is the control thread then.
  virtual void on_reserve_out(ScsiRequest& request, const dsm::ReserveRequest& wanted,
                              std::vector<uint8_t> parameter_list) = 0;
  virtual void on_lane_note(unsigned lane, std::string text) = 0;

 protected:
  ~DiskLaneOwner() = default;
};

// Of one path in one lane. Read by any thread.
struct PathCounters {
  Counter ios;
  Counter read_bytes;
  Counter written_bytes;
  Counter errors;
  Counter retries;
  Counter latency_sum_ns;
  Counter latency_max_ns;
};

class DiskLane final : public BlockDevice, public ScsiDevice, private PathLinkOwner {
 public:
  // `transports`: one per path, numbered by `paths`. All arguments but these outlive the lane.
  DiskLane(unsigned number, Loop& loop, DiskShared& shared,
           const std::vector<Transport*>& transports, const std::vector<unsigned>& paths,
           DiskLaneOwner& owner);
  // Drops every link; requests still open fail with EIO. The loop runs this, or has ended.
  ~DiskLane();
  DiskLane(const DiskLane&) = delete;
  DiskLane& operator=(const DiskLane&) = delete;

  // BlockDevice.
  const Geometry& geometry() const override { return geometry_; }
  void submit(BlockRequest& request) override;
  // ScsiDevice. Only in a disk with one lane: what a client leaves behind in the target (unit
  // attentions, reservations) belongs to one I_T nexus per path.
  void submit(ScsiRequest& request) override;
  bool holds_unit() const override { return reserved_path_.has_value(); }
  uint16_t take_attention() override;
  // A client's PERSISTENT RESERVE OUT has gone well, down this path: what the target announces to
  // the other paths is no news to that client.
  void reserved_through(unsigned path, const scsi::Cdb& cdb);
  // The same of CLEAR TASK SET.
  void cleared_through(unsigned path);

  // --- orders of the disk
  // --------------------------------------------------------------------------

  void start();
  // A path more, or one that has been forgotten, anew: logs in.
  void add_path(unsigned path, Transport& transport);
  // Ends the path's session in good order where it is idle; then on_path_left().
  void leave_path(unsigned path);
  // After that: its transport is not used any more; then on_path_forgotten().
  void forget_path(unsigned path);
  void set_geometry(const Geometry& geometry, const CommandLimits& limits);
  // Looks again at what waits.
  void pump_soon();
  // Lost writes that are old enough count as dead; those that waited for them go on.
  void expire_unsettled(uint64_t now);
  // Examines the path once more.
  void examine(unsigned path);
  // The path leads to something else: drop it and look again only now and then.
  void refuse_path(unsigned path, const std::string& why);
  void fail_path_soon(unsigned path, const std::string& why);
  void reset_backoff(unsigned path) { paths_[path]->link.reset_backoff(); }
  // Nothing new; on_drained() when what is open has ended.
  void drain();
  // Then on_logged_out().
  void log_out();
  // At once; what is open fails. Then on_stopped().
  void stop();

  // --- any thread
  // ----------------------------------------------------------------------------------

  unsigned number() const { return number_; }
  Loop& loop() const { return loop_; }
  // For calls on the lane's own thread, and for the link's and the counters' any-thread parts.
  PathLink& link(unsigned path) { return paths_[path]->link; }
  const PathLink& link(unsigned path) const { return paths_[path]->link; }
  const PathCounters& counters(unsigned path) const { return paths_[path]->counters; }
  size_t open_requests() const { return open_requests_.get(); }
  size_t waiting_requests() const { return waiting_count_.get(); }
  size_t in_flight() const { return in_flight_.get(); }
  uint64_t failed_requests() const { return failed_requests_.get(); }
  uint64_t take_longest_request_ns() { return longest_request_ns_.take(); }
  uint64_t take_longest_held_write_ns() { return longest_held_write_ns_.take(); }

 private:
  struct LanePath {
    LanePath(unsigned number, Transport& transport, DiskLane& lane);
    PathLink link;
    Probe probe;
    PathCounters counters;
  };
  template <typename F>
  void for_each_path(F&& visit) {
    for (const auto& path : paths_) {
      if (path != nullptr) {
        visit(*path);
      }
    }
  }

  // PathLinkOwner
  void on_link_up(PathLink& link) override;
  void on_link_down(PathLink& link, LinkResult result, std::string_view why) override;
  void on_login_failed(PathLink& link, LinkResult result, std::string_view why) override;
  void on_suspect(PathLink& link, bool suspect) override;
  void on_held_ended(PathLink& link, bool answered, SettledBy then) override;
  void on_logged_out(PathLink& link) override;

  void log_out(LanePath& path);
  void count_logged_out();

  // disk_lane_scsi.cpp
  struct StandIn {
    BlockRequest block;
    ScsiRequest* request = nullptr;
    DiskLane* lane = nullptr;
  };
  StandIn& stand_in_for(ScsiRequest& request);
  bool answers_client(Request& request, const dsm::Verdict& verdict);
  void take_answer(Request& request, int error);
  void heed_reservation(const Request& request);
  void lose_reservation();
  bool has_lost_reservation(const Request& request) const;
  bool conflicts_with_itself(const Request& request) const;

  // disk_lane_requests.cpp
  Request& new_request(BlockRequest& block);
  int validate(const BlockRequest& block) const;
  // `now`: the loop's. A command's way there, and its way back, read the clock once each.
  bool try_send(Request& request, uint64_t now);
  bool choose_path(Request& request, dsm::Lun& lun);
  void cut_to_fit(Request& request, uint32_t max_bytes);
  void finish(Request& request, int error, uint64_t now);
  void finish_later(Request& request, int error);
  void deliver_finished();
  void check_drained();

  // disk_lane_waiting.cpp. Where no path is active a command is tried so often all the same.
  static constexpr uint64_t kStandbyTryNs = 1'000 * base::kNsPerMs;
  bool waits_for_access(const Request& request) const;
  void wait(Request& request);
  void pump();
  int out_of_time(Request& request, uint64_t now) const;
  uint64_t next_look(const Request& request) const;
  void fail_waiting();

  // disk_lane_answers.cpp
  void on_command_back(Request& request);
  void account(Request& request, bool good, uint64_t now);
  void on_good(Request& request, uint64_t now);
  void on_failure(Request& request, uint64_t now);
  void heed_attention(const Request& request);
  void apply(Request& request, const dsm::Verdict& verdict);
  void retry(Request& request, bool counted, uint64_t pause_ns);

  const unsigned number_;
  Loop& loop_;
  DiskShared& shared_;
  const DiskConfig& config_;
  DiskLaneOwner& owner_;
  // By number; null where there is none.
  std::array<std::unique_ptr<LanePath>, dsm::kMaxPathsPerLun> paths_;

  Geometry geometry_;
  CommandLimits limits_;
  uint16_t block_scale_ = 0;  // a logical block has 512 << block_scale_ bytes

  std::vector<std::unique_ptr<Request>> requests_;
  std::vector<Request*> idle_;
  Request* waiting_first_ = nullptr;
  Request* waiting_last_ = nullptr;
  uint64_t last_number_ = 0;
  std::vector<BlockRequest*> finished_;
  std::vector<std::unique_ptr<StandIn>> stand_ins_;
  std::vector<StandIn*> idle_stand_ins_;
  AttentionFilter attention_filter_;
  // RESERVE belongs to one I_T nexus, so while the client holds the unit its commands go down one
  // path.
  std::optional<unsigned> reserved_path_;
  uint64_t reservation_ = 0;            // how many there have been
  uint64_t last_lost_reservation_ = 0;  // by the end of its session
  size_t reserves_under_way_ = 0;
  bool tells_of_loss_ = false;

  Counter waiting_count_;
  Counter in_flight_;
  Counter open_requests_;
  Counter failed_requests_;
  Counter longest_request_ns_;
  Counter longest_held_write_ns_;

  enum class Phase : uint8_t { accepting, draining, leaving, stopped };
  Phase phase_ = Phase::accepting;
  bool told_drained_ = false;
  size_t links_to_leave_ = 0;

  base::MemberTimer<&DiskLane::pump> pump_timer_{*this};
  base::MemberTimer<&DiskLane::deliver_finished> finish_timer_{*this};
};

}  // namespace mpio
