// The life of a LUN down one path, in the documented order of MPIO's calls.
#include <cstring>

#include "windows/wine/stand_in.h"

namespace stand_in {
namespace {

// A packet with a stack location for MPIO above that of the device, as MPIO holds it.
struct alignas(16) Packet {
  IRP irp{};
  IO_STACK_LOCATION locations[2] = {};
};
Packet the_packet;  // not on the stack, which is small

class Contract {
 public:
  Contract(Report& report, DEVICE_OBJECT& lun)
      : report_(report), dsm_(the_registration.dsm), context_(dsm_.DsmContext), lun_(lun) {
    packet_ = {};
    packet_.irp.Tail.Overlay.CurrentStackLocation = &packet_.locations[1];
    packet_.locations[1].MajorFunction = IRP_MJ_SCSI;
    packet_.locations[1].Parameters.Scsi.Srb = &srb_;
    srb_.Length = sizeof(srb_);
    srb_.OriginalRequest = &packet_.irp;
    srb_.Cdb[0] = 0x28;  // READ(10) of one block
    srb_.Cdb[8] = 1;
    srb_.CdbLength = 10;
    srb_.DataTransferLength = 512;
    srb_.SrbFlags = SRB_FLAGS_DATA_IN;
  }

  void run() {
    refuses_a_stranger();
    if (arrives()) {
      carries_a_command();
      judges_an_error();
      leaves();
    }
  }

 private:
  void refuses_a_stranger() {
    DEVICE_OBJECT* const stranger = make_lun("SOMETHING ELSE  ");
    PVOID id = &id;
    report_.check(stranger != nullptr &&
                      dsm_.DsmInquireDriver(context_, stranger, stranger, nullptr, nullptr, &id) !=
                          STATUS_SUCCESS,
                  "InquireDriver refuses a product that is not in the list");
    report_.check(id == nullptr, "and gives no identifier for it");
    if (stranger != nullptr) {
      IoDeleteDevice(stranger);
    }
  }

  bool arrives() {
    const NTSTATUS status =
        dsm_.DsmInquireDriver(context_, &lun_, &lun_, nullptr, nullptr, &ids_.IdList[0]);
    const bool claimed = status == STATUS_SUCCESS && ids_.IdList[0] != nullptr;
    report_.check(claimed, "InquireDriver claims a product that is in the list");
    if (!claimed) {
      return false;
    }
    ids_.Count = 1;
    const PVOID id = ids_.IdList[0];
    report_.check(dsm_.DsmCompareDevices(context_, id, id) != FALSE,
                  "CompareDevices: a device is the same LUN as itself");
    report_.check(
        dsm_.DsmSetDeviceInfo(context_, &lun_, id, &path_) == STATUS_SUCCESS && path_ != nullptr,
        "SetDeviceInfo gives a path");
    report_.check(dsm_.DsmPathVerify(context_, id, path_) == STATUS_SUCCESS, "PathVerify succeeds");
    report_.check(dsm_.DsmIsPathActive(context_, path_, id) != FALSE, "IsPathActive: it is");
    return true;
  }

  bool finds_the_path() {
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    return dsm_.DsmLBGetPath(context_, &srb_, &ids_, nullptr, &status) == path_ &&
           status == STATUS_SUCCESS;
  }

  void carries_a_command() {
    PVOID path = nullptr;
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    const ULONG category =
        dsm_.DsmCategorizeRequest(context_, &ids_, &packet_.irp, &srb_, nullptr, &path, &status);
    report_.check(category == DSM_PATH_SET && path == path_, "CategorizeRequest sets the path");
    report_.check(finds_the_path(), "LBGetPath finds the path");
    constexpr unsigned kCommands = 1000;
    unsigned completed = 0;
    for (unsigned i = 0; i < kCommands; ++i) {
      if (!finds_the_path()) {
        break;
      }
      srb_.SrbStatus = SRB_STATUS_PENDING;
      DSM_COMPLETION_INFO completion{};
      dsm_.DsmSetCompletion(context_, ids_.IdList[0], &packet_.irp, &srb_, &completion);
      srb_.SrbStatus = SRB_STATUS_SUCCESS;
      if (completion.DsmCompletionRoutine != nullptr) {
        completion.DsmCompletionRoutine(nullptr, &packet_.irp, &srb_, completion.DsmContext);
        ++completed;
      }
    }
    report_.check(completed == kCommands, "SetCompletion counts each of 1,000 commands");
  }

  void judges_an_error() {
    UCHAR sense[18] = {0x70, 0, 6, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x29, 0};  // POWER ON, RESET
    srb_.SrbStatus = SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID;
    srb_.ScsiStatus = 2;
    srb_.SenseInfoBuffer = sense;
    srb_.SenseInfoBufferLength = sizeof(sense);
    NTSTATUS status = STATUS_IO_DEVICE_ERROR;
    BOOLEAN retry = FALSE;
    LONG interval = 0;
    const ULONG verdict =
        dsm_.DsmInterpretErrorEx(context_, ids_.IdList[0], &srb_, &status, &retry, &interval);
    report_.check((verdict & DSM_FATAL_ERROR) == 0 && retry != FALSE,
                  "InterpretErrorEx: a unit attention is retried, and the path stays");
    srb_.SenseInfoBuffer = nullptr;
    srb_.SenseInfoBufferLength = 0;
  }

  void leaves() {
    const PVOID id = ids_.IdList[0];
    report_.check(dsm_.DsmRemovePending(context_, id) == STATUS_SUCCESS, "RemovePending succeeds");
    report_.check(dsm_.DsmRemoveDevice(context_, id, path_) == STATUS_SUCCESS,
                  "RemoveDevice succeeds");
    report_.check(dsm_.DsmRemovePath(context_, path_) == STATUS_SUCCESS, "RemovePath succeeds");
    ids_.Count = 0;
    NTSTATUS status = STATUS_SUCCESS;
    report_.check(dsm_.DsmLBGetPath(context_, &srb_, &ids_, nullptr, &status) == nullptr &&
                      status != STATUS_SUCCESS,
                  "LBGetPath finds none then");
  }

  Report& report_;
  const DSM_INIT_DATA& dsm_;
  PVOID context_;
  DEVICE_OBJECT& lun_;
  Packet& packet_ = the_packet;
  SCSI_REQUEST_BLOCK srb_{};
  DSM_IDS ids_{};
  PVOID path_ = nullptr;
};

}  // namespace

void run_contract(Report& report) {
  const DSM_INIT_DATA& dsm = the_registration.dsm;
  report.check(the_registration.registered, "the driver has registered");
  if (!the_registration.registered) {
    return;
  }
  report.check(dsm.DsmType == DsmType6 && the_registration.bytes == DSM_INIT_DATA_TYPE_6_SIZE &&
                   dsm.InitDataSize == the_registration.bytes,
               "as type 6, with all of the registration");
  DEVICE_OBJECT* const lun = make_lun("SMOKE           ");
  report.check(lun != nullptr, "there is a LUN");
  if (lun != nullptr) {
    Contract(report, *lun).run();
    IoDeleteDevice(lun);
  }
}

}  // namespace stand_in
