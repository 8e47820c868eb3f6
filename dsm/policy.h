// Load-balance policies as rows of one table. A policy has two halves: a plan rule (slow, on
// events: which of the equally good paths carry I/O) and a select function (per command: which of
// the published candidates takes this one). A new policy is one file in dsm/policy/ and one row in
// dsm/policy/table.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dsm/types.h"

namespace dsm {

struct Lun;
struct Lane;
struct PlanInput;
struct Pick;
struct Shape;

struct Policy {
  PolicyId id = PolicyId::none;
  const char* name = "";     // "round-robin", as the command line takes it
  const char* explain = "";  // one line for people
  // `equals` (never 0) are eligible slots of the same worth; returns a non-empty subset of it.
  // Pure.
  uint32_t (*plan)(const PlanInput& input, uint32_t equals) = nullptr;
  // See dsm/select.h. Touches only `lane` and the published part of `lun`. Any IRQL, no lock.
  Pick (*select)(const Lun& lun, Lane& lane, const Shape& shape) = nullptr;
  // Does `select` look at the Shape? If not, an empty one will do.
  bool by_shape = false;
  // May an asymmetric LUN have it, and if not, which policy takes its place there?
  PolicyId on_asymmetric = PolicyId::none;
};

std::span<const Policy> policies();
// Null when there is no such policy.
const Policy* find_policy(PolicyId id);
const Policy* find_policy(std::string_view name);

}  // namespace dsm
