// Doubts about a path in use: is the LUN of another size, write-protected, or another one
// altogether? What raises them stands in attention.h; besides, every path is looked at again now
// and then.
#include <algorithm>

#include "mpio/disk.h"

#include "base/units.h"

namespace mpio {
namespace {

using base::kNsPerMs;
constexpr uint64_t kRefusedWritePauseNs = 1'000 * kNsPerMs;

}  // namespace

void Disk::on_attention(unsigned lane, unsigned number, Attention attention) {
  on_path(lane, number, [this, attention](Path& path) { attend(path, attention); });
}

void Disk::on_attention(dsm::PathId id, Attention attention) {
  if (Path* path = find_path(id - 1)) {
    attend(*path, attention);
  }
}

// One path says it of the logical unit, so it is asked of every path.
void Disk::attend(Path& path, Attention attention) {
  if (attention == Attention::write_refused) {
    // A target may refuse writes and not show it: it is not looked at for each of them.
    const uint64_t now = control_.now_ns();
    if (geometry_.read_only || now < heed_refused_writes_from_ns_) {
      return;
    }
    heed_refused_writes_from_ns_ = now + kRefusedWritePauseNs;
  }
  if (attention != Attention::identity) {
    recheck_all();
    return;
  }
  if (path.in_use()) {
    note(path.name +
         ": the array says that this may be another logical unit by now; looking again on all "
         "paths");
  }
  for (const auto& each : paths_) {
    doubt(*each);
  }
}

// It may lead to another disk by now: not one more command before that is known. A path that is not
// in use is being examined anyway, or will be.
void Disk::doubt(Path& path) {
  if (path.examined_lanes != all_lanes() || path.leaving()) {
    return;
  }
  shared_.dsm.path_failed(0, path.id());
  path.doubted |= path.in_use();
  path.examined_lanes = 0;
  path.examined = false;
  path.verifying = 0;
  control_.cancel(path.stability);
  set_state(path, PathState::verifying, "");
  on_each_lane([number = path.number](DiskLane& lane) { lane.examine(number); });
}

void Disk::recheck(Path& path) {
  path.recheck_again = path.rechecking;
  if (path.is_well() && !path.rechecking) {
    path.rechecking = true;
    lanes_.front()->examine(path.number);
  }
}

void Disk::recheck_all() {
  for (const auto& path : paths_) {
    recheck(*path);
  }
}

void Disk::on_recheck_time() {
  recheck_all();
  lanes_.front()->expire_unsettled(control_.now_ns());
  control_.arm_after(recheck_timer_, config_.recheck_ms * kNsPerMs);
}

// Still the same disk; perhaps of another size, perhaps write-protected.
void Disk::rechecked(Path& path) {
  adopt(path.found, path);
  grow_if_all_paths_show_it();
  heed_write_protection();
  if (path.recheck_again) {
    recheck(path);
  }
  check_started();
}

// Clients that come from now on see the new size; what every path shows, every path can serve.
void Disk::grow_if_all_paths_show_it() {
  uint64_t size_bytes = UINT64_MAX;
  for (const auto& path : paths_) {
    if (path->in_use() && path->found.has_geometry) {
      size_bytes = std::min(size_bytes, path->found.geometry.size_bytes);
    }
  }
  if (geometry_.size_bytes == 0 || size_bytes == UINT64_MAX || size_bytes <= geometry_.size_bytes) {
    return;
  }
  note("the disk has grown from " + std::to_string(geometry_.size_bytes) + " to " +
       std::to_string(size_bytes) + " bytes; clients that connect from now on see it");
  geometry_.size_bytes = size_bytes;
  tell_geometry();
}

// One path in use that says so is enough: whether a write succeeds must not depend on which path it
// takes. Where no path says anything, what was so stays.
void Disk::heed_write_protection() {
  const Path* protecting = nullptr;
  bool known = false;
  for (const auto& path : paths_) {
    if (path->in_use() && path->found.write_protected) {
      known = true;
      protecting = *path->found.write_protected ? path.get() : protecting;
    }
  }
  const bool read_only = protecting != nullptr;
  if (!known || geometry_.size_bytes == 0 || geometry_.read_only == read_only) {
    return;
  }
  geometry_.read_only = read_only;
  note(read_only
           ? protecting->name + ": the array says that the disk is write-protected; it is read-only"
           : "the disk is not write-protected any more; clients that connect from now on can "
             "write");
  tell_geometry();
}

void Disk::tell_geometry() {
  on_each_lane([geometry = geometry_, limits = limits_](DiskLane& lane) {
    lane.set_geometry(geometry, limits);
  });
}

}  // namespace mpio
