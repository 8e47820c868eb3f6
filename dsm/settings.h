// Which load-balance policy a LUN has, of all those that were set somewhere: for this run, for the
// LUN, for its make of device, for everything - the first of these that is set, else what a LUN has
// by itself. Pure; where the levels are kept is the host's affair (a registry, a file).
//
// A change of any level is this function once more, and the operation set_policy with what it
// gives. So is clearing the LUN's own level ("policy 0"): without it the next one holds. A LUN
// whose policy comes from a higher level gets the same answer as before.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dsm/types.h"

namespace dsm {

// The numbers up to `lun` are those of the Windows driver's query.
enum class SettingsOrigin : uint8_t {
  capability = 0,   // nothing is set: round robin
  dsm_wide = 1,     // for all LUNs
  hardware_id = 2,  // for all LUNs of one vendor and product
  lun = 3,          // for this LUN, by an administrator
  run = 4,          // for this LUN as long as the host runs; never stored
};
std::string_view name_of(SettingsOrigin origin);
// Somebody asked for it for this very LUN.
constexpr bool is_explicit(SettingsOrigin origin) {
  return origin >= SettingsOrigin::lun;
}

// What one level says.
struct PolicyChoice {
  // What the policy table does not have is as good as not set: a spoilt setting must not leave a
  // LUN without a policy.
  PolicyId policy = PolicyId::none;
  // Stable name of the preferred path; "": none. Means nothing without fail over only.
  std::string_view preferred;
};

struct HardwareChoice {
  std::string_view hardware_id;  // as an entry of the supported-device list: entry_matches()
  PolicyChoice choice;
};

struct PolicyLevels {
  PolicyChoice run;
  PolicyChoice lun;
  std::span<const HardwareChoice> hardware;
  PolicyChoice dsm_wide;
};

struct PolicyInForce {
  // As it was set. On an asymmetric LUN the plan puts Policy::on_asymmetric in its place: round
  // robin with subset for round robin, whichever level it comes from.
  PolicyId policy = PolicyId::round_robin;
  std::string_view preferred;  // a view into the levels; "" unless the policy is fail over only
  SettingsOrigin origin = SettingsOrigin::capability;
};

// Where several hardware ids match, the longest decides, and of equal ones the first. `vendor8` and
// `product16` as INQUIRY shows them. Any IRQL, no lock.
PolicyInForce policy_in_force(const PolicyLevels& levels, std::string_view vendor8,
                              std::string_view product16);

// The policy of a LUN for which no level is set: that of the first device of the configuration that
// matches its `model` (vendor and product, 24 characters), else the configured default.
struct Config;
PolicyId policy_by_default(const Config& config, std::string_view model);

// What the settings say when a nexus arrives.
struct ArrivalSettings {
  // Of a LUN that is new with it. none: Config::default_policy, and `origin` counts as capability.
  PolicyId policy = PolicyId::none;
  SettingsOrigin origin = SettingsOrigin::capability;
  // Of the nexus.
  bool preferred = false;
  Desire desire = Desire::undetermined;
  uint32_t weight = 0;
};

// Does this policy heed what an administrator desires of single paths? The others want none.
constexpr bool heeds_desires(PolicyId policy) {
  return policy == PolicyId::fail_over_only || policy == PolicyId::round_robin_subset;
}

}  // namespace dsm
