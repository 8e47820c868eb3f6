// SrbDeviceControl: PERSISTENT RESERVE OUT over all paths of a LUN, as one operation of the DSM.
// MPIO's packet is not sent anywhere: the DSM's own commands carry the parameter list, and what the
// target has said is written into the request block at the end. docs/reservations.md.
#include "dsm/reservation/request.h"
#include "scsi/opcodes.h"
#include "scsi/persistent_reservation.h"
#include "scsi/sense.h"
#include "windows/driver/driver.h"
#include "windows/driver/pool.h"
#include "windows/driver/srb.h"

namespace driver {
namespace {

constexpr uint16_t kParameterListLengthError = 0x1a00;
constexpr uint16_t kInvalidFieldInCdb = 0x2400;

// For the request block and for the packet.
struct Ending {
  NTSTATUS status = STATUS_SUCCESS;
  uint8_t srb_status = SRB_STATUS_SUCCESS;
  uint8_t scsi_status = scsi::kGood;
  scsi::Sense sense;  // of a CHECK CONDITION
  uint32_t bytes = 0;
};

Ending failed(NTSTATUS status, uint8_t srb_status) {
  return {.status = status, .srb_status = srb_status};
}

// What a port driver makes of an answer.
Ending answered(uint8_t scsi_status, const scsi::Sense& sense, uint32_t bytes) {
  if (scsi_status == scsi::kGood) {
    return {.bytes = bytes};
  }
  return {.status = STATUS_IO_DEVICE_ERROR,
          .srb_status = SRB_STATUS_ERROR,
          .scsi_status = scsi_status,
          .sense = sense};
}

Ending refused(uint16_t code) {
  return answered(scsi::kCheckCondition, scsi::make_sense(scsi::kIllegalRequest, code), 0);
}

// Where the sender's data begin in its locked pages: there the block's address means no more.
// UINT32_MAX: not `bytes` of them are inside.
ULONG place_in(const MDL& pages, const void* named, size_t bytes) {
  const auto from = reinterpret_cast<ULONG_PTR>(named) -
                    reinterpret_cast<ULONG_PTR>(MmGetMdlVirtualAddress(&pages));
  const ULONG there = MmGetMdlByteCount(&pages);
  return from > there || bytes > there - from ? UINT32_MAX : static_cast<ULONG>(from);
}

// Copies the parameter list: what is looked at is then what is sent, whatever the sender does.
Ending read_list(const IRP& irp, const SCSI_REQUEST_BLOCK& srb, base::MutableBytes out) {
  const void* from = data_buffer_of(srb);
  if (irp.MdlAddress != nullptr) {
    const ULONG place = place_in(*irp.MdlAddress, from, out.size());
    if (place == UINT32_MAX) {
      return failed(STATUS_INVALID_PARAMETER, SRB_STATUS_INVALID_REQUEST);
    }
    const auto* const mapped = static_cast<const uint8_t*>(
        MmGetSystemAddressForMdlSafe(irp.MdlAddress, NormalPagePriority | MdlMappingNoExecute));
    if (mapped == nullptr) {
      return failed(STATUS_INSUFFICIENT_RESOURCES, SRB_STATUS_INTERNAL_ERROR);
    }
    from = mapped + place;
  }
  if (from == nullptr) {
    return failed(STATUS_INVALID_PARAMETER, SRB_STATUS_INVALID_REQUEST);
  }
  std::memcpy(out.data(), from, out.size());
  return {};
}

Ending ending_of(const dsm::OperationResult& result, uint32_t bytes) {
  switch (result.status.code()) {
    case base::Code::ok: {
      const dsm::TargetAnswer& said = result.answer;
      scsi::Sense sense;
      sense.key = said.sense_key;
      sense.asc = said.asc;
      sense.ascq = said.ascq;
      return answered(said.scsi_status, sense, bytes);
    }
    case base::Code::not_found:
      return failed(STATUS_NO_SUCH_DEVICE, SRB_STATUS_NO_DEVICE);
    case base::Code::conflict: {
      // Another one is under way: the sender is to come again.
      Ending busy = failed(STATUS_DEVICE_BUSY, SRB_STATUS_BUSY);
      busy.scsi_status = scsi::kBusy;
      return busy;
    }
    default:
      return failed(STATUS_IO_DEVICE_ERROR, SRB_STATUS_ERROR);
  }
}

// Its operation and its result are too much for its caller's frame as well.
[[gnu::noinline]] Ending run(AtPassive here, Engine& engine, const Device& device, const IRP& irp,
                             const SCSI_REQUEST_BLOCK& srb) {
  const RequestView view = view_of(srb);
  const auto command = scsi::read_persistent_reserve_out(view.cdb);
  if (!command) {
    return refused(kInvalidFieldInCdb);
  }
  const uint32_t bytes = command->parameter_bytes;
  if (bytes > view.bytes) {
    return failed(STATUS_INVALID_PARAMETER, SRB_STATUS_INVALID_REQUEST);
  }
  if (bytes < scsi::kReserveOutBytes) {
    return refused(kParameterListLengthError);
  }
  PoolBuffer<uint8_t> list(bytes, kBufferTag);
  if (!list.valid()) {
    return failed(STATUS_INSUFFICIENT_RESOURCES, SRB_STATUS_INTERNAL_ERROR);
  }
  if (const Ending unread = read_list(irp, srb, {list.data(), list.size()});
      !NT_SUCCESS(unread.status)) {
    return unread;
  }
  dsm::Operation operation;
  operation.kind = dsm::OperationKind::reserve_out;
  operation.lun = device.lun->id;
  const base::Bytes copy(list.data(), list.size());
  if (!dsm::read_reserve_request(view.cdb, copy, operation.reserve)) {
    return refused(kParameterListLengthError);
  }
  return ending_of(engine.run(here, operation, copy), bytes);
}

Ending handle(AtPassive here, Engine& engine, const DSM_IDS* ids, const IRP& irp,
              const SCSI_REQUEST_BLOCK& srb) {
  if (ids == nullptr || ids->Count == 0) {
    return failed(STATUS_NO_SUCH_DEVICE, SRB_STATUS_NO_DEVICE);
  }
  const base::Bytes cdb = view_of(srb).cdb;
  if (cdb.empty() || cdb[0] != scsi::kPersistentReserveOut) {
    // CategorizeRequest gives the DSM nothing else to handle.
    return failed(STATUS_INVALID_DEVICE_REQUEST, SRB_STATUS_INVALID_REQUEST);
  }
  return run(here, engine, device_of(ids->IdList[0]), irp, srb);
}

void put_ending(SCSI_REQUEST_BLOCK& srb, const Ending& ending) {
  uint8_t sense[18] = {};
  const size_t sense_bytes = ending.scsi_status == scsi::kCheckCondition
                                 ? scsi::encode_fixed_sense(sense, ending.sense)
                                 : 0;
  put_answer(srb, {.srb_status = ending.srb_status,
                   .scsi_status = ending.scsi_status,
                   .sense = base::Bytes(sense, sense_bytes),
                   .bytes = ending.bytes});
}

}  // namespace

// Comes back when all is over, so the status is never STATUS_PENDING. MPIO completes the packet.
NTSTATUS NTAPI srb_device_control(PVOID context, DSM_IDS* ids, IRP* irp, SCSI_REQUEST_BLOCK* srb,
                                  KEVENT* event) {
  Ending ending = failed(STATUS_INVALID_DEVICE_REQUEST, SRB_STATUS_INVALID_REQUEST);
  if (srb != nullptr) {
    ending = handle(AtPassive::promised(), driver_of(context).engine, ids, *irp, *srb);
    put_ending(*srb, ending);
  }
  irp->IoStatus.Status = ending.status;
  irp->IoStatus.Information = ending.bytes;
  KeSetEvent(event, 0, FALSE);
  return ending.status;
}

}  // namespace driver
