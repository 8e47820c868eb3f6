// See settings_actor.h.
#include "windows/harness/world/settings_actor.h"

#include <optional>
#include <utility>
#include <vector>

#include "windows/driver/settings/names.h"
#include "windows/harness/machine.h"

namespace harness {
namespace {

constexpr uint64_t kStream = 0x73657474;
constexpr ULONG kPolicies = 7;
constexpr uint64_t kLoadsAgainEvery = 4;  // seeds; it takes time
using driver::kNoPathNumber;

// What is set somewhere. The empty key in which LUNs have theirs may stay when a change is undone.
std::vector<std::pair<std::u16string, Registry::Value>> stored_values() {
  auto all = machine().registry.all();
  std::erase_if(all, [](const auto& entry) { return entry.second.bytes.empty(); });
  return all;
}

PolicyV2 with_policy(PolicyV2 shown, ULONG policy) {
  shown.head.LoadBalancePolicy = policy;
  for (wire::PathV2& path : shown.paths) {
    path.PrimaryPath = path.OptimizedPath = 1;
  }
  return shown;
}

// How many of them are wanted to stand by; see the model for when that is not told. What is wanted
// of a path without marks stays what it was.
std::optional<ULONGLONG> standing_by_of(const PolicyV2& policy, size_t paths) {
  const ULONG number = policy.head.LoadBalancePolicy;
  const bool heeds = number == kFailOverOnly || number == kWithSubset;
  ULONGLONG count = 0;
  for (const wire::PathV2& path : policy.paths) {
    if (path.SymmetricLUA == 0 || (path.PrimaryPath == 0 && path.OptimizedPath == 0)) {
      return {};
    }
    count += heeds && path.PrimaryPath == 0 ? 1 : 0;
  }
  return policy.paths.size() == paths ? std::optional(count) : std::nullopt;
}

}  // namespace

SettingsActor::SettingsActor(sim::World& world, WindowsHost& host)
    : world_(world),
      host_(host),
      administrator_(host.mpio()),
      prng_(base::Prng::stream(world.config.seed, kStream)) {
  model_.everything.policy = world.config.policy;
}

void SettingsActor::perform(const sim::Deed& deed) {
  if (!is_mine(deed.kind)) {
    return;
  }
  queue_.push_back(deed);
  if (is_at_it_) {
    return;
  }
  is_at_it_ = true;
  machine().workers.start([this] {
    while (!queue_.empty()) {
      const sim::Deed next = queue_.front();
      queue_.pop_front();
      carry_out(next);
    }
    is_at_it_ = false;
  });
}

void SettingsActor::carry_out(const sim::Deed& deed) {
  const bool is_for_lun = deed.value % 2 == 0;
  if (is_for_lun && host_.mpio().device_count() == 0) {
    return;
  }
  switch (deed.kind) {
    case sim::DeedKind::set_policy:
      is_for_lun ? set_policy_of_lun(deed) : set_level(deed, /*clears=*/false);
      break;
    case sim::DeedKind::clear_policy:
      is_for_lun ? clear_lun() : set_level(deed, /*clears=*/true);
      break;
    case sim::DeedKind::set_weight:
      set_weights(deed);
      break;
    case sim::DeedKind::set_desire:
      set_desires(deed);
      break;
    case sim::DeedKind::fail_path:
      ask_for_nonsense(deed);
      break;
    case sim::DeedKind::reinstate_path:
      is_for_lun ? set_again() : look("in between");
      break;
    default:
      look("in between");
      break;
  }
}

// Stored before it is put into force, so it may be stored though the answer is an error.
void SettingsActor::set_level(const sim::Deed& deed, bool clears) {
  const bool of_make = deed.value / 2 % 2 == 0;
  SetPolicy next;
  next.policy = clears ? 0 : 1 + deed.value / 4 % kPolicies;
  ULONGLONG number = kNoPathNumber;
  if (next.policy == kFailOverOnly && number_of(host_, deed.on) != 0) {
    next.preferred = deed.on;
    number = number_of(host_, deed.on);
  }
  const NTSTATUS status =
      of_make ? administrator_.set_target(kHardwareId, next.policy, next.policy != 0 ? number : 0)
              : administrator_.set_dsm_wide(next.policy, next.policy != 0 ? number : 0);
  model_.is_in_force = NT_SUCCESS(status);
  (of_make ? model_.make : model_.everything) = next;
  look(of_make ? "after a set of the make's policy" : "after a set of the policy of all");
}

// That path, none, or what is shown.
void SettingsActor::prefer(PolicyV2& policy, uint32_t on, uint64_t choice) {
  const ULONGLONG number = number_of(host_, on);
  for (wire::PathV2& path : policy.paths) {
    if (choice % 4 < 2) {
      path.PreferredPath = choice % 4 == 0 && path.DsmPathId == number ? 1 : 0;
    }
  }
}

void SettingsActor::set_policy_of_lun(const sim::Deed& deed) {
  PolicyV2 policy = with_policy(administrator_.policy(), 1 + deed.value / 4 % kPolicies);
  for (wire::PathV2& path : policy.paths) {
    if (policy.head.LoadBalancePolicy == kFailOverOnly) {
      path.PrimaryPath = path.DsmPathId == policy.paths[0].DsmPathId ? 1 : 0;
    }
  }
  prefer(policy, deed.on, deed.value / 64);
  wish(policy);
}

template <typename Call>
bool SettingsActor::accepts(const std::string& what, Call&& call) {
  const auto before = stored_values();
  const bool is_accepted = NT_SUCCESS(call());
  if (!is_accepted && stored_values() != before) {
    found(what + " was refused and has changed what is stored");
  }
  return is_accepted;
}

void SettingsActor::clear_lun() {
  if (accepts("clearing the LUN's policy", [this] { return administrator_.clear(); })) {
    model_.lun = {};
    model_.standing_by = 0;
    model_.is_in_force = true;
  }
  look("after clearing the LUN's policy");
}

void SettingsActor::set_weights(const sim::Deed&) {
  if (host_.mpio().device_count() == 0) {
    return;
  }
  PolicyV2 policy = with_policy(administrator_.policy(), kWeightedPaths);
  for (wire::PathV2& path : policy.paths) {
    path.PathWeight = static_cast<ULONG>(prng_.below(4));
  }
  wish(policy);
}

void SettingsActor::set_again() {
  wish(administrator_.policy());
}

// Some of that breaks the rules: no path active, or two that are with fail over only.
void SettingsActor::set_desires(const sim::Deed& deed) {
  if (host_.mpio().device_count() == 0) {
    return;
  }
  PolicyV2 policy =
      with_policy(administrator_.policy(), deed.value / 2 % 2 == 0 ? kFailOverOnly : kWithSubset);
  for (wire::PathV2& path : policy.paths) {
    path.PrimaryPath = prng_.chance(1, 2) ? 1 : 0;
  }
  prefer(policy, deed.on, deed.value / 4);
  wish(policy);
}

void SettingsActor::wish(const PolicyV2& policy) {
  const uint32_t preferred = model_.preferred_after(host_, policy);
  const bool is_set = accepts("a policy", [&] { return administrator_.set(policy); });
  if (is_set) {
    model_.lun = {policy.head.LoadBalancePolicy, preferred};
    model_.is_in_force = true;
    model_.standing_by = standing_by_of(policy, host_.paths());
    for (uint32_t i = 0; policy.head.LoadBalancePolicy == kWeightedPaths && i < host_.paths();
         ++i) {
      for (const wire::PathV2& path : policy.paths) {
        if (path.DsmPathId == number_of(host_, i)) {
          model_.weights[i] = path.PathWeight;
        }
      }
    }
  }
  look(is_set ? "after a policy was set" : "after a policy was refused");
}

void SettingsActor::ask_for_nonsense(const sim::Deed& deed) {
  if (host_.mpio().device_count() == 0) {
    return;
  }
  PolicyV2 policy = with_policy(administrator_.policy(), kFailOverOnly);
  for (wire::PathV2& path : policy.paths) {
    path.PrimaryPath = &path == policy.paths.data() ? 1 : 0;
  }
  const uint64_t kind = deed.value % 8;
  switch (kind) {
    case 0:
      policy.head.LoadBalancePolicy = kPolicies + 1 + deed.value / 8 % 100;
      break;
    case 1:
      policy.head.LoadBalancePolicy += 256;
      break;
    case 2:
      policy.head.DSMPathCount -= 1;
      policy.paths.pop_back();
      break;
    case 3:
      policy.paths[0].DsmPathId += 1;
      break;
    case 4:
      policy.paths.push_back(policy.paths[0]);
      policy.head.DSMPathCount += 1;
      break;
    case 5:
      policy.head.Version = 3;
      break;
    default:
      break;
  }
  const bool is_set = accepts("nonsense", [&] {
    return kind == 6   ? administrator_.set_dsm_wide(kPolicies + 1)
           : kind == 7 ? administrator_.set_target(u"", kRoundRobin)
                       : administrator_.set(policy);
  });
  if (is_set) {
    found("nonsense was set: " + std::to_string(kind));
  }
  look("after nonsense");
}

void SettingsActor::look(const std::string& when) {
  if (const std::string text = model_.difference(host_); !text.empty()) {
    found(when + " " + text);
  }
}

// What is stored is in force when the driver has been loaded again, whatever was in force before.
void SettingsActor::judge_medium() {
  if (is_judged_ && world_.config.seed % kLoadsAgainEvery == 0) {
    host_.load_again();
    model_.is_in_force = true;
    look("loaded again");
  }
}

void SettingsActor::judge() {
  is_judged_ = true;
  look("at rest");
  if (const std::string text = model_.difference_of_registry(); !text.empty()) {
    found(text);
  }
}

}  // namespace harness
