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

}  // namespace

Status check_settings(Lun& lun, const PolicySettings& settings) {
  const Policy* policy = find_policy(settings.policy);
  if (policy == nullptr) {
    return {Code::invalid_argument, "there is no such policy"};
  }
  if (!lun.symmetric && policy->on_asymmetric != policy->id) {
    return {Code::unsupported, "this policy is not for LUNs with asymmetric access"};
  }
  if (settings.preferred != 0 && settings.policy != PolicyId::fail_over_only) {
    return {Code::invalid_argument, "only fail over only has a preferred path"};
  }
  if (settings.preferred != 0 && find_live(lun, settings.preferred) == nullptr) {
    return {Code::not_found, "the preferred path is not one of this LUN"};
  }
  if (settings.paths.empty()) {
    return {};
  }
  uint32_t seen = 0;
  unsigned active = 0;
  for (const PathSetting& path : settings.paths) {
    const Nexus* nexus = find_nexus(lun, path.nexus);
    if (nexus == nullptr) {
      return {Code::not_found, "a path of the list is not one of this LUN"};
    }
    if ((seen & base::bit(nexus->slot)) != 0) {
      return {Code::invalid_argument, "a path stands twice in the list"};
    }
    seen |= base::bit(nexus->slot);
    active += path.desire == Desire::active_optimized ? 1U : 0U;
  }
  if ((live_slots(lun) & ~seen) != 0) {
    return {Code::invalid_argument, "the list must name every path of the LUN"};
  }
  if (settings.policy == PolicyId::fail_over_only && active > 1) {
    return {Code::invalid_argument, "fail over only has one active path"};
  }
  return {};
}

void apply_settings(Step& step, Lun& lun, const PolicySettings& settings) {
  lun.before = {.policy = lun.policy, .preferred = lun.preferred, .moved_to = lun.moved_to};
  for_each_nexus(lun, [](Nexus& nexus) {
    nexus.desired_before = nexus.desired;
    nexus.weight_before = nexus.weight;
  });
  lun.policy = settings.policy;
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

void restore_settings(Step& step, Lun& lun) {
  const auto if_live = [&lun](NexusId id) { return find_live(lun, id) != nullptr ? id : 0; };
  lun.policy = lun.before.policy;
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
  replan(step, lun);
}

}  // namespace dsm
