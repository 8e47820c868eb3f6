// A command of the DSM's own (REPORT TARGET PORT GROUPS and the like): packet, request block,
// buffers. It ends by being queued at the engine, which lets go of it.
#pragma once

#include <atomic>

#include "windows/driver/engine.h"

namespace driver {

struct OwnCommand : Signal {
  OwnCommand() : Signal(Kind::command_done) {}

  // Null: no memory.
  static OwnCommand* create(Engine& engine, const dsm::Action& action, base::Bytes data_out,
                            DEVICE_OBJECT& target);
  // To `target`; through MPIO, if it knows the device already, so that it counts the command.
  // True: it has ended already, and is the caller's to queue.
  bool submit(DEVICE_OBJECT& target, PVOID mpio_context, Device* device);
  // How it ended.
  dsm::Event event() const;
  void destroy();

 private:
  static constexpr size_t kSenseBytes = 252;

  bool end_part();
  bool prepare(const dsm::Send& send, base::Bytes data_out, DEVICE_OBJECT& target);
  static NTSTATUS NTAPI on_done(DEVICE_OBJECT* device, IRP* irp, PVOID context);

  Engine* engine_ = nullptr;
  dsm::LunId lun_ = 0;
  dsm::NexusId nexus_ = 0;
  dsm::CommandId id_ = 0;
  IRP* irp_ = nullptr;
  MDL* mdl_ = nullptr;
  uint8_t* data_ = nullptr;
  uint32_t data_bytes_ = 0;
  NTSTATUS status_ = STATUS_SUCCESS;
  PVOID mpio_context_ = nullptr;
  Device* device_ = nullptr;
  // Whether MPIO has taken it is only known when the call that sends it has come back, which may be
  // after its end: whoever of the two comes second ends it.
  std::atomic<unsigned> parts_left_{2};
  bool accepted_ = false;
  SCSI_REQUEST_BLOCK srb_{};
  uint8_t sense_[kSenseBytes] = {};
};

}  // namespace driver
