// See policy_request.h.
#include "windows/driver/wmi/policy_request.h"

#include "dsm/policy.h"
#include "windows/driver/settings/marks.h"

namespace driver {
namespace {

// An element of either version.
struct Entry {
  ULONGLONG path = 0;
  uint32_t weight = 0;
  bool primary = false;
  bool optimized = true;
  bool preferred = false;
  bool blank = false;  // no mark
};

constexpr size_t entry_bytes(ULONG version) {
  return version == wire::kVersion1 ? sizeof(wire::Path) : sizeof(wire::PathV2);
}

Entry entry_at(base::Bytes in, ULONG version, size_t index) {
  const size_t at = sizeof(wire::Policy) + index * entry_bytes(version);
  if (version == wire::kVersion1) {
    const auto path = get<wire::Path>(in, at);
    return {.path = path.DsmPathId,
            .weight = path.PathWeight,
            .primary = path.PrimaryPath != 0,
            .blank = path.PrimaryPath == 0};
  }
  const auto path = get<wire::PathV2>(in, at);
  return {.path = path.DsmPathId,
          .weight = path.PathWeight,
          .primary = path.PrimaryPath != 0,
          .optimized = path.OptimizedPath != 0,
          .preferred = path.PreferredPath != 0,
          .blank = path.PrimaryPath == 0 && path.OptimizedPath == 0};
}

const Device* device_with(const DSM_IDS& ids, ULONGLONG path) {
  for (ULONG i = 0; i < ids.Count; ++i) {
    const Device& device = device_of(ids.IdList[i]);
    if (device.path_number == path) {
      return &device;
    }
  }
  return nullptr;
}

// Nobody can want these; they are shown without marks.
bool is_mere_state(dsm::EffectiveState state) {
  return state != dsm::EffectiveState::active_optimized &&
         state != dsm::EffectiveState::active_nonoptimized &&
         state != dsm::EffectiveState::standby && state != dsm::EffectiveState::unavailable;
}

bool is_so_already(const LunView& lun, const PathView& path, dsm::Desire desire) {
  if (lun.symmetric || !path.has_access) {
    return false;
  }
  switch (desire) {
    case dsm::Desire::active_optimized:
      return path.access == scsi::AccessState::active_optimized;
    case dsm::Desire::active_nonoptimized:
      return path.access == scsi::AccessState::active_nonoptimized;
    case dsm::Desire::standby:
      return path.access == scsi::AccessState::standby;
    case dsm::Desire::unavailable:
      return path.access == scsi::AccessState::unavailable;
    case dsm::Desire::undetermined:
      break;
  }
  return false;
}

// What is shown can be set again without wanting more than before: a path that does not work keeps
// what is wanted of it, and what the array has made so is not wanted for ever - but for the active
// path of fail over only, which is what that policy is about.
dsm::Desire asked_desire(const Entry& entry, const PathView& path, dsm::PolicyId policy,
                         const LunView& lun) {
  if (policy == dsm::PolicyId::least_service_time) {
    return dsm::Desire::undetermined;  // marks mean nothing to a policy of the vendor's own
  }
  if (entry.blank && is_mere_state(path.effective)) {
    return path.desire;
  }
  const dsm::Desire desire = desire_of(entry.primary, entry.optimized);
  const bool is_the_active =
      policy == dsm::PolicyId::fail_over_only && desire == dsm::Desire::active_optimized;
  const bool array_did =
      dsm::heeds_desires(policy) && !is_the_active && is_so_already(lun, path, desire);
  return array_did ? dsm::Desire::undetermined : desire;
}

NTSTATUS check_form(base::Bytes in, ULONG version, ULONG devices) {
  if (in.size() < sizeof(wire::Policy)) {
    return STATUS_BUFFER_TOO_SMALL;
  }
  const auto head = get<wire::Policy>(in, 0);
  if (head.LoadBalancePolicy == 0) {
    return head.Version <= wire::kVersion2 ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
  }
  const uint64_t needed = sizeof(wire::Policy) + uint64_t{head.DSMPathCount} * entry_bytes(version);
  if (in.size() < needed) {
    return STATUS_BUFFER_TOO_SMALL;
  }
  if (head.Version > wire::kVersion2) {
    return STATUS_NOT_SUPPORTED;
  }
  const bool known =
      head.LoadBalancePolicy <= UINT8_MAX &&
      dsm::find_policy(static_cast<dsm::PolicyId>(head.LoadBalancePolicy)) != nullptr;
  return known && head.DSMPathCount == devices ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

// Each entry is one of the devices, and none is named twice. One without a number can only be one
// that has failed.
NTSTATUS match_entries(base::Bytes in, ULONG version, const LunView& lun, const DSM_IDS& ids,
                       PolicyRequest& out) {
  for (ULONG i = 0; i < ids.Count; ++i) {
    const Entry entry = entry_at(in, version, i);
    if (entry.path == 0) {
      continue;
    }
    const Device* const device = device_with(ids, entry.path);
    if (device == nullptr) {
      return STATUS_INVALID_PARAMETER;
    }
    for (const AskedPath& other : out.paths) {
      if (other.nexus == device->id) {
        return STATUS_INVALID_PARAMETER;
      }
    }
    const PathView* const path = lun.find(device->id);
    if (path != nullptr) {
      static_cast<void>(out.paths.push_back({.nexus = device->id,
                                             .desire = asked_desire(entry, *path, out.policy, lun),
                                             .weight = entry.weight,
                                             .preferred = entry.preferred,
                                             .named = path->live}));
    }
  }
  return STATUS_SUCCESS;
}

bool is_among(const DSM_IDS& ids, dsm::NexusId nexus) {
  for (ULONG i = 0; i < ids.Count; ++i) {
    if (device_of(ids.IdList[i]).id == nexus) {
      return true;
    }
  }
  return false;
}

// Paths that were not named: those that work have to be, unless MPIO does not list them yet.
NTSTATUS add_the_others(const LunView& lun, const DSM_IDS& ids, PolicyRequest& out) {
  for (const PathView& path : lun.paths) {
    bool named = path.nexus == 0;
    for (const AskedPath& asked : out.paths) {
      named = named || asked.nexus == path.nexus;
    }
    if (!named && path.works() && is_among(ids, path.nexus)) {
      return STATUS_INVALID_PARAMETER;
    }
    if (!named && path.live) {
      static_cast<void>(
          out.paths.push_back({.nexus = path.nexus, .desire = path.desire, .weight = path.weight}));
    }
  }
  return STATUS_SUCCESS;
}

// Fail over only: at most one path is preferred. One that has failed and was the active one has its
// place taken by the one that is named active now.
NTSTATUS settle_fail_over(const LunView& lun, PolicyRequest& out) {
  const bool has_preferred = out.policy == dsm::PolicyId::fail_over_only;
  unsigned preferred = 0;
  unsigned active = 0;
  for (AskedPath& path : out.paths) {
    path.preferred = path.preferred && has_preferred;
    preferred += path.preferred ? 1 : 0;
    active += path.desire == dsm::Desire::active_optimized ? 1 : 0;
  }
  for (AskedPath& path : out.paths) {
    if (has_preferred && active > 1 && path.desire == dsm::Desire::active_optimized &&
        !lun.find(path.nexus)->works()) {
      path.desire = dsm::Desire::undetermined;
      --active;
    }
  }
  return preferred > 1 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

}  // namespace

NTSTATUS read_policy_request(base::Bytes in, ULONG version, const LunView& lun, const DSM_IDS& ids,
                             PolicyRequest& out) {
  NTSTATUS status = check_form(in, version, ids.Count);
  if (!NT_SUCCESS(status)) {
    return status;
  }
  out.policy = static_cast<dsm::PolicyId>(get<wire::Policy>(in, 0).LoadBalancePolicy);
  out.can_prefer = version == wire::kVersion2;
  out.paths.clear();
  if (out.policy == dsm::PolicyId::none) {
    return STATUS_SUCCESS;
  }
  status = match_entries(in, version, lun, ids, out);
  if (NT_SUCCESS(status)) {
    status = add_the_others(lun, ids, out);
  }
  return NT_SUCCESS(status) ? settle_fail_over(lun, out) : status;
}

}  // namespace driver
