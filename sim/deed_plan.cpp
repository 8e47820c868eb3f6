// See deed_plan.h.
#include "sim/deed_plan.h"

#include <algorithm>
#include <cstdio>
#include <span>

#include "base/prng.h"
#include "sim/clock.h"

namespace sim {
namespace {

constexpr uint64_t kFeatureStream = 0x66656174;
constexpr uint64_t kDeedStream = 0x64656564;

// A kind and how often it is drawn among its like.
struct Weight {
  DeedKind kind;
  uint32_t weight;
};
constexpr Weight kSettings[] = {
    {DeedKind::set_policy, 4}, {DeedKind::clear_policy, 2}, {DeedKind::set_weight, 2},
    {DeedKind::set_desire, 2}, {DeedKind::fail_path, 3},    {DeedKind::reinstate_path, 2},
};
constexpr Weight kMembership[] = {{DeedKind::remove_path, 3}, {DeedKind::add_path, 2}};
constexpr Weight kReservations[] = {
    {DeedKind::register_key, 5}, {DeedKind::unregister, 2},     {DeedKind::reserve, 5},
    {DeedKind::release, 2},      {DeedKind::preempt, 3},        {DeedKind::preempt_and_abort, 2},
    {DeedKind::clear, 1},        {DeedKind::guarded_writes, 8},
};

DeedKind draw_kind(base::Prng& prng, std::span<const Weight> kinds) {
  uint64_t total = 0;
  for (const Weight& one : kinds) {
    total += one.weight;
  }
  uint64_t draw = prng.below(total);
  size_t at = 0;
  while (draw >= kinds[at].weight) {
    draw -= kinds[at++].weight;
  }
  return kinds[at].kind;
}

void draw_group(base::Prng& prng, std::span<const Weight> kinds, uint64_t count, uint32_t scope,
                uint64_t span_ns, std::vector<Deed>& out) {
  for (; count != 0; --count) {
    Deed deed;
    deed.kind = draw_kind(prng, kinds);
    deed.on = static_cast<uint32_t>(prng.below(scope));
    deed.at_ns = prng.below(span_ns);
    deed.value = static_cast<uint32_t>(prng.below(1U << 16));
    out.push_back(deed);
  }
}

}  // namespace

const char* name_of(DeedKind kind) {
  static constexpr const char* kNames[kDeedKinds] = {
      "set_policy", "clear_policy",      "set_weight",  "set_desire",
      "fail_path",  "reinstate_path",    "remove_path", "add_path",
      "register",   "unregister",        "reserve",     "release",
      "preempt",    "preempt_and_abort", "clear",       "guarded_writes"};
  return kNames[static_cast<size_t>(kind)];
}

std::string text_of(const Deed& deed) {
  char line[120];
  std::snprintf(line, sizeof line, "%s on %u at %.3f s, value %u", name_of(deed.kind), deed.on,
                static_cast<double>(deed.at_ns) / 1e9, deed.value);
  return line;
}

Features draw_features(uint64_t seed) {
  base::Prng prng = base::Prng::stream(seed, kFeatureStream);
  Features features;
  if (prng.chance(1, 4)) {
    return features;
  }
  features.settings = prng.chance(1, 2);
  features.membership = prng.chance(2, 5);
  features.reservations = prng.chance(1, 2);
  features.neighbour = static_cast<Neighbour>(prng.below(3));
  features.persists = prng.chance(1, 2);
  features.fresh_keys = prng.chance(1, 2);
  if (!features.reservations) {
    features.neighbour = Neighbour::none;
  }
  return features;
}

std::vector<Deed> draw_deeds(uint64_t seed, const DeedLimits& limits) {
  base::Prng prng = base::Prng::stream(seed, kDeedStream);
  const Features& features = limits.features;
  std::vector<Deed> deeds;
  if (features.settings) {
    draw_group(prng, kSettings, prng.between(1, 12), limits.paths, limits.span_ns, deeds);
  }
  if (features.membership) {
    draw_group(prng, kMembership, prng.between(1, 8), limits.paths, limits.span_ns, deeds);
  }
  if (features.reservations) {
    const uint32_t hosts = features.neighbour == Neighbour::none ? 1 : 2;
    for (uint32_t host = 0; host < hosts; ++host) {
      // Most worlds begin with what cluster software begins with.
      if (prng.chance(3, 4)) {
        deeds.push_back({DeedKind::register_key, host, prng.below(limits.span_ns / 4), 0});
      }
    }
    draw_group(prng, kReservations, prng.between(4, 20), hosts, limits.span_ns, deeds);
  }
  std::stable_sort(deeds.begin(), deeds.end(),
                   [](const Deed& a, const Deed& b) { return a.at_ns < b.at_ns; });
  return deeds;
}

}  // namespace sim
