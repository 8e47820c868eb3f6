// Which load-balance policy a LUN has, of all those that were set somewhere.
#include "dsm/settings.h"

#include "dsm/claim.h"
#include "dsm/config.h"
#include "dsm/policy.h"
#include "scsi/inquiry.h"

namespace dsm {

using namespace std::string_view_literals;  // with their length: no kernel has strlen

namespace {

bool is_set(const PolicyChoice& choice) {
  return find_policy(choice.policy) != nullptr;
}

PolicyInForce take(const PolicyChoice& choice, SettingsOrigin origin) {
  const bool has_preferred = choice.policy == PolicyId::fail_over_only;
  return {choice.policy, has_preferred ? choice.preferred : ""sv, origin};
}

const PolicyChoice* choice_for(std::span<const HardwareChoice> entries, std::string_view vendor8,
                               std::string_view product16) {
  const PolicyChoice* best = nullptr;
  size_t longest = 0;
  for (const HardwareChoice& entry : entries) {
    const size_t length = scsi::trimmed(entry.hardware_id).size();
    if (length > longest && is_set(entry.choice) &&
        entry_matches(entry.hardware_id, vendor8, product16)) {
      best = &entry.choice;
      longest = length;
    }
  }
  return best;
}

}  // namespace

PolicyInForce policy_in_force(const PolicyLevels& levels, std::string_view vendor8,
                              std::string_view product16) {
  if (is_set(levels.run)) {
    return take(levels.run, SettingsOrigin::run);
  }
  if (is_set(levels.lun)) {
    return take(levels.lun, SettingsOrigin::lun);
  }
  if (const PolicyChoice* choice = choice_for(levels.hardware, vendor8, product16)) {
    return take(*choice, SettingsOrigin::hardware_id);
  }
  if (is_set(levels.dsm_wide)) {
    return take(levels.dsm_wide, SettingsOrigin::dsm_wide);
  }
  return {};
}

PolicyId policy_by_default(const Config& config, std::string_view model) {
  for (const DevicePolicy& rule : config.device_policies) {
    if (entry_matches(rule.device, model)) {
      return rule.policy;
    }
  }
  return config.default_policy;
}

std::string_view name_of(SettingsOrigin origin) {
  switch (origin) {
    case SettingsOrigin::capability:
      return "default"sv;
    case SettingsOrigin::dsm_wide:
      return "DSM-wide"sv;
    case SettingsOrigin::hardware_id:
      return "hardware id"sv;
    case SettingsOrigin::lun:
      return "LUN"sv;
    case SettingsOrigin::run:
      return "this run"sv;
  }
  return "?"sv;
}

}  // namespace dsm
