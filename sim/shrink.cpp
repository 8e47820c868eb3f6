// Shrinking: first whole stretches of the deeds and of the fault plan, then single ones, then
// requests. A step counts only if the same invariant breaks, otherwise one would end up with
// another bug than one started from.
#include <algorithm>

#include "sim/runner.h"

namespace sim {
namespace {

constexpr unsigned kMaxAttempts = 240;

class Shrinker {
 public:
  Shrinker(const SeedOptions& failing, const Outcome& outcome, const SeedRunner& run)
      : best_(failing), wanted_(outcome), run_(run) {}

  SeedOptions run() {
    const SeedResult drawn = run_({.seed = best_.seed, .requests = 1});
    list_all(drawn.fault_count, best_.only_faults);
    list_all(drawn.deed_count, best_.only_deeds);
    reduce(&SeedOptions::only_deeds);
    reduce(&SeedOptions::only_faults);
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
  using Indices = std::optional<std::vector<uint32_t>>;

  static void list_all(uint32_t count, Indices& indices) {
    if (!indices) {
      indices.emplace();
      for (uint32_t i = 0; i < count; ++i) {
        indices->push_back(i);
      }
    }
  }
  void reduce(Indices SeedOptions::*which) {
    for (size_t size = std::max<size_t>(1, (best_.*which)->size() / 2);; size /= 2) {
      leave_out(which, size);
      if (size <= 1) {
        break;
      }
    }
  }
  void leave_out(Indices SeedOptions::*which, size_t size) {
    for (size_t at = 0; at < (best_.*which)->size();) {
      std::vector<uint32_t> entries = *(best_.*which);
      const size_t end = std::min(at + size, entries.size());
      entries.erase(entries.begin() + static_cast<ptrdiff_t>(at),
                    entries.begin() + static_cast<ptrdiff_t>(end));
      SeedOptions fewer = best_;
      fewer.*which = std::move(entries);
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
    const Outcome outcome = run_isolated(options, run_);
    return outcome.failed && outcome.assertion == wanted_.assertion &&
           (wanted_.assertion || outcome.invariant == wanted_.invariant);
  }

  SeedOptions best_;
  Outcome wanted_;
  const SeedRunner& run_;
  unsigned attempts_ = 0;
};

}  // namespace

SeedOptions shrink(const SeedOptions& failing, const Outcome& outcome, const SeedRunner& run) {
  return Shrinker(failing, outcome, run).run();
}

}  // namespace sim
