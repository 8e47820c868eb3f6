// See settings_model.h.
#include "windows/harness/world/settings_model.h"

#include <algorithm>
#include <vector>

#include "windows/driver/settings/names.h"
#include "windows/harness/machine.h"

namespace harness {
namespace {

using driver::kNoPathNumber;

std::string differs(const std::string& what, ULONGLONG is, ULONGLONG expected) {
  return is == expected
             ? ""
             : what + " is " + std::to_string(is) + " instead of " + std::to_string(expected);
}

// The number in a value of the registry; 0: there is none.
ULONGLONG stored(const std::u16string& path) {
  const Registry::Value* const value = machine().registry.find(path);
  ULONGLONG number = 0;
  if (value != nullptr) {
    std::memcpy(&number, value->bytes.data(), std::min(value->bytes.size(), sizeof(number)));
  }
  return number;
}

// A path that is not there has a name for a number, which is not known here.
std::string differs_preferred(WindowsHost& host, const std::string& what, ULONGLONG is,
                              const SetPolicy& level) {
  if (level.policy != kFailOverOnly || level.preferred == SetPolicy::kNobody) {
    return level.policy == 0 ? "" : differs(what, is, kNoPathNumber);
  }
  const ULONGLONG number = number_of(host, level.preferred);
  return number == 0 ? "" : differs(what, is, number);
}

}  // namespace

ULONGLONG number_of(WindowsHost& host, uint32_t path) {
  return host.mpio().knows(host.port(path))
             ? reinterpret_cast<ULONGLONG>(host.mpio().path_of(host.port(path)))
             : 0;
}

const SetPolicy& SettingsModel::deciding() const {
  return lun.policy != 0 ? lun : make.policy != 0 ? make : everything;
}

// Who does not mark a path that he could have marked prefers none; of one that was not there
// nothing has been said.
uint32_t SettingsModel::preferred_after(WindowsHost& host, const PolicyV2& policy) const {
  if (policy.head.LoadBalancePolicy != kFailOverOnly) {
    return SetPolicy::kNobody;
  }
  for (const wire::PathV2& path : policy.paths) {
    for (uint32_t i = 0; path.PreferredPath != 0 && i < host.paths(); ++i) {
      if (path.DsmPathId == number_of(host, i)) {
        return i;
      }
    }
  }
  const SetPolicy& before = deciding();
  if (before.policy != kFailOverOnly) {
    return SetPolicy::kNobody;
  }
  if (before.preferred == SetPolicy::kNobody || before.preferred == SetPolicy::kUntold) {
    return before.preferred;
  }
  const ULONGLONG number = number_of(host, before.preferred);
  const bool is_named = std::any_of(
      policy.paths.begin(), policy.paths.end(),
      [number](const wire::PathV2& path) { return number != 0 && path.DsmPathId == number; });
  if (!is_named) {
    return before.preferred;
  }
  return host.mpio().is_leaving(host.port(before.preferred)) ? SetPolicy::kUntold
                                                             : SetPolicy::kNobody;
}

std::string SettingsModel::difference(WindowsHost& host) const {
  const std::string text = of_levels(host);
  return text.empty() ? of_lun(host) : text;
}

std::string SettingsModel::of_levels(WindowsHost& host) const {
  Administrator administrator(host.mpio());
  const wire::DefaultPolicy shown = administrator.dsm_wide();
  const std::vector<uint8_t> targets = administrator.ask(driver::kTargetsDefaultPolicy);
  const ULONG makes = field<wire::Count>(targets, 0).Number;
  const wire::TargetPolicy of_make =
      makes != 0 ? field<wire::TargetPolicy>(targets, sizeof(wire::Count)) : wire::TargetPolicy{};
  for (const std::string& text :
       {differs("the policy of all", shown.LoadBalancePolicy, everything.policy),
        differs_preferred(host, "the preferred path of all", shown.PreferredPath, everything),
        differs("the number of makes", makes, make.policy != 0 ? 1 : 0),
        differs("the policy of the make", of_make.LoadBalancePolicy, make.policy),
        differs_preferred(host, "the preferred path of the make", of_make.PreferredPath, make)}) {
    if (!text.empty()) {
      return text;
    }
  }
  return {};
}

std::string SettingsModel::of_lun(WindowsHost& host) const {
  if (host.mpio().device_count() == 0) {
    return {};
  }
  const PolicyV2 shown = Administrator(host.mpio()).policy();
  const bool is_symmetric =
      std::all_of(shown.paths.begin(), shown.paths.end(),
                  [](const wire::PathV2& path) { return path.SymmetricLUA != 0; });
  const SetPolicy& decides = deciding();
  ULONG policy = decides.policy != 0 ? decides.policy : kRoundRobin;
  policy = policy == kRoundRobin && !is_symmetric ? kWithSubset : policy;
  std::string text =
      is_in_force ? differs("the LUN's policy", shown.head.LoadBalancePolicy, policy) : "";
  for (const wire::PathV2& path : shown.paths) {
    for (uint32_t i = 0; text.empty() && i < host.paths(); ++i) {
      if (number_of(host, i) != path.DsmPathId) {
        continue;
      }
      const bool is_preferred = decides.policy == kFailOverOnly && decides.preferred == i;
      const bool is_told =
          !host.mpio().is_leaving(host.port(i)) &&
          (decides.policy != kFailOverOnly || decides.preferred != SetPolicy::kUntold);
      const std::string name = " of path " + std::to_string(i);
      if (is_in_force && is_told) {
        text = differs("the mark" + name, path.PreferredPath, is_preferred ? 1 : 0);
      }
      if (const auto weight = weights.find(i); weight != weights.end() && text.empty()) {
        text = differs("the weight" + name, path.PathWeight, weight->second);
      }
    }
  }
  return text;
}

std::string SettingsModel::difference_of_registry() const {
  const std::u16string parameters = Scene::parameters();
  const std::u16string policy = u"\\DsmLoadBalancePolicy";
  const std::u16string of_make =
      parameters + u"\\DsmTargetsLoadBalanceSetting\\" + std::u16string(kHardwareId);
  const std::u16string of_lun = lun_key();
  std::vector<ULONGLONG> stored_weights;
  ULONGLONG stored_standing_by = 0;
  for (const auto& [path, value] : machine().registry.all()) {
    if (of_lun.empty() || !path.starts_with(of_lun)) {
      continue;
    }
    if (path.ends_with(u"\\DSMPATHWEIGHT")) {
      stored_weights.push_back(stored(path));
    }
    stored_standing_by += path.ends_with(u"\\DSMPRIMARYPATH") && stored(path) == 0 ? 1 : 0;
  }
  // Of that path the registry has a name, which is not known here.
  const ULONGLONG preferred = of_lun.empty() ? 0 : stored(of_lun + u"\\DsmPreferredPath");
  const bool is_preferred_told = lun.policy == kFailOverOnly && lun.preferred != SetPolicy::kUntold;
  std::vector<ULONGLONG> set_weights;
  for (const auto& [path, weight] : weights) {
    if (weight != 0) {
      set_weights.push_back(weight);
    }
  }
  std::sort(stored_weights.begin(), stored_weights.end());
  std::sort(set_weights.begin(), set_weights.end());
  for (const std::string& text :
       {differs("the stored policy of all", stored(parameters + policy), everything.policy),
        differs("the stored policy of the make", stored(of_make + policy), make.policy),
        differs("the stored policy of the LUN", of_lun.empty() ? 0 : stored(of_lun + policy),
                lun.policy),
        differs("the mark of the LUN's policy",
                of_lun.empty() ? 0 : stored(of_lun + u"\\DsmLoadBalancePolicyExplicitlySet"),
                lun.policy != 0 ? 1 : 0),
        is_preferred_told ? differs("that a preferred path of the LUN is stored",
                                    preferred != kNoPathNumber, lun.preferred != SetPolicy::kNobody)
                          : "",
        standing_by
            ? differs("the number of paths stored to stand by", stored_standing_by, *standing_by)
            : ""}) {
    if (!text.empty()) {
      return text;
    }
  }
  if (!of_lun.empty() && machine().registry.find(of_lun + u"\\DsmPendingSettings") != nullptr) {
    return "a change is still pending in the registry";
  }
  return stored_weights == set_weights ? "" : "the stored weights are not those that were set";
}

}  // namespace harness
