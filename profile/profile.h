// A vendor's profile: what a storage vendor decides about the DSM for its own arrays - names,
// devices, policy, timers, quirks, error rules - checked, and in the form that the DSM and its
// hosts take. profile/parse.h makes one from a TOML file; docs/profiles.md describes the keys.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dsm/claim.h"
#include "dsm/config.h"
#include "dsm/error_table.h"
#include "profile/guid.h"
#include "profile/keys.h"
#include "scsi/target_port_groups.h"

namespace profile {

struct Names {
  std::string vendor;   // short, for lists
  std::string product;  // title, as people read it
  std::string company;
  std::string service;  // of the driver: service, file and hardware ID (Root\SERVICE)
  std::string version;  // four numbers, w.x.y.z
};

// The driver's own WMI classes (windows/mof/), without the prefix that is the vendor's.
inline constexpr size_t kWmiClassCount = 9;
inline constexpr std::array<std::string_view, kWmiClassCount> kWmiClasses = {
    "DEVICE_PERF",
    "DEVICEPATH_PERF",
    "DEVICE_HEALTH",
    "DEVICEPATH_HEALTH",
    "WMI_METHODS",
    "SUPPORTED_DEVICES_LIST",
    "TARGETS_DEFAULT_LOAD_BALANCE_POLICY",
    "TARGET_DEFAULT_POLICY_INFO",
    "DEFAULT_LOAD_BALANCE_POLICY",
};

// [driver]: what is empty is made of the names (identity.h).
struct DriverNames {
  std::string display_name;
  std::string binary;
  std::string class_prefix;
  std::string trace_provider;
  std::optional<Guid> trace_guid;
  std::array<std::optional<Guid>, kWmiClassCount> class_guids;
};

struct Device {
  std::string id;          // as dsm::entry_matches() takes it: 24 characters, or fewer for a prefix
  std::string vendor;      // as written
  std::string product;     // likewise, or the prefix
  bool is_prefix = false;  // of the product
  std::optional<dsm::PolicyId> policy;  // empty: Profile::policy
};

struct Rule {
  std::string name;
  std::string meaning;
  dsm::ErrorRow row;  // its texts are the two above
  unsigned line = 0;
};

// What the embedded array plays; no business of the DSM.
enum class ArrayAccess : uint8_t { symmetric, alua, active_passive };
struct ArrayModel {
  ArrayAccess access = ArrayAccess::symmetric;
  std::string vendor;
  std::string product;
  unsigned controllers = 2;
  dsm::AluaSupport alua = dsm::AluaSupport::both;
  scsi::AccessState passive_state = scsi::AccessState::active_nonoptimized;
  uint8_t transition_time_s = 5;
  // Active/passive: how a controller that does not own the LUNs answers reads and writes.
  uint8_t passive_key = 0;
  uint8_t passive_asc = 0;
  uint8_t passive_ascq = 0;
};

// Moved, never copied: the rows hold on to the texts of the rules.
struct Profile {
  Profile() = default;
  Profile(Profile&&) = default;
  Profile& operator=(Profile&&) = default;
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  // The value in force, and whether the profile says so or it is the standard one.
  uint32_t number(Number key) const {
    return numbers[static_cast<size_t>(key)].value_or(key_of(key).standard_number);
  }
  bool says(Number key) const { return numbers[static_cast<size_t>(key)].has_value(); }

  std::string file;
  Names names;
  DriverNames driver;
  std::vector<Device> devices;
  dsm::PolicyId policy = dsm::PolicyId::round_robin;
  bool least_blocks_sequential = true;
  bool extended_rtpg = true;
  dsm::AluaSupport believed_alua = dsm::AluaSupport::both;
  std::array<std::optional<uint32_t>, kNumberCount> numbers;
  std::vector<Rule> rules;
  ArrayModel array;

  // Made from the above by finish(), for dsm::Config.
  void finish();
  std::vector<dsm::ErrorRow> rows;
  std::vector<dsm::DevicePolicy> device_policies;
};

// The numbers that the DSM keeps, and where.
struct DsmField {
  Number number;
  uint32_t dsm::Config::*field;
  const char* name;  // of the field
};
std::span<const DsmField> dsm_fields();
// Null for the numbers that are its host's.
uint32_t dsm::Config::*dsm_field(Number number);

// Gives the DSM what the profile says. `config` must not outlive it.
void apply(const Profile& profile, dsm::Config& config);

}  // namespace profile
