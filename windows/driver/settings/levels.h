// What is set for all LUNs, and for all LUNs of one make of device: the values DsmLoadBalancePolicy
// and DsmPreferredPath of the key `Parameters`, and of the keys below
// `Parameters\DsmTargetsLoadBalanceSetting`, whose names are hardware ids. All of it at
// PASSIVE_LEVEL, one thread at a time (settings/gate.h).
#pragma once

#include <array>
#include <string_view>

#include "base/fixed_string.h"
#include "base/fixed_vector.h"
#include "dsm/settings.h"
#include "windows/driver/settings/key.h"
#include "windows/driver/settings/names.h"

namespace driver {

// What one level says.
struct PolicySetting {
  dsm::PolicyId policy = dsm::PolicyId::none;  // none: not set
  PathName preferred = kNoPath;                // means nothing without fail over only

  bool set() const { return policy != dsm::PolicyId::none; }
  bool operator==(const PolicySetting&) const = default;
};
// A view on `setting`, which must outlive it.
dsm::PolicyChoice choice_of(const PolicySetting& setting);

using HardwareId = base::FixedString<24>;
struct HardwareSetting {
  HardwareId id;
  PolicySetting setting;
};

// Large: not for a stack.
struct Levels {
  static constexpr size_t kMaxHardware = 128;

  PolicySetting dsm_wide;
  base::FixedVector<HardwareSetting, kMaxHardware> hardware;
  base::FixedVector<dsm::HardwareChoice, kMaxHardware> choices;  // views on `hardware`

  // For reading, so that it cannot fail for want of memory.
  alignas(KEY_BASIC_INFORMATION) uint8_t scratch[kSubkeyBufferBytes];
};

// What is not there, cannot be read or makes no sense is not set. Makes nothing.
PolicySetting read_policy(const Key& key);
void read_levels(AtPassive here, const SettingsRoot& parameters, Levels& out);

// The setting that is in force afterwards changes with one write or with none: a failure leaves the
// former one. Policy `none` takes the setting away, and it is a success if there is none.
NTSTATUS write_dsm_wide(AtPassive here, const SettingsRoot& parameters,
                        const PolicySetting& setting);
NTSTATUS write_hardware(AtPassive here, const SettingsRoot& parameters, std::string_view id,
                        const PolicySetting& setting);

// A hardware id has 1 to 24 printable ASCII characters, not all of them blanks, and no backslash.
bool is_hardware_id(std::string_view id);

}  // namespace driver
