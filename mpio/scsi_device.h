// A logical unit as a client sees it that speaks SCSI itself: any command, the target's own answer.
// mpio::Disk implements it: a path is chosen per command, and what the DSM retries or fails over
// does not show.
//
// Threads: one event loop. submit() never completes a request from inside itself.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "mpio/transport.h"
#include "scsi/cdb.h"

namespace mpio {

// Owned by the caller, who keeps it and its buffers alive until done().
struct ScsiRequest {
  // In.
  scsi::Cdb cdb;
  Direction direction = Direction::none;
  std::span<const IoSlice> slices;  // exactly length_bytes altogether
  uint32_t length_bytes = 0;
  void (*done)(ScsiRequest&) = nullptr;  // called exactly once
  void* owner = nullptr;                 // the caller's
  // Out. With an error (errno: EIO, ETIMEDOUT) the target has said nothing that is for the client;
  // else what it said.
  int error = 0;
  uint8_t scsi_status = 0;
  uint32_t residual_bytes = 0;
  bool overflow = false;
  std::array<uint8_t, 252> sense{};
  uint16_t sense_bytes = 0;

  void* device_state = nullptr;  // the device's
};

class ScsiDevice {
 public:
  virtual void submit(ScsiRequest& request) = 0;

 protected:
  ~ScsiDevice() = default;
};

}  // namespace mpio
