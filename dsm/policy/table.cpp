// The policies there are. A new one is a file beside this and a row here.
#include "dsm/policy/policies.h"

#include "dsm/policy.h"

namespace dsm {
namespace {

constinit const Policy kPolicies[] = {
    {.id = PolicyId::fail_over_only,
     .name = "fail-over-only",
     .explain = "one path carries all I/O; another takes over when it fails",
     .plan = plan_fail_over_only,
     .select = select_only,
     .on_asymmetric = PolicyId::fail_over_only},
    {.id = PolicyId::round_robin,
     .name = "round-robin",
     .explain = "all paths in turn (on an asymmetric LUN: those that are active/optimized)",
     .plan = plan_everything,
     .select = select_round_robin,
     .on_asymmetric = PolicyId::round_robin_subset},
    {.id = PolicyId::round_robin_subset,
     .name = "round-robin-with-subset",
     .explain = "the active paths in turn, except those set aside; these wait as stand-bys",
     .plan = plan_willing,
     .select = select_round_robin,
     .on_asymmetric = PolicyId::round_robin_subset},
    {.id = PolicyId::least_queue_depth,
     .name = "least-queue-depth",
     .explain = "the path with the fewest commands under way",
     .plan = plan_everything,
     .select = select_least_queue_depth,
     .on_asymmetric = PolicyId::least_queue_depth},
    {.id = PolicyId::weighted_paths,
     .name = "weighted-paths",
     .explain = "the paths with the least weight, in turn",
     .plan = plan_least_weight,
     .select = select_round_robin,
     .on_asymmetric = PolicyId::weighted_paths},
    {.id = PolicyId::least_blocks,
     .name = "least-blocks",
     .explain = "the path with the least data under way; sequential transfers stay together",
     .plan = plan_everything,
     .select = select_least_blocks,
     .by_shape = true,
     .on_asymmetric = PolicyId::least_blocks},
    {.id = PolicyId::least_service_time,
     .name = "least-service-time",
     .explain = "the path that is likely to answer first, by how long commands have taken there",
     .plan = plan_everything,
     .select = select_least_service_time,
     .on_asymmetric = PolicyId::least_service_time},
};

// Without strlen, which no kernel has.
bool is_named(const Policy& policy, std::string_view name) {
  const char* at = policy.name;
  for (const char c : name) {
    if (c == '\0' || *at != c) {
      return false;
    }
    ++at;
  }
  return *at == '\0';
}

}  // namespace

std::span<const Policy> policies() {
  return kPolicies;
}

const Policy* find_policy(PolicyId id) {
  for (const Policy& policy : kPolicies) {
    if (policy.id == id) {
      return &policy;
    }
  }
  return nullptr;
}

const Policy* find_policy(std::string_view name) {
  for (const Policy& policy : kPolicies) {
    if (is_named(policy, name)) {
      return &policy;
    }
  }
  return nullptr;
}

}  // namespace dsm
