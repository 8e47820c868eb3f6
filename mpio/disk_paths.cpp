// The disk's paths: logged in and lost, verified, well for long enough, in use. Who is there is
// asked in disk_examination.cpp.
#include <algorithm>

#include "mpio/disk.h"

#include "base/units.h"

namespace mpio {
namespace {

using base::kNsPerMs;
constexpr uint64_t kVerifyDeadlineNs = 15'000 * kNsPerMs;

// Of Report::detail.
std::string sense_text(uint32_t detail) {
  return std::to_string(detail >> 16) + "/" + std::to_string(detail >> 8 & 0xff) + "/" +
         std::to_string(detail & 0xff);
}

}  // namespace

void Disk::set_state(Path& path, PathState state, const std::string& why) {
  const PathState before = path.state;
  const bool was_in_use = path.in_use();
  if (!why.empty()) {
    path.last_error = why;
  } else if (state == PathState::up) {
    path.last_error.clear();
  }
  path.state = state;
  path.settled_first |= path.is_well() || state == PathState::down || state == PathState::refused;
  if (path.in_use() != was_in_use) {
    heed_write_protection();
  }
  if (before != state && observer_ != nullptr) {
    observer_->on_path_state(path.number, before, state, why);
  }
}

// The DSM's own commands go down the control thread's sessions.
PathLink* Disk::link_of_path(dsm::PathId id) {
  return !lanes_.empty() && find_path(id - 1) != nullptr ? &lanes_.front()->link(id - 1) : nullptr;
}

const dsm::Nexus* Disk::nexus_of(const dsm::Lun* lun, const Path& path) const {
  for (unsigned slot = 0; lun != nullptr && slot < dsm::kMaxPathsPerLun; ++slot) {
    const dsm::Nexus* nexus = lun->nexus_at(slot);
    if (nexus != nullptr && nexus->id == path.nexus) {
      return nexus;
    }
  }
  return nullptr;
}

// --- login and loss
// ---------------------------------------------------------------------------------

void Disk::on_link_up(unsigned lane, unsigned number) {
  on_path(lane, number, [this](Path& path) {
    if (path.state == PathState::connecting) {
      set_state(path, PathState::verifying, "");
    }
  });
}

void Disk::on_link_down(unsigned lane, unsigned number, std::string why) {
  on_path(lane, number,
          [this, lane, why = std::move(why)](Path& path) { link_lost(path, lane, why); });
}

void Disk::on_login_failed(unsigned lane, unsigned number, std::string why) {
  on_path(lane, number, [this, why = std::move(why)](Path& path) { login_failed(path, why); });
}

void Disk::on_suspect(unsigned lane, unsigned number, bool suspect) {
  on_path(lane, number, [this, lane, suspect](Path& path) { suspected(path, lane, suspect); });
}

void Disk::on_probed(unsigned lane, unsigned number, uint64_t login, std::string error,
                     ProbeResult result) {
  on_path(lane, number,
          [this, lane, login, error = std::move(error), result = std::move(result)](Path& path) {
            probed(path, lane, login, error, result);
          });
}

// The lane has told the DSM already.
void Disk::link_lost(Path& path, unsigned lane, const std::string& why) {
  path.examined_lanes &= ~(uint64_t{1} << lane);
  path.suspect_lanes &= ~(uint64_t{1} << lane);
  path.examined = false;
  path.rechecking = false;
  path.doubted = false;
  path.verifying = 0;
  control_.cancel(path.stability);
  const bool was_up = path.in_use();
  if (was_up) {
    ++path.failovers;
    const uint64_t lasted = control_.now_ns() - path.up_since_ns;
    path.flaps = lasted < config_.flap_window_ms * kNsPerMs ? path.flaps + 1 : 0;
    if (lane != 0) {
      // The path may have been activated while this news was on its way.
      shared_.dsm.path_failed(0, path.id());
    }
  }
  if (path.state != PathState::refused && !path.leaving()) {
    set_state(path, PathState::down, why);
  }
  use_what_is_stable_soon();
  check_started();
}

// What waits for a path to be stable may have no other now.
void Disk::use_what_is_stable_soon() {
  if (some_path_serves()) {
    return;
  }
  for (const auto& path : paths_) {
    if (path->state == PathState::stabilising) {
      activate(*path);
    }
  }
}

void Disk::login_failed(Path& path, const std::string& why) {
  if (path.leaving()) {
    return;
  }
  if (path.last_error != why && phase_ != Phase::leaving) {
    note(why);
  }
  set_state(path, path.state == PathState::refused ? PathState::refused : PathState::down, why);
  check_started();
}

void Disk::suspected(Path& path, unsigned lane, bool suspect) {
  const uint64_t before = path.suspect_lanes;
  const uint64_t bit = uint64_t{1} << lane;
  path.suspect_lanes = suspect ? before | bit : before & ~bit;
  if ((before != 0) == (path.suspect_lanes != 0)) {
    return;
  }
  if (path.joined) {
    shared_.dsm.path_event(suspect ? dsm::EventKind::path_suspect : dsm::EventKind::path_verified,
                           path.id());
  }
  if (suspect && path.state == PathState::up) {
    set_state(path, PathState::suspect, "nothing heard for a while");
  } else if (!suspect && path.state == PathState::suspect) {
    set_state(path, PathState::up, "");
  }
}

// --- verification and use

// TEST UNIT READY and, with ALUA, the access states, down this very path.
void Disk::verify(Path& path) {
  if (path.state != PathState::down || !path.was_up) {
    set_state(path, PathState::verifying, "");
  }
  path.verifying = shared_.dsm.start({.kind = dsm::OperationKind::verify_path,
                                      .nexus = path.nexus,
                                      .deadline = control_.now_ns() + kVerifyDeadlineNs});
}

void Disk::on_operation_done(const dsm::OperationResult& result) {
  if (result.kind == dsm::OperationKind::set_policy) {
    settings_done(result.status);
    return;
  }
  if (result.kind == dsm::OperationKind::reserve_out) {
    on_reserved(result);
    return;
  }
  for (const auto& path : paths_) {
    if (path->verifying == result.id && result.id != 0) {
      path->verifying = 0;
      on_verified(*path, result.status);
      return;
    }
  }
}

// The path may have been lost while the last answer was on its way.
void Disk::on_verified(Path& path, const base::Status& status) {
  if (path.examined_lanes != all_lanes() || path.leaving()) {
    return;
  }
  // Unreadable access states need not keep a path from carrying I/O: TEST UNIT READY went well.
  if (!status.ok() && status.code() != base::Code::refused) {
    lanes_.front()->fail_path_soon(path.number, std::string(status.message()));
    return;
  }
  on_each_lane([number = path.number](DiskLane& lane) { lane.reset_backoff(number); });
  const bool was_well = std::exchange(path.doubted, false);
  if (is_failed(path)) {
    disable(path);
    check_started();
    return;
  }
  uint64_t hold = path.was_up && !was_well && some_path_serves() ? stability_ns(path) : 0;
  if (comes_too_early(path)) {
    hold = kEarlyHoldNs;
  }
  if (hold == 0) {
    activate(path);
    return;
  }
  set_state(path, PathState::stabilising, "");
  control_.arm_after(path.stability, hold);
  check_started();
}

// While the disk starts, a path that is not active/optimized waits until the others have shown what
// they are: activated alone it would make the array change sides for nothing.
bool Disk::comes_too_early(const Path& path) const {
  const dsm::Lun* lun = shared_.dsm.lun();
  if (phase_ != Phase::starting || lun == nullptr || some_path_serves()) {
    return false;
  }
  const auto lock = shared_.dsm.hold();
  const dsm::Nexus* nexus = nexus_of(lun, path);
  scsi::AccessState access{};
  if (lun->support == dsm::AluaSupport::none || nexus == nullptr ||
      !lun->access_of(*nexus, access) || access == scsi::AccessState::active_optimized) {
    return false;
  }
  return std::any_of(paths_.begin(), paths_.end(), [&path](const auto& other) {
    return other.get() != &path && !other->settled_first &&
           (other->state == PathState::connecting || other->state == PathState::verifying);
  });
}

void Disk::release_early_paths() {
  for (const auto& path : paths_) {
    if (path->state == PathState::stabilising && !comes_too_early(*path)) {
      activate(*path);
    }
  }
}

uint64_t Disk::stability_ns(const Path& path) const {
  uint64_t hold_ms = config_.stability_ms;
  for (unsigned i = 1; i < path.flaps && hold_ms < config_.flap_hold_max_ms; ++i) {
    hold_ms *= 2;
  }
  return std::min<uint64_t>(hold_ms, std::max(config_.flap_hold_max_ms, config_.stability_ms)) *
         kNsPerMs;
}

void Disk::activate(Path& path) {
  control_.cancel(path.stability);
  path.was_up = true;
  path.up_since_ns = control_.now_ns();
  set_state(path, PathState::up, "");
  shared_.dsm.nexus_event(dsm::EventKind::nexus_activated, path.nexus);
  check_started();
  pump_all();
}

// --- news from the DSM
// --------------------------------------------------------------------------------

void Disk::on_plan_changed() {
  shared_.watch_service(control_.now_ns());
  pump_all();
  if (phase_ == Phase::starting) {
    control_.defer(grace_timer_);
  }
}

void Disk::on_report(const dsm::Action& action) {
  const dsm::Report& report = action.report;
  switch (report.what) {
    case dsm::ReportWhat::access:
      note("target port group " + std::to_string(report.group) + ": " +
           std::string(scsi::name_of(static_cast<scsi::AccessState>(report.new_value))));
      break;
    case dsm::ReportWhat::stpg_failed:
    case dsm::ReportWhat::rtpg_failed:
    case dsm::ReportWhat::start_failed:
      note(std::string(dsm::name_of(report.what)) + ": status " + std::to_string(report.new_value) +
           ", sense " + sense_text(report.detail));
      break;
    case dsm::ReportWhat::rtpg_defect:
      note("an answer to REPORT TARGET PORT GROUPS is not believed: " +
           std::string(scsi::name_of(static_cast<scsi::GroupsDefect>(report.new_value))) +
           "; what was known before stays");
      break;
    case dsm::ReportWhat::group_missing:
      note(
          "target port group " + std::to_string(report.group) +
          " is not in the answer to REPORT TARGET PORT GROUPS, but has a path: its access state is "
          "unknown, the path is the last choice");
      break;
    case dsm::ReportWhat::gave_up:
      note("the access states do not settle: gave up waiting for them");
      break;
    case dsm::ReportWhat::registration_lost:
      note(
          "the reservation key of this host is no longer registered: another host has removed it, "
          "or "
          "the array did not keep it; register again if this host may still use the LUN");
      break;
    case dsm::ReportWhat::registration_failed:
      for (const auto& path : paths_) {
        if (path->nexus == action.nexus) {
          note("path " + path->name + " could not be registered with the reservation key (status " +
               std::to_string(report.new_value) + ", sense " + sense_text(report.detail) +
               "): it carries no I/O until it is");
        }
      }
      break;
    case dsm::ReportWhat::reservation:
      note(std::string("this host holds ") +
           (report.new_value == 0
                ? "no persistent reservation any more"
                : std::string("a persistent reservation: ") +
                      scsi::name_of(static_cast<scsi::ReservationType>(report.new_value))));
      break;
    default:
      break;
  }
}

}  // namespace mpio
