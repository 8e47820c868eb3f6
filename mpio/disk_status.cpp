// The disk as people see it.
#include <algorithm>

#include "base/bits.h"
#include "dsm/policy.h"
#include "mpio/disk.h"

namespace mpio {
namespace {

std::string health_of(const dsm::Nexus& nexus) {
  if (nexus.path->health.load() == dsm::Health::suspect) {
    return std::string(dsm::name_of(dsm::Health::suspect));
  }
  const bool marginal = nexus.health == dsm::Health::up && nexus.path->marginal.load();
  return marginal ? "marginal" : std::string(dsm::name_of(nexus.health));
}

}  // namespace

void Disk::add_counters(PathStatus& row, const Path& path) const {
  for (const auto& lane : lanes_) {
    if ((path.known_lanes >> lane->number() & 1) == 0) {
      continue;
    }
    const PathCounters& counters = lane->counters(path.number);
    row.ios += counters.ios.get();
    row.read_bytes += counters.read_bytes.get();
    row.written_bytes += counters.written_bytes.get();
    row.errors += counters.errors.get();
    row.retries += counters.retries.get();
    row.latency_sum_ns += counters.latency_sum_ns.get();
    row.latency_max_ns = std::max(row.latency_max_ns, counters.latency_max_ns.get());
    row.logins += lane->link(path.number).logins();
    row.in_flight += lane->link(path.number).outstanding();
  }
}

DiskStatus Disk::status() const {
  DiskStatus status;
  status.identity = text_of(identity_);
  status.vendor = device_.vendor;
  status.product = device_.product;
  status.revision = device_.revision;
  status.serial = device_.serial;
  status.geometry = geometry_;
  for (const auto& lane : lanes_) {
    status.queued_requests += lane->waiting_requests();
    status.in_flight_requests += lane->in_flight();
    status.failed_requests += lane->failed_requests();
  }
  status.lanes = lane_count();
  status.presumed_lost_writes = shared_.presumed_lost.load();
  status.error_rules = shared_.dsm.rule_counts();
  status.settings_key = settings_key();
  const auto lock = shared_.dsm.hold();
  const dsm::Lun* lun = shared_.dsm.lun();
  if (lun != nullptr && lun->plan.policy != nullptr) {
    status.policy = lun->plan.policy->name;
    status.policy_origin = dsm::name_of(lun->origin);
    status.alua = dsm::name_of(lun->support);
    status.symmetric = lun->symmetric;
  }
  bool all_up = true;
  for (const auto& path : paths_) {
    PathStatus row;
    row.name = path->name;
    row.state = path->state;
    row.failovers = path->failovers;
    row.last_error = path->last_error;
    row.write_protected = path->found.write_protected;
    add_counters(row, *path);
    add_settings(row, *path);
    row.has_group = path->claim.has_group;
    row.group = path->claim.target_port_group;
    row.relative_port = path->claim.relative_target_port;
    const dsm::Nexus* nexus = nexus_of(lun, *path);
    if (nexus != nullptr) {
      scsi::AccessState access{};
      if (lun->access_of(*nexus, access)) {
        row.access = scsi::name_of(access);
        row.preferred_group = lun->find_group(nexus->target_port_group)->preferred;
      } else if (lun->support == dsm::AluaSupport::none) {
        row.access = scsi::name_of(scsi::AccessState::active_optimized);
      }
      row.lifecycle = dsm::name_of(nexus->lifecycle);
      row.health = health_of(*nexus);
      row.effective = dsm::name_of(nexus->effective);
      row.candidate = (lun->candidates() & base::bit(nexus->slot)) != 0;
    }
    all_up &= path->state == PathState::up;
    status.paths.push_back(std::move(row));
  }
  const uint64_t now = control_.now_ns();
  for (const UnsettledWrite& record : shared_.unsettled.records()) {
    const Path* path = find_path(record.session.path);
    status.unsettled.push_back({path != nullptr ? path->name : "a path that was removed",
                                record.lba, record.blocks,
                                now > record.since_ns ? (now - record.since_ns) / 1'000'000 : 0});
  }
  switch (phase_) {
    case Phase::fresh:
    case Phase::starting:
      status.state = "starting";
      break;
    case Phase::running:
      status.state = !some_path_serves() ? "no path" : all_up ? "ok" : "degraded";
      break;
    case Phase::draining:
    case Phase::leaving:
    case Phase::stopped:
      status.state = "stopping";
      break;
  }
  return status;
}

std::string Disk::unrest() const {
  std::string text;
  const auto say = [&text](size_t count, const char* what) {
    if (count != 0) {
      text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + what;
    }
  };
  for (const auto& lane : lanes_) {
    say(lane->open_requests(), "open requests");
    say(lane->waiting_requests(), "waiting requests");
    say(lane->in_flight(), "commands in flight");
    for (const auto& path : paths_) {
      if ((path->known_lanes >> lane->number() & 1) == 0) {
        continue;
      }
      say(lane->link(path->number).outstanding(), "outstanding commands on a link");
    }
  }
  say(reserving_.size(), "reservation commands");
  say(shared_.unsettled.size(), "unsettled writes");
  if (const dsm::Lun* lun = shared_.dsm.lun()) {
    size_t counted = 0;
    for (unsigned slot = 0; slot < dsm::kMaxPathsPerLun; ++slot) {
      counted += lun->in_flight(slot);
    }
    say(counted, "commands counted in lanes");
    say(lun->published.throttled.load() ? 1 : 0, "throttled LUN");
  }
  return text;
}

}  // namespace mpio
