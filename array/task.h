// One SCSI task at the array, and the I_T nexus it belongs to.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "scsi/cdb.h"
#include "scsi/task_management.h"

namespace array {

struct Nexus;

// An initiator port as iSCSI names it (RFC 7143 4.2.7.2): node name and ISID.
struct InitiatorPort {
  std::string name;
  std::array<uint8_t, 6> isid{};
  friend bool operator==(const InitiatorPort&, const InitiatorPort&) = default;
};

// Owned by the front end, who keeps it and data_out alive until done().
struct Task {
  // In.
  Nexus* nexus = nullptr;
  uint64_t lun = 0;  // the 8 bytes of the LUN field, big-endian
  scsi::Cdb cdb;
  uint64_t tag = 0;  // unique among the nexus's tasks; ABORT TASK names it
  base::Bytes data_out;
  // Called exactly once, perhaps from inside submit(). With `aborted` no response must be sent.
  void (*done)(Task&) = nullptr;
  void* owner = nullptr;
  // Out.
  bool aborted = false;
  bool drop_reply = false;  // executed, but the fault plan wants the response lost
  bool bad_digest = false;  // ... or wants its digests wrong, where there are any
  uint8_t status = 0;
  std::vector<uint8_t>
      data_in;  // at most the CDB's allocation or transfer length; capacity is reused
  std::array<uint8_t, 32> sense{};
  uint8_t sense_bytes = 0;
};

using scsi::FunctionResponse;
using scsi::TaskFunction;

}  // namespace array
