// The methods of a LUN's classes. None of its data can be set: what can be changed is changed by
// methods.
#include "windows/driver/wmi/answer.h"
#include "windows/driver/wmi/set_policy.h"
#include "windows/driver/wmi/wire.h"

namespace driver {
namespace {

NTSTATUS run_set_policy(AtPassive here, Driver& driver, const DSM_IDS& ids, ULONG method,
                        base::Bytes in, ULONG& out_bytes, UCHAR* buffer) {
  constexpr ULONG kNeeded = sizeof(wire::MethodStatus);
  if (out_bytes < kNeeded || buffer == nullptr) {
    out_bytes = kNeeded;
    return STATUS_BUFFER_TOO_SMALL;
  }
  const ULONG version = method == wire::kSetPolicy ? wire::kVersion1 : wire::kVersion2;
  const NTSTATUS status = set_policy(here, driver, ids, version, in);
  const wire::MethodStatus told{static_cast<ULONG>(status)};
  std::memcpy(buffer, &told, sizeof(told));
  out_bytes = kNeeded;
  return status;
}

void clear_counters(AtPassive here, Engine& engine, const Device& device) {
  const dsm::LunId lun = device.lun->id;
  engine.tell(here, dsm::event::of_lun(dsm::EventKind::clear_statistics, now_ns(), lun));
  engine.for_each_device([lun](Device& each) {
    if (each.lun->id == lun) {
      each.failovers = 0;
    }
  });
}

}  // namespace

NTSTATUS NTAPI execute_lun_method(PVOID context, DSM_IDS* ids, IRP*, ULONG guid_index,
                                  ULONG instance, ULONG method, ULONG in_bytes, ULONG* out_bytes,
                                  UCHAR* buffer, ...) {
  if (const NTSTATUS status = check_class(guid_index, wire::kLunClasses, instance);
      !NT_SUCCESS(status)) {
    *out_bytes = 0;
    return status;
  }
  const bool sets = guid_index == wire::kOperations &&
                    (method == wire::kSetPolicy || method == wire::kSetPolicyV2);
  const bool clears = guid_index == wire::kMethods && method == wire::kClearCounters;
  if (!sets && !clears) {
    *out_bytes = 0;
    return STATUS_WMI_ITEMID_NOT_FOUND;
  }
  if (!are_devices(ids)) {
    *out_bytes = 0;
    return STATUS_INVALID_PARAMETER;
  }
  constexpr AtPassive here = AtPassive::promised();
  Driver& driver = driver_of(context);
  if (clears) {
    *out_bytes = 0;
    clear_counters(here, driver.engine, device_of(ids->IdList[0]));
    return STATUS_SUCCESS;
  }
  const base::Bytes in(buffer, buffer != nullptr ? in_bytes : 0);
  return run_set_policy(here, driver, *ids, method, in, *out_bytes, buffer);
}

NTSTATUS NTAPI set_lun_class(PVOID, DSM_IDS*, IRP*, ULONG guid_index, ULONG instance, ULONG, UCHAR*,
                             ...) {
  const NTSTATUS status = check_class(guid_index, wire::kLunClasses, instance);
  return NT_SUCCESS(status) ? STATUS_WMI_READ_ONLY : status;
}

}  // namespace driver
