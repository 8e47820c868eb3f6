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
  uint32_t overflow_bytes = 0;  // so many more there were, where that is known
  std::array<uint8_t, 252> sense{};
  uint16_t sense_bytes = 0;

  void* device_state = nullptr;  // the device's
};

class ScsiDevice {
 public:
  virtual void submit(ScsiRequest& request) = 0;
  // The client has the unit to itself by RESERVE: other clients' commands end with a conflict until
  // it releases the unit or its nexus ends.
  virtual bool holds_unit() const = 0;
  // A unit attention (ASC and ASCQ) that concerns the client and that no target will announce; it
  // is told once. 0: there is none.
  virtual uint16_t take_attention() = 0;

 protected:
  ~ScsiDevice() = default;
};

}  // namespace mpio
