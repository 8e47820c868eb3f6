// Paths that work, but badly: the DSM counts the errors, the engine says for how long others are
// preferred.
#include "base/units.h"
#include "windows/driver/engine.h"
#include "windows/driver/vendor.h"

namespace driver {
namespace {

constexpr dsm::TimeNs kHoldNs = vendor::kPathErrorHoldMs * base::kNsPerMs;

}  // namespace

// The path may be gone by now.
void Engine::mistrust(dsm::PathId id) {
  const SpinGuard guard(lock_);
  for (PathHost* path = paths_; path != nullptr; path = path->next) {
    if (path->id == id) {
      queue(guard.here(), path->mistrusted);
    }
  }
}

// Commands that fail meanwhile make it longer.
void Engine::begin_mistrust(UnderLock held, const Signal& signal) {
  for (PathHost* path = paths_; path != nullptr; path = path->next) {
    if (&path->mistrusted == &signal) {
      path->trusted_at = now_ns() + kHoldNs;
      set_timer(held);
      feed_made(held, [path] {
        return dsm::event::of_path(dsm::EventKind::path_marginal, now_ns(), path->id);
      });
      return;
    }
  }
}

// The path that is like the others from now on; 0: none.
dsm::PathId Engine::end_mistrust(UnderLock, dsm::TimeNs now) {
  for (PathHost* path = paths_; path != nullptr; path = path->next) {
    if (path->trusted_at != 0 && path->trusted_at <= now) {
      path->trusted_at = 0;
      return path->id;
    }
  }
  return 0;
}

}  // namespace driver
