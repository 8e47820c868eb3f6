// Device-instances: what MPIO asks about them, and their way in and out.
#include "windows/driver/driver.h"
#include "windows/driver/pool.h"

namespace driver {

// The DSM has already decided it: nexuses of one identity stand in one LUN.
BOOLEAN NTAPI compare_devices(PVOID, PVOID dsm_id1, PVOID dsm_id2) {
  return device_of(dsm_id1).lun == device_of(dsm_id2).lun ? TRUE : FALSE;
}

// The DSM does not associate disks with controllers' own devices, and says so.
NTSTATUS NTAPI get_controller_info(PVOID, PVOID dsm_id, ULONG flags, CONTROLLER_INFO** info) {
  if ((flags & DSM_CNTRL_FLAGS_ALLOCATE) != 0) {
    CONTROLLER_INFO* const made = allocate<CONTROLLER_INFO>(kControllerTag);
    if (made == nullptr) {
      return STATUS_INSUFFICIENT_RESOURCES;
    }
    constexpr ULONG kIdBytes = 8;
    made->Identifier.Type = StorageIdCodeSetBinary;
    made->Identifier.Length = kIdBytes;
    base::store_be64(made->Identifier.SerialNumber, device_of(dsm_id).path_number);
    made->State = DSM_CONTROLLER_NO_CNTRL;
    *info = made;
  } else if ((flags & DSM_CNTRL_FLAGS_CHECK_STATE) != 0 && *info != nullptr) {
    (*info)->State = DSM_CONTROLLER_NO_CNTRL;
  }
  return STATUS_SUCCESS;
}

// Without a target the device has a path, but nothing goes down it, and it is not found to work.
NTSTATUS NTAPI set_device_info(PVOID context, DEVICE_OBJECT* target, PVOID dsm_id, PVOID* path_id) {
  Device& device = device_of(dsm_id);
  driver_of(context).engine.set_target(device, target);
  *path_id = handle_of(device.path_number);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI remove_pending(PVOID context, PVOID dsm_id) {
  driver_of(context).engine.tell(
      AtPassive::promised(),
      dsm::event::of_nexus(dsm::EventKind::nexus_removing, now_ns(), device_of(dsm_id).id));
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI remove_device(PVOID context, PVOID dsm_id, PVOID) {
  driver_of(context).engine.remove(AtPassive::promised(), device_of(dsm_id));
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI device_not_used(PVOID context, PVOID dsm_id) {
  return remove_device(context, dsm_id, nullptr);
}

BOOLEAN NTAPI is_address_type_supported(PVOID, ULONG address_type) {
  return address_type == STORAGE_ADDRESS_TYPE_BTL8 ? TRUE : FALSE;
}

}  // namespace driver
