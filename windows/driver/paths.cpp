// Paths: verified, taken into use, failed, moved to, removed.
#include "windows/driver/driver.h"

namespace driver {

BOOLEAN NTAPI is_path_active(PVOID context, PVOID path_id, PVOID dsm_id) {
  Engine& engine = driver_of(context).engine;
  const dsm::NexusId nexus = device_of(dsm_id).id;
  engine.tell(AtPassive::promised(),
              dsm::event::of_nexus(dsm::EventKind::nexus_activated, now_ns(), nexus));
  return engine.is_path_active(path_of(path_id), nexus) ? TRUE : FALSE;
}

NTSTATUS NTAPI path_verify(PVOID context, PVOID dsm_id, PVOID path_id) {
  const Device& device = device_of(dsm_id);
  if (device.path_number != path_of(path_id)) {
    return STATUS_DEVICE_NOT_CONNECTED;
  }
  dsm::Operation verify;
  verify.kind = dsm::OperationKind::verify_path;
  verify.nexus = device.id;
  return driver_of(context).engine.run(AtPassive::promised(), verify).status.ok()
             ? STATUS_SUCCESS
             : STATUS_UNSUCCESSFUL;
}

NTSTATUS NTAPI invalidate_path(PVOID context, ULONG, PVOID path_id, PVOID* new_path_id) {
  dsm::Operation invalidate;
  invalidate.kind = dsm::OperationKind::invalidate_path;
  invalidate.path = path_of(path_id);
  const dsm::OperationResult result =
      driver_of(context).engine.run(AtPassive::promised(), invalidate);
  *new_path_id = result.status.ok() ? handle_of(result.successor) : nullptr;
  return result.status.ok() ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
}

NTSTATUS NTAPI move_device(PVOID context, DSM_IDS* ids, PVOID, PVOID suggested_path, ULONG) {
  const dsm::PathId wanted = path_of(suggested_path);
  for (ULONG i = 0; i < ids->Count; ++i) {
    const Device& device = device_of(ids->IdList[i]);
    if (device.path_number == wanted) {
      dsm::Operation move;
      move.kind = dsm::OperationKind::move;
      move.lun = device.lun->id;
      move.nexus = device.id;
      return driver_of(context).engine.run(AtPassive::promised(), move).status.ok()
                 ? STATUS_SUCCESS
                 : STATUS_UNSUCCESSFUL;
    }
  }
  return STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI remove_path(PVOID context, PVOID path_id) {
  driver_of(context).engine.remove_path(path_of(path_id));
  return STATUS_SUCCESS;
}

}  // namespace driver
