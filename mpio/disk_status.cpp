// The disk as people see it.
#include <algorithm>

#include "base/bits.h"
#include "dsm/policy.h"
#include "mpio/disk.h"

namespace mpio {

DiskStatus Disk::status() const {
  DiskStatus status;
  status.identity = text_of(identity_);
  status.vendor = device_.vendor;
  status.product = device_.product;
  status.revision = device_.revision;
  status.serial = device_.serial;
  status.geometry = geometry_;
  status.queued_requests = waiting_count_;
  status.in_flight_requests = in_flight_;
  status.failed_requests = failed_requests_;
  status.presumed_lost_writes = presumed_lost_;
  const dsm::Lun* lun = dsm_.lun();
  if (lun != nullptr && lun->plan.policy != nullptr) {
    status.policy = lun->plan.policy->name;
    status.alua = dsm::name_of(lun->support);
    status.symmetric = lun->symmetric;
  }
  bool all_up = true;
  for (const auto& path : paths_) {
    PathStatus row = path->counters;
    row.state = path->state;
    row.logins = path->link.logins();
    row.in_flight = path->link.outstanding();
    row.has_group = path->claim.has_group;
    row.group = path->claim.target_port_group;
    row.relative_port = path->claim.relative_target_port;
    const dsm::Nexus* nexus = nullptr;
    for (unsigned slot = 0; lun != nullptr && slot < dsm::kMaxPathsPerLun; ++slot) {
      const dsm::Nexus* other = lun->nexus_at(slot);
      nexus = other != nullptr && other->id == path->id() ? other : nexus;
    }
    if (nexus != nullptr) {
      scsi::AccessState access{};
      if (lun->access_of(*nexus, access)) {
        row.access = scsi::name_of(access);
        row.preferred_group = lun->find_group(nexus->target_port_group)->preferred;
      } else if (lun->support == dsm::AluaSupport::none) {
        row.access = scsi::name_of(scsi::AccessState::active_optimized);
      }
      row.lifecycle = dsm::name_of(nexus->lifecycle);
      const bool suspect = nexus->path->health.load() == dsm::Health::suspect;
      row.health = dsm::name_of(suspect ? dsm::Health::suspect : nexus->health);
      row.effective = dsm::name_of(nexus->effective);
      row.candidate = (lun->candidates() & base::bit(nexus->slot)) != 0;
    }
    all_up &= path->state == PathState::up;
    status.paths.push_back(std::move(row));
  }
  const uint64_t now = scheduler_.now_ns();
  for (const UnsettledWrite& record : unsettled_.records()) {
    status.unsettled.push_back({std::string(paths_[record.path]->link.name()), record.lba,
                                record.blocks, (now - record.since_ns) / 1'000'000});
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
  say(open_requests_, "open requests");
  say(waiting_count_, "waiting requests");
  say(in_flight_, "commands in flight");
  say(unsettled_.records().size(), "unsettled writes");
  size_t outstanding = 0;
  for (const auto& path : paths_) {
    outstanding += path->link.outstanding();
  }
  say(outstanding, "outstanding commands on links");
  if (const dsm::Lun* lun = dsm_.lun()) {
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
