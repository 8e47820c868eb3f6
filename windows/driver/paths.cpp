// Paths: verified, taken into use, failed, moved to, removed.
#include "windows/driver/driver.h"

namespace driver {
namespace {

// More than TEST UNIT READY and the reading of access states, with all their retries, need where
// the port driver keeps its time limits. It keeps none for what waits in a queue of its own.
constexpr uint64_t kVerifyLimitNs = 180'000'000'000;

bool move_to(AtPassive here, Engine& engine, const Device& device) {
  dsm::Operation move;
  move.kind = dsm::OperationKind::move;
  move.lun = device.lun->id;
  move.nexus = device.id;
  return engine.run(here, move).status.ok();
}

}  // namespace

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
  verify.deadline = now_ns() + kVerifyLimitNs;
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

// DSM_MOVE_PERMANENT asks for no more than is done anyway: the choice holds until that path goes.
// What is to outlast the machine's start is the preferred path, by WMI. A path that is about to be
// removed (DSM_MOVE_PENDING_REMOVAL) is left like any other.
NTSTATUS NTAPI move_device(PVOID context, DSM_IDS* ids, PVOID mpio_path, PVOID suggested_path,
                           ULONG flags) {
  if (ids == nullptr || ids->Count == 0) {
    return STATUS_NO_SUCH_DEVICE;
  }
  constexpr AtPassive here = AtPassive::promised();
  Engine& engine = driver_of(context).engine;
  for (ULONG i = 0; i < ids->Count; ++i) {
    const Device& device = device_of(ids->IdList[i]);
    if (device.path_number == path_of(suggested_path)) {
      return move_to(here, engine, device) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
    }
  }
  if ((flags & DSM_MOVE_ADMIN_REQUEST) != 0) {
    return STATUS_INVALID_PARAMETER;  // he wants that path and no other
  }
  // MPIO's suggestion is one: any other path than the present one serves as well.
  for (ULONG i = 0; i < ids->Count; ++i) {
    const Device& device = device_of(ids->IdList[i]);
    if (device.path_number != path_of(mpio_path) && move_to(here, engine, device)) {
      return STATUS_SUCCESS;
    }
  }
  return STATUS_UNSUCCESSFUL;
}

NTSTATUS NTAPI remove_path(PVOID context, PVOID path_id) {
  driver_of(context).engine.remove_path(path_of(path_id));
  return STATUS_SUCCESS;
}

}  // namespace driver
