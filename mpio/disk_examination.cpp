// Who is behind a path: is it the disk's LUN, down every session, by a port of its own? The first
// path decides what the disk is.
#include <algorithm>

#include "base/bits.h"
#include "mpio/disk.h"
#include "mpio/hex.h"

namespace mpio {
namespace {

constexpr uint32_t kClientTransferBytes = 32u << 20;

// "A", "B" and 3 more.
std::string device_list(const std::vector<std::string>& devices) {
  constexpr size_t kShown = 4;
  std::string text;
  for (size_t i = 0; i < std::min(devices.size(), kShown); ++i) {
    text += (i == 0 ? "\"" : ", \"") + devices[i] + "\"";
  }
  return devices.size() <= kShown
             ? text
             : text + " and " + std::to_string(devices.size() - kShown) + " more";
}

}  // namespace

std::string text_of(const dsm::Identity& identity) {
  constexpr uint8_t kBinary = 1;
  if (identity.code_set == kBinary) {
    return hex(identity.span());
  }
  std::string text;
  for (const uint8_t byte : identity.span()) {
    text += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '?';
  }
  return text;
}

std::string Disk::check_identity(const Path& path, const ProbeResult& found) const {
  const std::string& name = path.name;
  if (found.claim.refusal == dsm::ClaimRefusal::not_supported) {
    return name + ": is a \"" + std::string(found.claim.model) +
           "\" (vendor 8, product 16 characters); the profile is for " +
           device_list(config_.devices) + ", so the path is not used";
  }
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
  path.examined_logins[lane] = login;
  if (has_identity_) {
    settle(path, lane, login);
  }
  path.found = std::move(result);
  if (path.is_well()) {
    // A path that is only being verified has its states and its registration read anyway.
    for (const uint16_t code : path.found.attentions) {
      shared_.dsm.attention(path.nexus, code);
    }
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
    shared_.unsettled.settle({path.number, lane, config_.member}, login);
    settled();
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
  // Those that had logged in before it was known which disk this is.
  for (const auto& [lane, login] : path.examined_logins) {
    settle(path, lane, login);
  }
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
  path.names = mpio::path_names(found.ports.initiator.empty() ? path.ports : found.ports,
                                path.claim, path.name);
  if (path.joined || join(path)) {
    verify(path);
  }
}

bool Disk::join(Path& path) {
  // A number of its own each time: the DSM may not have let go of the last one yet.
  path.nexus = ++last_nexus_;
  const std::string refusal =
      shared_.dsm.join(path.id(), path.nexus, path.claim, path.name, settings_of(path));
  if (!refusal.empty()) {
    refuse(path, path.name + ": " + refusal);
    return false;
  }
  path.joined = true;
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

}  // namespace mpio
