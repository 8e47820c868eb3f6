// A whole world on one clock: array, fabric, the disk under test, its client, the faults and the
// judges; and the course of a seed through it:
//
//   bring-up    no faults; the disk finds its LUN
//   phase 1     the client works, the faults of the plan come and go, and so do the deeds of
//   people and other programs (deed_plan.h): safety
//   phase 2     everything heals (or, in some seeds, nothing ever does): within computed deadlines
//   all requests end
//               and all paths are back in service
//   read-back   every block the client used, through the disk, through each port by itself, and
//   from the medium rest        nobody does anything: nothing may be counted, held or sent any more
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "array/array.h"
#include "sim/actor.h"
#include "sim/array_target.h"
#include "sim/checkers/block_history.h"
#include "sim/checkers/path_health.h"
#include "sim/checkers/reservation_judge.h"
#include "sim/checkers/wire_judge.h"
#include "sim/clock.h"
#include "sim/deed_driver.h"
#include "sim/fabric.h"
#include "sim/fault_driver.h"
#include "sim/host.h"
#include "sim/seed.h"
#include "sim/workload.h"
#include "sim/world_config.h"

namespace sim {

class World final : public FailureJudge {
 public:
  using HostFactory = std::function<std::unique_ptr<Host>(World&)>;

  World(const WorldConfig& config, const FaultPlan& plan, bool keep_timeline,
        const HostFactory& factory);
  ~World();

  // The whole course; findings tell how it went.
  void run();

  // Steps of it, for scenarios.
  bool bring_up();
  void run_for(uint64_t duration_ns) { clock.run_until(clock.now_ns() + duration_ns); }
  // False when it did not come true in time.
  bool run_until(const std::function<bool()>& condition, uint64_t within_ns);
  void read_back();
  void check_rest();
  // Judges what the medium shows of a load.
  void read_medium(const Workload& load, BlockHistory& load_history);

  // How long a request may stay open once some path is healthy for good.
  uint64_t request_deadline_ns() const;
  uint64_t recovery_deadline_ns() const;

  void judge(const FailedRequest& request) override;
  void found(Invariant invariant, std::string text) {
    findings.add(invariant, clock.now_ns(), std::move(text));
  }

  const WorldConfig config;
  const FaultPlan plan;
  Clock clock;
  HostClock host_clock;
  Timeline timeline;
  Findings findings;
  PathHealth health;
  BlockHistory history;
  std::unique_ptr<array::Array> storage;
  std::unique_ptr<ReservationJudge> reservations;  // null in worlds without
  std::unique_ptr<ArrayTarget> target;
  std::unique_ptr<Fabric> fabric;
  std::unique_ptr<WireJudge> wire;
  std::vector<std::unique_ptr<Actor>> actors;  // whoever makes the host adds those who use it
  std::unique_ptr<Host> host;
  std::unique_ptr<Workload> workload;
  std::unique_ptr<FaultDriver> faults;
  std::unique_ptr<DeedDriver> deeds;

 private:
  std::string busy_actors() const;
  void judge_actors();
  void phase_one();
  void phase_two();
  void read_from_ports();
  void read_media();
  bool guard();
  bool all_in_service() const;

  uint64_t event_limit_ = 3'000'000;
  bool gave_up_ = false;
  uint32_t refused_ = 0;  // requests that failed because of a reservation
};

// The result of a world that has run.
SeedResult result_of(const World& world);

}  // namespace sim
