// REPORT and SET TARGET PORT GROUPS: parameter data both ways. SPC-4 6.33, 6.45, 5.15.2.
//
// An answer is validated as a whole before anything is believed: a truncated or contradictory list
// yields a defect and the groups that were well-formed, and it is the caller's to decide what a
// defective answer is worth.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/fixed_vector.h"

namespace scsi {

// Asymmetric access states, SPC-4 table 306. The values 4h to Dh that are not listed are reserved.
enum class AccessState : uint8_t {
  active_optimized = 0x0,
  active_nonoptimized = 0x1,
  standby = 0x2,
  unavailable = 0x3,
  lba_dependent = 0x4,
  offline = 0xe,
  transitioning = 0xf,
};
// "active/optimized", ...; "reserved" for other values.
std::string_view name_of(AccessState state);
bool is_known(AccessState state);

inline constexpr size_t kMaxGroups = 32;
inline constexpr size_t kMaxPortsPerGroup = 32;

struct TargetPortGroup {
  uint16_t id = 0;
  AccessState state = AccessState::active_optimized;
  bool preferred = false;
  uint8_t supported_states =
      0;  // bit 0 AO, 1 AN, 2 SB, 3 UN, 4 LBA dependent, 6 offline, 7 transitioning
  uint8_t status_code = 0;  // 1: by SET TARGET PORT GROUPS, 2: implicitly
  base::FixedVector<uint16_t, kMaxPortsPerGroup> ports;  // relative target port identifiers
};

enum class GroupsDefect : uint8_t {
  none,
  too_short,         // not even a header
  length_too_large,  // the header claims more than there is
  cut_group,         // a group descriptor or its port list does not fit
  duplicate_group,
  duplicate_port,  // a port in two groups, or twice in one
  unknown_state,
  too_many,   // more groups or ports than the capacities above
  no_groups,  // for who asked through a port, which belongs to a group; the decoder takes it
};
const char* name_of(GroupsDefect defect);

struct TargetPortGroups {
  base::FixedVector<TargetPortGroup, kMaxGroups> groups;
  bool extended = false;
  uint8_t implicit_transition_time_s = 0;    // extended header only; 0: not reported
  GroupsDefect defect = GroupsDefect::none;  // the first found

  const TargetPortGroup* find(uint16_t id) const;
};

// Decodes into `out` (about 2.6 KiB: the caller chooses where that lives). False when out.defect is
// not none.
bool decode_target_port_groups(base::Bytes bytes, TargetPortGroups& out);
// Returns the full length, writes what fits.
size_t encode_target_port_groups(base::MutableBytes out, const TargetPortGroups& groups);

// One descriptor of SET TARGET PORT GROUPS.
struct SetGroup {
  uint16_t id = 0;
  AccessState state = AccessState::active_optimized;
};
inline constexpr size_t kSetGroupsHeaderBytes = 4;
inline constexpr size_t kSetGroupBytes = 4;
// Empty when the list is cut or longer than the capacity. States are as sent: reserved ones are the
// caller's to refuse.
std::optional<base::FixedVector<SetGroup, kMaxGroups>> decode_set_groups(base::Bytes bytes);
// Returns the full length, writes what fits.
size_t encode_set_groups(base::MutableBytes out, std::span<const SetGroup> groups);

}  // namespace scsi
