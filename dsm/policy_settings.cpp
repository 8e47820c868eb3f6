// An administrator's settings of one LUN.
#include "dsm/policy_settings.h"

#include "base/bits.h"
#include "dsm/access/engine.h"
#include "dsm/replan.h"

namespace dsm {

using base::Code;
using base::Status;

namespace {

uint32_t live_slots(Lun& lun) {
  uint32_t mask = 0;
  for_each_nexus(
      lun, [&](const Nexus& nexus) { mask |= takes_commands(nexus) ? base::bit(nexus.slot) : 0; });
  return mask;
}

// Which path may ask for its group: the preferred one, else the first that is to be active and is
// not.
NexusId claimant_of(Lun& lun, const PolicySettings& settings) {
  if (settings.preferred != 0) {
    return settings.preferred;
  }
  for (const PathSetting& path : settings.paths) {
    scsi::AccessState state{};
    if (path.desire == Desire::active_optimized &&
        !(lun.access_of(*find_nexus(lun, path.nexus), state) &&
          state == scsi::AccessState::active_optimized)) {
      return path.nexus;
    }
  }
  return 0;
}

// What an administrator may ask of a path depends on the policy and on what its group can do. What
// does not work now is not looked at, so that settings can be read, changed and set while paths are
// down; nor is what is so already, for the array may have changed since. Comments give the number
// of the rule.
Status check_desire(const Lun& lun, const Nexus& nexus, PolicyId policy, Desire desire) {
  scsi::AccessState access{};
  const bool has_groups = lun.support != AluaSupport::none;
  if (is_down(nexus) || (has_groups && !lun.access_of(nexus, access))) {
    return {};
  }
  switch (desire) {
    case Desire::undetermined:
      return {};
    case Desire::active_optimized:  // 12
      return lun.symmetric || supports_explicit(lun.support) ||
                     access == scsi::AccessState::active_optimized
                 ? Status{}
                 : Status{Code::unsupported,
                          "the array alone decides which paths are active/optimized (implicit "
                          "ALUA), and this one is not"};
    case Desire::active_nonoptimized:  // 13
      return heeds_desires(policy) || !has_groups ||
                     access == scsi::AccessState::active_nonoptimized
                 ? Status{}
                 : Status{Code::invalid_argument,
                          "this policy uses all active/optimized paths; none can be set aside"};
    case Desire::standby:
    case Desire::unavailable: {  // 14
      const bool already =
          has_groups && access == (desire == Desire::standby ? scsi::AccessState::standby
                                                             : scsi::AccessState::unavailable);
      const bool maskable = policy == PolicyId::fail_over_only ||
                            (policy == PolicyId::round_robin_subset &&
                             (!has_groups || access == scsi::AccessState::active_optimized));
      return already || maskable
                 ? Status{}
                 : Status{Code::invalid_argument,
                          "this policy cannot set this path aside: only fail over only and round "
                          "robin with subset can, the latter only what is active/optimized"};
    }
  }
  return {Code::invalid_argument, "there is no such desire"};
}

bool some_group_is_optimized(const Lun& lun) {
  for (const Group& group : lun.groups) {
    if (group.state == scsi::AccessState::active_optimized) {
      return true;
    }
  }
  return false;
}

// Each nexus of the LUN exactly once (7, 8, 9), and what is asked of them fits together.
Status check_paths(Lun& lun, const PolicySettings& settings) {
  uint32_t seen = 0;
  unsigned active = 0;
  bool some_willing = false;
  const bool other_policy = settings.policy != lun.policy;
  bool other_desires = other_policy;
  for (const PathSetting& path : settings.paths) {
    const Nexus* nexus = find_nexus(lun, path.nexus);
    if (nexus == nullptr) {
      return {Code::not_found, "a path of the list is not one of this LUN"};
    }
    if ((seen & base::bit(nexus->slot)) != 0) {
      return {Code::invalid_argument, "a path stands twice in the list"};
    }
    seen |= base::bit(nexus->slot);
    if (other_policy || path.desire != nexus->desired) {
      other_desires = true;
      const Status status = check_desire(lun, *nexus, settings.policy, path.desire);
      if (!status.ok()) {
        return status;
      }
    }
    active += path.desire == Desire::active_optimized ? 1U : 0U;
    some_willing |= path.desire == Desire::active_optimized || path.desire == Desire::undetermined;
  }
  if ((live_slots(lun) & ~seen) != 0) {
    return {Code::invalid_argument, "the list must name every path of the LUN"};
  }
  if (!other_desires) {
    return {};
  }
  if (settings.policy == PolicyId::fail_over_only && active > 1) {  // 12
    return {Code::invalid_argument, "fail over only has one active path"};
  }
  if (!some_willing && (lun.support == AluaSupport::none || some_group_is_optimized(lun))) {  // 15
    return {Code::invalid_argument, "at least one path must be left that may be active"};
  }
  return {};
}

}  // namespace

Status check_settings(Lun& lun, const PolicySettings& settings) {
  if (live_slots(lun) == 0) {  // 1
    return {Code::not_found, "the LUN has no path"};
  }
  const Policy* policy = find_policy(settings.policy);
  if (policy == nullptr) {  // 6
    return {Code::invalid_argument, "there is no such policy"};
  }
  const bool as_it_is = settings.policy == lun.policy && settings.origin == lun.origin;
  if (!lun.symmetric && policy->on_asymmetric != policy->id && is_explicit(settings.origin) &&
      !as_it_is) {  // 10
    return {Code::unsupported, "this policy is not for LUNs with asymmetric access"};
  }
  if (settings.preferred != 0 && settings.policy != PolicyId::fail_over_only) {  // 11
    return {Code::invalid_argument, "only fail over only has a preferred path"};
  }
  if (settings.preferred != 0 && find_live(lun, settings.preferred) == nullptr) {
    return {Code::not_found, "the preferred path is not one of this LUN"};
  }
  return settings.paths.empty() ? Status{} : check_paths(lun, settings);
}

void apply_settings(Step& step, Lun& lun, const PolicySettings& settings) {
  lun.before = {.policy = lun.policy,
                .origin = lun.origin,
                .preferred = lun.preferred,
                .moved_to = lun.moved_to};
  for_each_nexus(lun, [](Nexus& nexus) {
    nexus.desired_before = nexus.desired;
    nexus.weight_before = nexus.weight;
  });
  lun.policy = settings.policy;
  lun.origin = settings.origin;
  lun.preferred = settings.preferred;
  lun.moved_to = 0;
  lun.claimant = claimant_of(lun, settings);
  for (const PathSetting& path : settings.paths) {
    Nexus& nexus = *find_nexus(lun, path.nexus);
    nexus.desired = path.desire;
    nexus.weight = path.weight;
  }
  step.cause = Cause::administrator;
  access::forget_failures(lun);
  replan(step, lun);
}

bool settings_wait(const Lun& lun) {
  return lun.plan.claimed && lun.access.phase != AccessPhase::idle;
}

void restore_settings(Lun& lun) {
  const auto if_live = [&lun](NexusId id) { return find_live(lun, id) != nullptr ? id : 0; };
  lun.policy = lun.before.policy;
  lun.origin = lun.before.origin;
  lun.preferred = if_live(lun.before.preferred);
  if (lun.moved_to == 0) {  // or it was moved meanwhile
    lun.moved_to = if_live(lun.before.moved_to);
  }
  lun.claimant = 0;
  lun.before.operation = 0;
  for_each_nexus(lun, [](Nexus& nexus) {
    nexus.desired = nexus.desired_before;
    nexus.weight = nexus.weight_before;
  });
  lun.replan_due = true;
}

}  // namespace dsm
