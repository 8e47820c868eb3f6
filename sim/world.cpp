// See world.h.
#include "sim/world.h"

#include <algorithm>
#include <cerrno>

#include "scsi/opcodes.h"
#include "sim/block_stamp.h"
#include "sim/direct_initiator.h"
#include "sim/second_host.h"

namespace sim {
namespace {

constexpr uint64_t kBringUp = 30 * kSecond;
constexpr uint64_t kQuiet = 20 * kSecond;

}  // namespace

World::World(const WorldConfig& world_config, const FaultPlan& fault_plan, bool keep_timeline,
             const HostFactory& factory)
    : config(world_config),
      plan(fault_plan),
      host_clock(clock, config.timer_grain_ns, config.seed),
      timeline(keep_timeline),
      health(config.paths),
      history(config.blocks) {
  std::string error;
  storage = array::Array::create(config.array, clock, error);
  target = std::make_unique<ArrayTarget>(*storage);
  if (config.features.reservations) {
    reservations = std::make_unique<ReservationJudge>(config.features.persists, clock, findings);
    target->set_observer(reservations.get(), 0);
  }
  fabric = std::make_unique<Fabric>(config.fabric, clock, *target, findings, timeline);
  host = factory(*this);
  WireBudgets budgets;
  budgets.sends_per_second = 400 + 200 * config.workload.depth;
  wire = std::make_unique<WireJudge>(config.paths * config.fabric.lanes, budgets,
                                     host->limits().settle_loss_ns, clock, findings);
  fabric->set_observer(wire.get());
  faults = std::make_unique<FaultDriver>(plan, clock, *fabric, *storage, health, timeline);
  if (reservations != nullptr) {
    wire->watch_conflicts(*reservations, 0);
    faults->observe_power(reservations.get());
  }
  workload = std::make_unique<Workload>(config.workload, clock, host->device(), *this, history,
                                        findings, timeline);
  deeds = std::make_unique<DeedDriver>(config.deeds, actors, clock, timeline);
}

World::~World() {
  deeds.reset();
  faults.reset();
  workload->stop();
  host.reset();  // hands back what is still open
  actors.clear();
  workload.reset();
  fabric.reset();
  target.reset();
  storage.reset();
}

// A world that spins at one instant would never end.
bool World::guard() {
  if (!gave_up_ && clock.events() > event_limit_) {
    gave_up_ = true;
    found(Invariant::io_completes,
          "more than " + std::to_string(event_limit_) + " events: the world spins");
  }
  return !gave_up_;
}

bool World::run_until(const std::function<bool()>& condition, uint64_t within_ns) {
  const uint64_t limit = clock.now_ns() + within_ns;
  while (!condition()) {
    if (!guard() || !clock.step(limit)) {
      return condition();
    }
  }
  return true;
}

bool World::all_in_service() const {
  for (uint32_t path = 0; path < config.paths; ++path) {
    if (!host->path_in_service(path)) {
      return false;
    }
  }
  return true;
}

bool World::bring_up() {
  host->start();
  for (const auto& actor : actors) {
    actor->bring_up();
  }
  const auto all_ready = [this] {
    return std::all_of(actors.begin(), actors.end(),
                       [](const auto& actor) { return actor->ready(); });
  };
  if (!run_until([&] { return host->ready() && all_in_service() && all_ready(); }, kBringUp)) {
    found(Invariant::path_recovers, "the disk did not come up in a world without faults");
    return false;
  }
  return true;
}

uint64_t World::recovery_deadline_ns() const {
  const HostLimits& limits = host->limits();
  const uint64_t grain = 8 * config.timer_grain_ns;
  // A login may have begun just before the healing and must run into its deadline first; then a
  // pause, a good login, the checks of the path (a few commands), and the stability time.
  return 2 * (limits.login_deadline_ns + limits.backoff_max_ns) + 2 * limits.command_deadline_ns +
         limits.stability_ns + 2 * kSecond + grain;
}

uint64_t World::request_deadline_ns() const {
  return recovery_deadline_ns() + host->limits().request_ns;
}

void World::judge(const FailedRequest& request) {
  if (host == nullptr) {
    return;  // the world is being torn down
  }
  if (request.error == EPERM && reservations != nullptr) {
    ++refused_;
    if (!reservations->refused_since(0, request.submitted_ns)) {
      found(Invariant::no_false_failure, "a request was refused, which no reservation explains");
    }
    return;
  }
  const uint64_t grace = recovery_deadline_ns();
  if (health.any_for(grace, request.failed_ns)) {
    found(Invariant::no_false_failure,
          "a request of blocks " + std::to_string(request.first_block) + " +" +
              std::to_string(request.blocks) + " failed with errno " +
              std::to_string(request.error) + " though a path was healthy for " +
              std::to_string(grace / kMillisecond) + " ms and longer");
  }
}

std::string World::busy_actors() const {
  std::string busy;
  for (const auto& actor : actors) {
    busy += actor->busy();
  }
  return busy;
}

// What each has begun must end, and then everything must be as they were told.
void World::judge_actors() {
  if (!run_until([this] { return busy_actors().empty(); }, request_deadline_ns()) && !gave_up_) {
    found(Invariant::io_completes, busy_actors() + " though all is healed");
  }
  // A burst, when the last lost answer has been given up and its path is back.
  run_until([this] { return host->unrest().empty(); }, host->limits().command_deadline_ns);
  run_until([this] { return all_in_service(); }, recovery_deadline_ns());
  run_until([] { return false; }, kSecond);
  static_cast<void>(wire->take_data_by_link());
  workload->resume(24);
  if (!run_until([this] { return workload->idle(); }, request_deadline_ns()) && !gave_up_) {
    found(Invariant::io_completes, "the last burst does not end; " + host->unrest());
  }
  run_until(
      [this] {
        return std::all_of(actors.begin(), actors.end(),
                           [](const auto& actor) { return actor->at_rest(); });
      },
      recovery_deadline_ns());
  if (reservations != nullptr) {
    reservations->judge_at_rest(
        storage->lun(0).reservations(),
        {ArrayTarget::kInitiator, config.features.neighbour == Neighbour::disk
                                      ? SecondHost::kName
                                      : DirectInitiator::kName});
  }
  for (const auto& actor : actors) {
    actor->judge();
  }
}

void World::phase_one() {
  timeline.add(clock.now_ns(), What::phase, 1);
  const uint64_t end = clock.now_ns() + config.fault_span_ns;
  for (const auto& actor : actors) {
    actor->start();
  }
  faults->start();
  deeds->start();
  workload->start();
  run_until([&] { return clock.now_ns() >= end; }, config.fault_span_ns);
  if (clock.now_ns() < end && !gave_up_) {
    clock.run_until(end);
  }
  // The load may take its time, the faults may last beyond their span; but not for ever.
  run_until([this] { return !workload->issuing(); }, 2 * config.fault_span_ns);
  workload->stop();
}

void World::phase_two() {
  timeline.add(clock.now_ns(), What::phase, 2);
  const bool permanent = plan.mood == Mood::permanent;
  faults->heal(permanent);
  deeds->stop();
  if (config.features.any() && !permanent) {
    // People may have left the disk with one path: it must be one that can serve.
    clock.run_until(std::max(clock.now_ns(), faults->transition_ends_ns() + 1));
    faults->send_home();
    run_until([this] { return busy_actors().empty(); }, host->limits().command_deadline_ns);
  }
  for (const auto& actor : actors) {
    actor->settle();
  }
  if (permanent) {
    // Nothing works any more: what is open must fail, and new requests too.
    constexpr uint32_t kMore = 8;
    workload->resume(kMore);
    const uint64_t deadline = request_deadline_ns() + host->limits().no_path_ns +
                              (workload->outstanding() + kMore) * host->limits().hopeless_ns;
    if (!run_until([this] { return workload->idle(); }, deadline) && !gave_up_) {
      found(Invariant::no_path_deadline,
            std::to_string(workload->outstanding()) +
                " requests are still open though every path is lost for good");
    }
    return;
  }
  if (!run_until([this] { return all_in_service(); }, recovery_deadline_ns()) && !gave_up_) {
    std::string out;
    for (uint32_t path = 0; path < config.paths; ++path) {
      out += host->path_in_service(path) ? "" : " " + std::to_string(path);
    }
    found(Invariant::path_recovers,
          "paths not in service though all is healed:" + out + " " + host->text());
  }
  workload->resume(16);
  if (!run_until([this] { return workload->idle(); }, request_deadline_ns()) && !gave_up_) {
    found(Invariant::io_completes, std::to_string(workload->outstanding()) +
                                       " requests are still open though all is healed; " +
                                       host->unrest());
  }
  if (!actors.empty()) {
    judge_actors();
  }
  run_until([this] { return all_in_service(); }, recovery_deadline_ns());
  for (const auto& actor : actors) {
    actor->leave();
  }
  if (!run_until([this] { return busy_actors().empty(); }, request_deadline_ns()) && !gave_up_) {
    found(Invariant::io_completes, busy_actors() + " at the end, though all is healed");
  }
}

void World::read_back() {
  workload->read_back();
  run_until([this] { return false; }, kSecond);
  if (!run_until([this] { return workload->idle(); }, request_deadline_ns()) && !gave_up_) {
    found(Invariant::io_completes, "the final read-back does not end");
  }
}

// As another host would read, straight at each port.
void World::read_from_ports() {
  struct Reader final : array::NexusOwner {
    void on_nexus_ended(array::NexusEnd) override {}
  } owner;
  for (uint32_t port = 0; port < config.paths; ++port) {
    array::InitiatorPort initiator{"iqn.2026-11.dev.dsmkit:reader",
                                   {0, 0, 0, 0, 0, static_cast<uint8_t>(port)}};
    array::Nexus* const nexus = storage->login(port, initiator, owner);
    if (nexus == nullptr) {
      continue;
    }
    for (const uint64_t block : workload->blocks_in_use()) {
      array::Task task;
      task.nexus = nexus;
      task.done = [](array::Task&) {};
      // The new nexus may have a unit attention to report first.
      for (int attempt = 0; attempt < 8; ++attempt) {
        task.cdb = scsi::make_read(block, 1);
        task.status = 0;
        task.sense_bytes = 0;
        storage->submit(task);
        if (task.status == scsi::kGood) {
          break;
        }
      }
      if (task.status != scsi::kGood || task.data_in.size() != kBlockBytes) {
        break;  // a standby port reads nothing
      }
      const Stamp stamp = read_stamp(task.data_in, block);
      if (auto verdict =
              history.check_read(block, history.mark(), stamp.write_id, stamp.readable)) {
        found(verdict->invariant, "read at port " + std::to_string(port) + ": " + verdict->text);
      }
    }
    storage->drop(*nexus);
  }
}

void World::read_medium(const Workload& load, BlockHistory& load_history) {
  std::vector<uint8_t> bytes(kBlockBytes);
  for (const uint64_t block : load.blocks_in_use()) {
    static_cast<void>(storage->lun(0).backing().read(block * kBlockBytes, bytes));
    const Stamp stamp = read_stamp(bytes, block);
    timeline.add(clock.now_ns(), What::final_read, block, stamp.write_id);
    if (auto verdict =
            load_history.check_read(block, load_history.mark(), stamp.write_id, stamp.readable)) {
      found(verdict->invariant, "on the medium: " + verdict->text);
    }
  }
}

void World::read_media() {
  read_medium(*workload, history);
  for (const auto& actor : actors) {
    actor->judge_medium();
  }
}

void World::check_rest() {
  // A command of the disk's own whose answer was lost is given up at its deadline; a lost write of
  // a path that was removed is settled by time only.
  const HostLimits& limits = host->limits();
  const uint64_t last_ns = config.features.membership
                               ? std::max(limits.command_deadline_ns, 2 * limits.settle_loss_ns)
                               : limits.command_deadline_ns;
  run_until([this] { return host->unrest().empty(); }, last_ns + 5 * kSecond);
  if (const std::string unrest = host->unrest(); !unrest.empty()) {
    found(Invariant::counters_at_rest, unrest + "; " + host->text());
  }
  if (storage->task_count() != 0) {
    found(Invariant::counters_at_rest,
          std::to_string(storage->task_count()) + " tasks are left at the array");
  }
  // Only what is periodic may still be armed: per path one timer of each kind, and a few for the
  // disk.
  const size_t armed = clock.armed();
  const size_t hosts = config.features.neighbour == Neighbour::disk ? 2 : 1;
  if (armed > hosts * (8 + size_t{8} * config.paths * config.fabric.lanes) + faults->in_transit()) {
    found(Invariant::counters_at_rest,
          std::to_string(armed) + " timers are armed in a world at rest");
  }
  const uint64_t sends = wire->data_sends();
  run_until([] { return false; }, kQuiet);
  if (wire->data_sends() != sends) {
    found(Invariant::counters_at_rest, "reads or writes are sent in a world at rest");
  }
}

void World::run() {
  if (!bring_up()) {
    return;
  }
  phase_one();
  phase_two();
  if (!gave_up_ && plan.mood != Mood::permanent) {
    read_back();
    read_from_ports();
    check_rest();
  }
  read_media();
  const bool paths_were_taken = config.features.settings || config.features.membership;
  if (plan.mood == Mood::calm && !paths_were_taken && workload->failed() != refused_) {
    found(Invariant::no_false_failure, "a request failed in a calm world");
  }
  for (const Finding& finding : findings.list()) {
    timeline.add(finding.at_ns, What::violation, static_cast<uint64_t>(finding.invariant));
  }
}

SeedResult result_of(const World& world) {
  SeedResult result;
  result.findings = world.findings;
  result.fingerprint = world.timeline.fingerprint();
  result.stalls = world.workload->stalls();
  result.events = world.clock.events();
  result.virtual_ns = world.clock.now_ns();
  result.late_executions = world.fabric->late_executions();
  result.requests = world.workload->issued();
  result.failed_requests = world.workload->failed();
  result.fault_count = static_cast<uint32_t>(world.plan.faults.size());
  result.deed_count = static_cast<uint32_t>(world.config.deeds.size());
  if (!world.timeline.events().empty()) {
    result.timeline.push_back(text_of(world.config));
    for (size_t i = 0; i < world.plan.faults.size(); ++i) {
      result.timeline.push_back("  fault " + std::to_string(i) + ": " +
                                text_of(world.plan.faults[i]));
    }
    for (size_t i = 0; i < world.config.deeds.size(); ++i) {
      result.timeline.push_back("  deed " + std::to_string(i) + ": " +
                                text_of(world.config.deeds[i]));
    }
    for (const Event& event : world.timeline.events()) {
      result.timeline.push_back(text_of(event));
    }
  }
  return result;
}

}  // namespace sim
