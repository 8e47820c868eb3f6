// See own_command.h.
#include "windows/driver/own_command.h"

#include "windows/driver/pool.h"
#include "windows/driver/srb.h"

namespace driver {

OwnCommand* OwnCommand::create(Engine& engine, const dsm::Action& action, base::Bytes data_out,
                               DEVICE_OBJECT& target) {
  OwnCommand* const command = allocate<OwnCommand>(kCommandTag);
  if (command == nullptr) {
    return nullptr;
  }
  command->engine_ = &engine;
  command->lun_ = action.lun;
  command->nexus_ = action.nexus;
  command->id_ = action.send.id;
  if (!command->prepare(action.send, data_out, target)) {
    command->destroy();
    return nullptr;
  }
  return command;
}

bool OwnCommand::prepare(const dsm::Send& send, base::Bytes data_out, DEVICE_OBJECT& target) {
  const bool reads = send.data_in_capacity != 0;
  data_bytes_ = reads ? send.data_in_capacity : static_cast<uint32_t>(data_out.size());
  irp_ = IoAllocateIrp(static_cast<CCHAR>(target.StackSize + 1), FALSE);
  if (irp_ == nullptr) {
    return false;
  }
  if (data_bytes_ != 0) {
    data_ = static_cast<uint8_t*>(allocate_bytes(data_bytes_, kBufferTag));
    mdl_ = data_ != nullptr ? IoAllocateMdl(data_, data_bytes_, FALSE, FALSE, nullptr) : nullptr;
    if (mdl_ == nullptr) {
      return false;
    }
    MmBuildMdlForNonPagedPool(mdl_);
    if (!reads) {
      std::memcpy(data_, data_out.data(), data_bytes_);
    }
    irp_->MdlAddress = mdl_;
  }
  constexpr uint32_t kMsPerSecond = 1000;
  srb_.Length = sizeof(srb_);
  srb_.Function = SRB_FUNCTION_EXECUTE_SCSI;
  srb_.CdbLength = send.cdb.length;
  std::memcpy(srb_.Cdb, send.cdb.bytes.data(), sizeof(srb_.Cdb));
  srb_.SenseInfoBuffer = sense_;
  srb_.SenseInfoBufferLength = kSenseBytes;
  // The queue may be frozen by the very error that this command is to clear up, and I/O be held
  // until it has; itself it freezes nothing, so there is never a queue for the DSM to release.
  srb_.SrbFlags = SRB_FLAGS_BYPASS_FROZEN_QUEUE | SRB_FLAGS_NO_QUEUE_FREEZE |
                  SRB_FLAGS_QUEUE_ACTION_ENABLE | SRB_FLAGS_DONT_START_NEXT_PACKET |
                  SRB_FLAGS_DISABLE_SYNCH_TRANSFER;
  srb_.QueueAction = SRB_HEAD_OF_QUEUE_TAG_REQUEST;
  if (data_bytes_ != 0) {
    srb_.SrbFlags |= reads ? SRB_FLAGS_DATA_IN : SRB_FLAGS_DATA_OUT;
  }
  srb_.DataBuffer = data_;
  srb_.DataTransferLength = data_bytes_;
  srb_.TimeOutValue = (send.deadline_ms + kMsPerSecond - 1) / kMsPerSecond;
  srb_.OriginalRequest = irp_;
  IO_STACK_LOCATION* const below = IoGetNextIrpStackLocation(irp_);
  below->MajorFunction = IRP_MJ_SCSI;
  below->Parameters.Scsi.Srb = &srb_;
  IoSetCompletionRoutine(irp_, on_done, this, true, true, true);
  return true;
}

bool OwnCommand::submit(DEVICE_OBJECT& target, PVOID mpio_context, Device* device) {
  if (mpio_context != nullptr) {
    mpio_context_ = mpio_context;
    device_ = device;
    accepted_ = NT_SUCCESS(
        DsmSendRequestEx(mpio_context, &target, irp_, device, DSM_CALL_COMPLETION_ON_MPIO_ERROR));
  } else {
    IofCallDriver(&target, irp_);
  }
  return end_part();
}

// MPIO holds references for a request that it has taken, and lets go of them itself when it answers
// with an error. The device lives until the DSM has heard of the end.
bool OwnCommand::end_part() {
  if (parts_left_.fetch_sub(1, std::memory_order_acq_rel) != 1) {
    return false;
  }
  if (accepted_) {
    DsmCompleteRequest(mpio_context_, device_);
  }
  return true;
}

// The packet is ours: nobody above is to see it.
NTSTATUS NTAPI OwnCommand::on_done(DEVICE_OBJECT*, IRP* irp, PVOID context) {
  OwnCommand& command = *static_cast<OwnCommand*>(context);
  command.status_ = irp->IoStatus.Status;
  if (command.end_part()) {
    command.engine_->post(command);
  }
  return STATUS_MORE_PROCESSING_REQUIRED;
}

dsm::Event OwnCommand::event() const {
  RequestOutcome outcome = outcome_of(srb_, status_);
  const bool reads = (srb_.SrbFlags & SRB_FLAGS_DATA_IN) != 0;
  if (reads && outcome.transport == dsm::TransportOutcome::overrun && outcome.scsi_status == 0) {
    // An answer shorter than its buffer is told in the same way.
    outcome.transport = dsm::TransportOutcome::delivered;
  }
  const uint32_t came =
      srb_.DataTransferLength < data_bytes_ ? srb_.DataTransferLength : data_bytes_;
  return dsm::event::command_done(now_ns(), lun_, nexus_,
                                  {.id = id_,
                                   .outcome = outcome.transport,
                                   .scsi_status = outcome.scsi_status,
                                   .sense = outcome.sense,
                                   .data_in = reads ? base::Bytes(data_, came) : base::Bytes()});
}

void OwnCommand::destroy() {
  if (mdl_ != nullptr) {
    IoFreeMdl(mdl_);
  }
  if (irp_ != nullptr) {
    IoFreeIrp(irp_);
  }
  release_block(data_, kBufferTag);
  release_block(this, kCommandTag);
}

}  // namespace driver
