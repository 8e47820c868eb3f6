// The disk's paths: who is there, may he carry I/O, when has he been well for long enough.
#include <algorithm>

#include "base/assert.h"
#include "base/bits.h"
#include "mpio/disk.h"

namespace mpio {
namespace {

constexpr uint64_t kNsPerMs = 1'000'000;
constexpr uint64_t kVerifyDeadlineNs = 15'000 * kNsPerMs;
constexpr uint32_t kClientTransferBytes = 32u << 20;
constexpr uint64_t kEarlyHoldNs = 1'000 * kNsPerMs;

}  // namespace

std::string text_of(const dsm::Identity& identity) {
  constexpr uint8_t kBinary = 1;
  std::string text;
  for (const uint8_t byte : identity.span()) {
    if (identity.code_set == kBinary) {
      constexpr const char* kDigits = "0123456789abcdef";
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    } else {
      text += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '?';
    }
  }
  return text;
}

void Disk::set_state(Path& path, PathState state, const std::string& why) {
  const PathState before = path.state;
  const bool was_in_use = path.in_use();
  if (!why.empty()) {
    path.last_error = why;
  } else if (state == PathState::up) {
    path.last_error.clear();
  }
  path.settled_first |=
      state == PathState::up || state == PathState::down || state == PathState::refused;
  path.state = state;
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
  // What waited for this path to be stable may have no other now.
  if (!some_path_serves()) {
    for (const auto& other : paths_) {
      if (other->state == PathState::stabilising) {
        activate(*other);
      }
    }
  }
  check_started();
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

// --- examination
// --------------------------------------------------------------------------------------

std::string Disk::check_identity(const Path& path, const ProbeResult& found) const {
  const std::string& name = path.name;
  if (!found.claim.claimed()) {
    return name + ": " + std::string(dsm::explain(found.claim.refusal)) +
           "; this disk cannot be told from others, so it is not used";
  }
  if (!has_identity_) {
    return {};
  }
  if (!(found.claim.identity == identity_)) {
    return name + ": leads to another disk: its identity is " + text_of(found.claim.identity) +
           ", this disk's is " + text_of(identity_) + " (first seen on " + identity_from_ +
           "); check target name and LUN of the path";
  }
  if (!found.has_geometry || geometry_.size_bytes == 0) {
    return {};
  }
  if (found.geometry.logical_block_bytes != geometry_.logical_block_bytes) {
    return name + ": the same identity, but blocks of " +
           std::to_string(found.geometry.logical_block_bytes) + " instead of " +
           std::to_string(geometry_.logical_block_bytes) + " bytes; the path is not used";
  }
  if (found.geometry.size_bytes < geometry_.size_bytes) {
    return name + ": the same identity, but only " + std::to_string(found.geometry.size_bytes) +
           " of " + std::to_string(geometry_.size_bytes) +
           " bytes; the path is not used. Where the LUN was made smaller on purpose, start the "
           "disk "
           "anew";
  }
  return {};
}

// A name that stands for several portals, or one that redirects, may lead each lane elsewhere.
std::string Disk::check_other_sessions(const Path& path, const ProbeResult& found) {
  if (path.examined_lanes == 0 || found.claim.identity == path.found.claim.identity) {
    return {};
  }
  return path.name + ": its sessions lead to different disks, of the identities " +
         text_of(path.found.claim.identity) + " and " + text_of(found.claim.identity) +
         "; give a portal that always leads to the same one";
}

// A host name and an address, or two portals that redirect to a third, may turn out to be one path.
std::string Disk::check_endpoint(const Path& path) const {
  const std::string& end = path.found.endpoint;
  for (const auto& other : paths_) {
    if (other.get() != &path && other->joined && other->state != PathState::refused &&
        !end.empty() && other->found.endpoint == end) {
      return path.name + ": leads to the same portal as " + other->name + " (both end at " + end +
             "); two paths through one portal are one path, so give another portal or leave it "
             "out";
    }
  }
  return {};
}

// The first good path says what this disk is.
void Disk::adopt(const ProbeResult& found, const Path& path) {
  if (!has_identity_) {
    has_identity_ = true;
    identity_ = found.claim.identity;
    identity_from_ = path.name;
    device_ = found;
    if (found.claim.identity_is_local) {
      note(identity_from_ +
           ": the disk has no globally unique name (NAA 3); other arrays may use the same one");
    }
  }
  if (geometry_.size_bytes != 0 || !found.has_geometry) {
    return;
  }
  geometry_ = found.geometry;
  limits_.block_bytes = geometry_.logical_block_bytes;
  limits_.transfer_blocks = geometry_.max_transfer_bytes / geometry_.logical_block_bytes;
  // What the target cannot take at once is split by the lanes, so clients need not know.
  geometry_.max_transfer_bytes = kClientTransferBytes;
  limits_.unmap_blocks =
      found.can_unmap ? (found.max_unmap_blocks != 0 ? found.max_unmap_blocks : 65'535) : 0;
  limits_.write_same_blocks = found.max_write_same_blocks;
  limits_.write_same_unmap = found.can_write_same_unmap;
  tell_geometry();
}

void Disk::probed(Path& path, unsigned lane, uint64_t login, const std::string& error,
                  ProbeResult result) {
  path.rechecking &= lane != 0;
  if (path.leaving()) {
    return;
  }
  if (!error.empty()) {
    refuse(path, error);
    return;
  }
  std::string problem = check_identity(path, result);
  if (problem.empty()) {
    problem = check_other_sessions(path, result);
  }
  if (!problem.empty()) {
    refuse(path, problem);
    return;
  }
  if (has_identity_) {
    settle(path, lane, login);
  }
  path.found = std::move(result);
  if (path.in_use()) {
    rechecked(path);
    return;
  }
  path.examined_lanes |= uint64_t{1} << lane;
  if (path.examined_lanes == all_lanes()) {
    path.examined = true;
    admit_examined_paths();
  }
}

// It is the same disk behind the same port, and it has ended the old session's tasks before it let
// us in again. (Somebody else at that address would prove nothing.)
void Disk::settle(const Path& path, unsigned lane, uint64_t login) {
  if (!shared_.unsettled.empty()) {
    shared_.unsettled.settle({path.number, lane}, login);
    pump_all();
  }
}

// A standby port does not tell the size of the disk; once a path serves, it does.
void Disk::read_missing_geometry() {
  const dsm::Lun* lun = shared_.dsm.lun();
  const uint32_t candidates = lun == nullptr ? 0 : lun->candidates();
  if (candidates != 0) {
    lanes_.front()->examine(lun->nexus_at(base::lowest_bit(candidates))->path->id - 1);
  }
}

// Which disk this is, is not left to the race of the logins: the first path of the list decides,
// unless it does not answer in time.
bool Disk::identity_is_open(const Path& path) {
  if (has_identity_ || phase_ != Phase::starting) {
    return false;
  }
  const auto self = std::find_if(paths_.begin(), paths_.end(),
                                 [&path](const auto& each) { return each.get() == &path; });
  const bool earlier_may_answer = std::any_of(paths_.begin(), self, [](const auto& earlier) {
    return !earlier->settled_first && !earlier->examined;
  });
  const uint64_t now = control_.now_ns();
  if (!earlier_may_answer || (identity_wait_until_ns_ != 0 && now >= identity_wait_until_ns_)) {
    return false;
  }
  if (identity_wait_until_ns_ == 0) {
    identity_wait_until_ns_ = now + kEarlyHoldNs;
    control_.arm(grace_timer_, identity_wait_until_ns_);
  }
  return true;
}

void Disk::admit_examined_paths() {
  for (const auto& path : paths_) {
    if (path->examined && !identity_is_open(*path)) {
      path->examined = false;
      admit(*path);
    }
  }
}

void Disk::admit(Path& path) {
  const ProbeResult& found = path.found;
  std::string problem = check_identity(path, found);
  if (problem.empty()) {
    problem = check_endpoint(path);
  }
  if (!problem.empty()) {
    refuse(path, problem);
    return;
  }
  adopt(found, path);
  // A port that has moved to another group is a new nexus.
  const bool moved =
      path.joined && (path.claim.target_port_group != found.claim.target_port_group ||
                      path.claim.relative_target_port != found.claim.relative_target_port ||
                      path.claim.support != found.claim.support);
  if (moved) {
    shared_.dsm.nexus_event(dsm::EventKind::nexus_removed, path.nexus);
    path.joined = false;
  }
  path.claim = found.claim;
  if (path.joined || join(path)) {
    verify(path);
  }
}

bool Disk::join(Path& path) {
  // A number of its own each time: the DSM may not have let go of the last one yet.
  path.nexus = ++last_nexus_;
  const std::string refusal = shared_.dsm.join(path.id(), path.nexus, path.claim, path.name);
  if (!refusal.empty()) {
    refuse(path, path.name + ": " + refusal);
    return false;
  }
  path.joined = true;
  if (path.number < config_.weights.size()) {
    shared_.dsm.on(dsm::event::of_nexus(dsm::EventKind::set_weight, control_.now_ns(), path.nexus,
                                        config_.weights[path.number]));
  }
  if (path.number == config_.preferred_path) {
    shared_.dsm.on(dsm::event::set_preferred(control_.now_ns(), shared_.dsm.lun()->id, path.nexus));
  }
  return true;
}

void Disk::refuse(Path& path, const std::string& why) {
  if (path.last_error != why) {
    note(why);
  }
  set_state(path, PathState::refused, why);
  path.examined_lanes = 0;
  on_each_lane([number = path.number, why](DiskLane& lane) { lane.refuse_path(number, why); });
  check_started();
}

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
    if (auto done = std::exchange(policy_done_, nullptr)) {
      done(result.status.ok() ? "" : result.status.message());
    }
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
      note(std::string(dsm::name_of(report.what)) + ": status " + std::to_string(report.new_value) +
           ", sense " + std::to_string(report.detail >> 16) + "/" +
           std::to_string(report.detail >> 8 & 0xff) + "/" + std::to_string(report.detail & 0xff));
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
    default:
      break;
  }
}

}  // namespace mpio
