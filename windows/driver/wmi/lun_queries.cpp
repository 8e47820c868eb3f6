// What is asked about a LUN.
#include "windows/driver/lun_view.h"
#include "windows/driver/pool.h"
#include "windows/driver/text.h"
#include "windows/driver/wmi/answer.h"
#include "windows/driver/wmi/lun_answers.h"

namespace driver {
namespace {

// It is the same after every start, and another for another DSM: made of the service's name, in
// capitals. What stands before that depends on the control set that was started, and an address
// would tell where the kernel is.
uint64_t unique_id(const Driver& driver) {
  const WCHAR* const text = driver.parameters.name.Buffer;
  const size_t end = driver.service_key_bytes / sizeof(WCHAR);
  size_t begin = end;
  while (begin > 0 && text[begin - 1] != '\\') {
    --begin;
  }
  uint64_t hash = kHashBasis;
  for (size_t i = begin; i < end; ++i) {
    const unsigned unit = capital_of(text[i]);
    const uint8_t bytes[] = {static_cast<uint8_t>(unit), static_cast<uint8_t>(unit >> 8)};
    hash = hash_of(bytes, hash);
  }
  return hash;
}

NTSTATUS answer_unique_id(Answer& answer, const Driver& driver) {
  const NTSTATUS status = answer.begin(sizeof(wire::UniqueId));
  if (NT_SUCCESS(status)) {
    answer.put(0, wire::UniqueId{unique_id(driver)});
  }
  return status;
}

// A class that is there for its methods. Its instance must be asked for all the same.
NTSTATUS answer_methods(Answer& answer) {
  return answer.begin(sizeof(wire::MethodStatus));
}

}  // namespace

NTSTATUS NTAPI query_lun_class(PVOID context, DSM_IDS* ids, IRP*, ULONG guid_index, ULONG instance,
                               ULONG instances, ULONG* instance_lengths, ULONG available,
                               UCHAR* buffer, ULONG* data_length, ...) {
  Answer answer(available, buffer, instance_lengths, data_length);
  if (const NTSTATUS status = check_class(guid_index, wire::kLunClasses, instance);
      !NT_SUCCESS(status)) {
    return status;
  }
  if (instances != 1 || !are_devices(ids)) {
    return STATUS_INVALID_PARAMETER;
  }
  Driver& driver = driver_of(context);
  switch (guid_index) {
    case wire::kUniqueId:
      return answer_unique_id(answer, driver);
    case wire::kOperations:
    case wire::kMethods:
      return answer_methods(answer);
    default:
      break;
  }
  PoolBuffer<LunView> lun(1, kBufferTag);
  if (!lun.valid()) {
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  if (!view_lun(driver.engine, device_of(ids->IdList[0]).lun->id, lun[0])) {
    return STATUS_NO_SUCH_DEVICE;
  }
  switch (guid_index) {
    case wire::kPolicy:
      return answer_policy(answer, lun[0], *ids);
    case wire::kPolicyV2:
      return answer_policy_v2(answer, lun[0], *ids);
    case wire::kSupportedPolicies:
      return answer_supported_policies(answer, lun[0], wire::kVersion1);
    case wire::kSupportedPoliciesV2:
      return answer_supported_policies(answer, lun[0], wire::kVersion2);
    case wire::kPerformance:
      return answer_performance(answer, driver.engine, *ids);
    default:
      return answer_health(answer, driver.engine, lun[0], *ids);
  }
}

}  // namespace driver
