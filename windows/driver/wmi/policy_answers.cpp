// The policy of a LUN, and those that it may have.
#include "dsm/policy.h"
#include "windows/driver/wmi/lun_answers.h"

namespace driver {
namespace {

struct Marks {
  bool primary = false;
  bool optimized = false;
};

// Is it only now, and by the plan's choice, that the path carries nothing? (It is heavier than
// others, or in doubt.) Set again, that must not become what an administrator wants. With fail over
// only it is the policy itself that lets the others stand by.
bool rests_for_now(const LunView& lun, const PathView& path) {
  const bool set_aside = dsm::heeds_desires(lun.effective) &&
                         path.desire != dsm::Desire::undetermined &&
                         path.desire != dsm::Desire::active_optimized;
  const bool optimized =
      lun.symmetric || (path.has_access && path.access == scsi::AccessState::active_optimized);
  return lun.effective != dsm::PolicyId::fail_over_only && optimized && !set_aside;
}

// What the path is; one that does not work is nothing.
Marks marks_of(const LunView& lun, const PathView& path) {
  if (!path.works()) {
    return {};
  }
  switch (path.effective) {
    case dsm::EffectiveState::active_optimized:
      return {true, true};
    case dsm::EffectiveState::active_nonoptimized:
      return {true, rests_for_now(lun, path)};
    case dsm::EffectiveState::standby:
      return {rests_for_now(lun, path), true};
    default:
      return {};
  }
}

constexpr unsigned bit_of(scsi::AccessState state) {
  return 1U << static_cast<unsigned>(state);
}

// Which states besides active/optimized the path may be put into. Where there are no groups, any
// path can stand by.
ULONGLONG possible_states(const LunView& lun, const PathView& path) {
  const unsigned told = path.has_access ? path.supported_states : 0U;
  const bool may_stand_by =
      lun.support == dsm::AluaSupport::none || (told & bit_of(scsi::AccessState::standby)) != 0;
  return (may_stand_by ? wire::kMayStandBy : 0) |
         ((told & bit_of(scsi::AccessState::active_nonoptimized)) != 0 ? wire::kMayBeNonoptimized
                                                                       : 0) |
         ((told & bit_of(scsi::AccessState::unavailable)) != 0 ? wire::kMayBeUnavailable : 0);
}

// The number of a failed path is told too, so that what is queried can be set again.
wire::Path path_v1(const LunView& lun, const PathView& path) {
  return {.DsmPathId = path.path,
          .Reserved = possible_states(lun, path),
          .PathWeight = path.weight,
          .PrimaryPath = marks_of(lun, path).primary ? 1U : 0U};
}

wire::PathV2 path_v2(const LunView& lun, const PathView& path) {
  const Marks marks = marks_of(lun, path);
  // Also while it is down: what is shown is what is wanted, and setting it again must not end that.
  const bool preferred =
      path.live && path.nexus == lun.preferred && lun.policy == dsm::PolicyId::fail_over_only;
  return {.DsmPathId = path.path,
          .Reserved = possible_states(lun, path),
          .PathWeight = path.weight,
          .PrimaryPath = marks.primary ? 1U : 0U,
          .OptimizedPath = marks.optimized ? 1U : 0U,
          .PreferredPath = preferred ? 1U : 0U,
          .FailedPath = path.works() ? 0U : 1U,
          .TargetPortGroup_State =
              path.has_access ? static_cast<ULONG>(path.access) : wire::kNoGroupState,
          .ALUASupport = static_cast<ULONG>(lun.support),
          .SymmetricLUA = static_cast<UCHAR>(lun.symmetric ? 1 : 0),
          .TargetPortGroup_Preferred = static_cast<UCHAR>(path.group_preferred ? 1 : 0),
          .TargetPortGroup_Identifier = path.group,
          .TargetPort_Identifier = path.port,
          .Reserved32 = 0,
          .Reserved64 = 0};
}

// On paths that differ, round robin is replaced by round robin with subset, and so is not offered.
bool is_offered(const dsm::Policy& policy, const LunView& lun, ULONG version) {
  const bool fits = lun.symmetric || policy.on_asymmetric == policy.id;
  // The first version knows the six by name; the vendor's own came to be shown in the second.
  const bool known = version == wire::kVersion2 || policy.id <= dsm::PolicyId::least_blocks;
  return fits && known;
}

template <typename Path, typename Make>
NTSTATUS answer_with_paths(Answer& answer, const LunView& lun, const DSM_IDS& ids, ULONG version,
                           Make make) {
  const NTSTATUS status = answer.begin(sizeof(wire::Policy) + ids.Count * sizeof(Path));
  if (!NT_SUCCESS(status)) {
    return status;
  }
  answer.put(0, wire::Policy{.Version = version,
                             .LoadBalancePolicy = static_cast<ULONG>(lun.effective),
                             .DSMPathCount = ids.Count,
                             .Reserved = 0});
  for (ULONG i = 0; i < ids.Count; ++i) {
    const Device& device = device_of(ids.IdList[i]);
    const PathView* const path = lun.find(device.id);
    const PathView gone{.path = device.path_number};
    answer.put(sizeof(wire::Policy) + i * sizeof(Path), make(lun, path != nullptr ? *path : gone));
  }
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS answer_policy(Answer& answer, const LunView& lun, const DSM_IDS& ids) {
  return answer_with_paths<wire::Path>(answer, lun, ids, wire::kVersion1, path_v1);
}

NTSTATUS answer_policy_v2(Answer& answer, const LunView& lun, const DSM_IDS& ids) {
  return answer_with_paths<wire::PathV2>(answer, lun, ids, wire::kVersion2, path_v2);
}

NTSTATUS answer_supported_policies(Answer& answer, const LunView& lun, ULONG version) {
  ULONG count = 0;
  for (const dsm::Policy& policy : dsm::policies()) {
    count += is_offered(policy, lun, version) ? 1 : 0;
  }
  const NTSTATUS status = answer.begin(sizeof(wire::Count) + count * sizeof(wire::Policy));
  if (!NT_SUCCESS(status)) {
    return status;
  }
  answer.put(0, wire::Count{count, 0});
  size_t at = sizeof(wire::Count);
  for (const dsm::Policy& policy : dsm::policies()) {
    if (is_offered(policy, lun, version)) {
      answer.put(at, wire::Policy{.Version = version,
                                  .LoadBalancePolicy = static_cast<ULONG>(policy.id),
                                  .DSMPathCount = 0,
                                  .Reserved = 0});
      at += sizeof(wire::Policy);
    }
  }
  return STATUS_SUCCESS;
}

}  // namespace driver
