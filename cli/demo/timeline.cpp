// Book-keeping of the demo's timeline; see timeline.h.
#include "cli/demo/timeline.h"

#include <algorithm>
#include <utility>

namespace cli::demo {

const char* name_of(PathState state) {
  switch (state) {
    case PathState::connecting:
      return "connecting";
    case PathState::serving:
      return "serving";
    case PathState::waiting:
      return "ready, not used";
    case PathState::suspect:
      return "suspect";
    case PathState::down:
      return "down";
  }
  return "?";
}

void Timeline::grow_to(uint64_t at_ns) {
  const size_t slices = static_cast<size_t>(at_ns / kSliceNs) + 1;
  if (slices > slowest_ns.size()) {
    slowest_ns.resize(slices);
  }
  for (PathTrack& path : paths) {
    path.ios.resize(slowest_ns.size());
  }
}

void Timeline::add_ios(size_t path, uint64_t at_ns, uint32_t count) {
  grow_to(at_ns);
  paths[path].ios[at_ns / kSliceNs] += count;
}

void Timeline::change_state(size_t path, uint64_t at_ns, PathState state, std::string note) {
  auto& changes = paths[path].changes;
  if (!changes.empty() && changes.back().state == state) {
    return;
  }
  changes.push_back({at_ns, state, std::move(note)});
}

void Timeline::add_request(uint64_t begin_ns, uint64_t end_ns) {
  grow_to(end_ns);
  const uint64_t took = end_ns - begin_ns;
  uint64_t& slowest = slowest_ns[end_ns / kSliceNs];
  slowest = std::max(slowest, took);
  for (auto phase = phases.rbegin(); phase != phases.rend(); ++phase) {
    if (phase->end_ns != 0 && phase->end_ns < begin_ns) {
      break;
    }
    phase->longest_stall_ns = std::max(phase->longest_stall_ns, took);
  }
}

void Timeline::begin_phase(std::string name, bool fault, uint64_t at_ns) {
  finish(at_ns);
  phases.push_back({std::move(name), fault, at_ns, 0, 0});
}

void Timeline::finish(uint64_t at_ns) {
  grow_to(at_ns);
  if (!phases.empty() && phases.back().end_ns == 0) {
    phases.back().end_ns = at_ns;
  }
}

uint32_t Timeline::busiest_slice() const {
  uint32_t most = 0;
  for (const PathTrack& path : paths) {
    for (const uint32_t count : path.ios) {
      most = std::max(most, count);
    }
  }
  return most;
}

PathState Timeline::state_at(size_t path, uint64_t at_ns) const {
  PathState state = PathState::connecting;
  for (const StateChange& change : paths[path].changes) {
    if (change.at_ns > at_ns) {
      break;
    }
    state = change.state;
  }
  return state;
}

}  // namespace cli::demo
