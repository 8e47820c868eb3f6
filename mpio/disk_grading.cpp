// Paths that work, but badly: the DSM counts the errors, the disk says for how long others are
// preferred.
#include "mpio/disk.h"

#include "base/units.h"

namespace mpio {
namespace {

using base::kNsPerMs;

}  // namespace

// Counted in a lane, heard of here: the path may be gone, or be another that has its number. That
// one would be the last choice for a while, and no more.
void Disk::on_mistrusted(dsm::PathId id) {
  Path* path = find_path(id - 1);
  if (path == nullptr || path->leaving()) {
    return;
  }
  note("path " + path->name + ": " + std::to_string(config_.dsm.path_error_limit) +
       " commands failed on it within " + std::to_string(config_.dsm.path_error_window_ms / 1'000) +
       " s and went well elsewhere or later; others are preferred for " +
       std::to_string(config_.path_error_hold_ms / 1'000) + " s");
  shared_.dsm.path_event(dsm::EventKind::path_marginal, id);
  control_.arm_after(path->hold, config_.path_error_hold_ms * kNsPerMs);
}

void Disk::trust(const Path& path) {
  note("path " + path.name + " is like the others again");
  shared_.dsm.path_event(dsm::EventKind::path_trusted, path.id());
}

}  // namespace mpio
