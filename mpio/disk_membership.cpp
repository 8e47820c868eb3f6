// Paths that come and go while the disk runs.
//
// A path leaves in steps, each when the one before is over in every lane: the DSM lets no new
// command go there, and the old ones end (leaving); the sessions log out (left); the lanes let go
// of the transports (forgotten). A path that is down has nothing to wait for.
#include <algorithm>

#include "base/assert.h"
#include "mpio/disk.h"

namespace mpio {

// Not one whose lost writes are still unsettled: a login to the new path's port would settle them.
bool Disk::is_free(unsigned number) const {
  return find_path(number) == nullptr && !shared_.dsm.knows_path(path_id(number)) &&
         !shared_.unsettled.any_of_path(number);
}

unsigned Disk::free_number() const {
  unsigned number = 0;
  while (number < kMaxPaths && !is_free(number)) {
    ++number;
  }
  return number < kMaxPaths ? number : kNoPath;
}

unsigned Disk::add_path(const std::vector<Transport*>& transports, const PathPorts& ports,
                        unsigned number) {
  BASE_ASSERT(transports.size() == lanes_.size());
  const bool open = phase_ == Phase::starting || phase_ == Phase::running;
  if (number == kNoPath) {
    number = free_number();
  }
  if (!open || number == kNoPath || !is_free(number)) {
    return kNoPath;
  }
  paths_.push_back(std::make_unique<Path>(number, transports.front()->name(), ports, *this));
  on_each_lane([this, number, transports](DiskLane& lane) {
    lane.add_path(number, *transports[lane.number()]);
    on_path(lane.number(), number,
            [bit = uint64_t{1} << lane.number()](Path& path) { path.known_lanes |= bit; });
  });
  return number;
}

void Disk::remove_path(unsigned number, std::function<void()> removed) {
  Path* path = find_path(number);
  BASE_ASSERT(path != nullptr && !path->leaving());
  path->removed = std::move(removed);
  control_.cancel(path->stability);
  control_.cancel(path->hold);
  path->verifying = 0;
  path->examined = false;
  set_state(*path, PathState::leaving, "");
  if (path->joined) {
    shared_.dsm.nexus_event(dsm::EventKind::nexus_removing, path->nexus);
  } else {
    leave(*path);
  }
  check_started();
}

// From the loop: what ended the last command may be that the session broke, and its transport is
// still telling so; and a command of the DSM's own that is cut off must not come back from inside
// an action.
void Disk::on_nexus_drained(dsm::PathId id) {
  control_.post([this, alive = std::weak_ptr(alive_), number = id - 1] {
    Path* path = alive.lock() != nullptr ? find_path(number) : nullptr;
    if (path != nullptr && path->leaving() && path->lanes_left == 0) {
      leave(*path);
    }
  });
}

void Disk::leave(Path& path) {
  on_each_lane([number = path.number](DiskLane& lane) { lane.leave_path(number); });
}

void Disk::on_path_left(unsigned lane, unsigned number) {
  on_path(lane, number, [this](Path& path) {
    if (!on_last_lane(path.lanes_left)) {
      return;
    }
    if (path.joined) {
      path.joined = false;
      shared_.dsm.nexus_event(dsm::EventKind::nexus_removed, path.nexus);
      shared_.dsm.path_event(dsm::EventKind::path_removed, path.id());
    }
    // Not from inside the session's own call.
    control_.post([this, alive = std::weak_ptr(alive_), number = path.number] {
      Path* left = alive.lock() != nullptr ? find_path(number) : nullptr;
      if (left != nullptr) {
        left->known_lanes = 0;
        on_each_lane([number](DiskLane& each) { each.forget_path(number); });
      }
    });
  });
}

void Disk::on_path_forgotten(unsigned lane, unsigned number) {
  on_path(lane, number, [this](Path& path) {
    if (!on_last_lane(path.lanes_forgot)) {
      return;
    }
    const std::function<void()> removed = std::move(path.removed);
    std::erase_if(paths_, [&path](const auto& each) { return each.get() == &path; });
    removed();
  });
}

}  // namespace mpio
