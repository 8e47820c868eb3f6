// The truth about the paths, kept by the world for the judge of failures: since when has each been
// without any fault that could keep an I/O from succeeding on it?
#pragma once

#include <cstdint>
#include <vector>

namespace sim {

class PathHealth {
 public:
  explicit PathHealth(uint32_t paths) : healthy_since_ns_(paths, 0) {}

  void set(uint32_t path, bool healthy, uint64_t now_ns) {
    uint64_t& since = healthy_since_ns_[path];
    if (!healthy) {
      since = UINT64_MAX;
    } else if (since == UINT64_MAX) {
      since = now_ns;
    }
  }
  // A short blow to a path that is healthy again at once.
  void shock(uint32_t path, uint64_t now_ns) {
    uint64_t& since = healthy_since_ns_[path];
    since = since == UINT64_MAX ? since : now_ns;
  }
  // UINT64_MAX: not healthy.
  uint64_t healthy_since_ns(uint32_t path) const { return healthy_since_ns_[path]; }
  // Some path has been healthy for at least `grace_ns`.
  bool any_for(uint64_t grace_ns, uint64_t now_ns) const {
    for (const uint64_t since : healthy_since_ns_) {
      if (since != UINT64_MAX && now_ns - since >= grace_ns) {
        return true;
      }
    }
    return false;
  }

 private:
  std::vector<uint64_t> healthy_since_ns_;
};

}  // namespace sim
