// The truth about the paths, kept by the world for the judge of failures: since when has each been
// in use, and without any fault that could keep an I/O from succeeding on it?
#pragma once

#include <cstdint>
#include <vector>

namespace sim {

class PathHealth {
 public:
  explicit PathHealth(uint32_t paths)
      : healthy_since_ns_(paths, 0), sound_(paths, true), permitted_(paths, true) {}

  // No fault touches it.
  void set(uint32_t path, bool sound, uint64_t now_ns) {
    sound_[path] = sound;
    assess(path, now_ns);
  }
  // It is one of the disk's, and not taken out of use.
  void permit(uint32_t path, bool permitted, uint64_t now_ns) {
    permitted_[path] = permitted;
    assess(path, now_ns);
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
  void assess(uint32_t path, uint64_t now_ns) {
    uint64_t& since = healthy_since_ns_[path];
    if (!sound_[path] || !permitted_[path]) {
      since = UINT64_MAX;
    } else if (since == UINT64_MAX) {
      since = now_ns;
    }
  }

  std::vector<uint64_t> healthy_since_ns_;
  std::vector<bool> sound_;
  std::vector<bool> permitted_;
};

}  // namespace sim
