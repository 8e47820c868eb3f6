// What the people and programs around a disk do in one seed, and when: an administrator changes
// settings and takes paths out of use, cables are moved, cluster software registers and reserves on
// one host and on another. A list drawn once, before the run and from streams of its own, so that a
// failing seed can be shrunk by leaving entries out, as with its faults (fault_plan.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sim {

enum class DeedKind : uint8_t {
  // The administrator of the first host. What `value` chooses depends on the kind.
  set_policy,    // value: level, policy, and which path is preferred
  clear_policy,  // value: level
  set_weight,
  set_desire,
  fail_path,  // out of use, but logged in
  reinstate_path,
  // Cables.
  remove_path,
  add_path,
  // Cluster software. `on` is the host. Each uses what it has been told: its key, the other's.
  register_key,
  unregister,
  reserve,  // value: type
  release,
  preempt,  // value: type; the other host's key
  preempt_and_abort,
  clear,
  guarded_writes,  // value: how many, where the reservation is what keeps others off
};
inline constexpr unsigned kDeedKinds = 16;
const char* name_of(DeedKind kind);

struct Deed {
  DeedKind kind = DeedKind::set_policy;
  uint32_t on = 0;  // path or host, by kind
  uint64_t at_ns = 0;
  uint32_t value = 0;
};
std::string text_of(const Deed& deed);

// Who else is at the array.
enum class Neighbour : uint8_t {
  none,
  disk,       // a host with a multipath disk of its own
  initiator,  // a host with one session per port and no multipath software at all
};

// Which of these a world has; most have one or two, a quarter none.
struct Features {
  bool settings = false;
  bool membership = false;
  bool reservations = false;
  Neighbour neighbour = Neighbour::none;  // only with reservations
  bool persists = false;                  // registrations are made with APTPL
  bool fresh_keys = false;                // each registration has a key that was never used before

  bool any() const { return settings || membership || reservations; }
};
Features draw_features(uint64_t seed);

// The last blocks, for guarded_writes.
inline constexpr uint64_t kGuardedBlocks = 16;

struct DeedLimits {
  Features features;
  uint32_t paths = 4;
  uint64_t span_ns = 0;  // deeds are done within it
};
// By time.
std::vector<Deed> draw_deeds(uint64_t seed, const DeedLimits& limits);

}  // namespace sim
