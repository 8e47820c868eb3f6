// Shrinking: first whole stretches of the fault plan, then single faults, then requests. A step
// counts only if the same invariant breaks, otherwise one would end up with another bug than one
// started from.
#include <algorithm>

#include "sim/runner.h"

namespace sim {
namespace {

constexpr unsigned kMaxAttempts = 120;

class Shrinker {
 public:
  Shrinker(const SeedOptions& failing, const Outcome& outcome) : best_(failing), wanted_(outcome) {}

  SeedOptions run() {
    if (!best_.only_faults) {
      const uint32_t count = run_seed({.seed = best_.seed, .requests = 1}).fault_count;
      best_.only_faults.emplace();
      for (uint32_t i = 0; i < count; ++i) {
        best_.only_faults->push_back(i);
      }
    }
    for (size_t size = std::max<size_t>(1, best_.only_faults->size() / 2);; size /= 2) {
      leave_out(size);
      if (size <= 1) {
        break;
      }
    }
    for (const uint32_t requests : {10U, 20U, 40U, 80U, 160U}) {
      SeedOptions smaller = best_;
      smaller.requests = requests;
      if ((best_.requests == 0 || requests < best_.requests) && still_fails(smaller)) {
        best_ = smaller;
        break;
      }
    }
    return best_;
  }

 private:
  void leave_out(size_t size) {
    for (size_t at = 0; at < best_.only_faults->size();) {
      std::vector<uint32_t> faults = *best_.only_faults;
      const size_t end = std::min(at + size, faults.size());
      faults.erase(faults.begin() + static_cast<ptrdiff_t>(at),
                   faults.begin() + static_cast<ptrdiff_t>(end));
      SeedOptions fewer = best_;
      fewer.only_faults = std::move(faults);
      if (still_fails(fewer)) {
        best_ = fewer;
      } else {
        at = end;
      }
    }
  }
  bool still_fails(const SeedOptions& options) {
    if (++attempts_ > kMaxAttempts) {
      return false;
    }
    const Outcome outcome = run_isolated(options);
    return outcome.failed && outcome.assertion == wanted_.assertion &&
           (wanted_.assertion || outcome.invariant == wanted_.invariant);
  }

  SeedOptions best_;
  Outcome wanted_;
  unsigned attempts_ = 0;
};

}  // namespace

SeedOptions shrink(const SeedOptions& failing, const Outcome& outcome) {
  return Shrinker(failing, outcome).run();
}

}  // namespace sim
