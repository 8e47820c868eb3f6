// What a completion means for the command that completed. The answer of Module::interpret().
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "dsm/types.h"

namespace dsm {

// How the command ended below SCSI. `delivered`: the target answered, look at status and sense.
// With every other value but not_sent the command may still execute (the late-write hazard is the
// host's to handle).
enum class TransportOutcome : uint8_t {
  delivered,
  connection_lost,  // the connection ended with the command outstanding
  silent,           // no answer within the deadline
  not_sent,         // never left this machine
  no_device,  // the adapter or the network says that nobody is there (selection timeout and its
              // sisters)
  bus_reset,  // lost to a reset that somebody asked for
  overrun,    // more or less data than wanted: the transfer may be torn
  busy,       // the adapter or the port driver had no room
  other,
};
const char* name_of(TransportOutcome outcome);

// From SRB_STATUS_*: the flag bits QUEUE_FROZEN (40h) and AUTOSENSE_VALID (80h) are masked off
// first.
TransportOutcome transport_from_srb_status(uint8_t srb_status);

struct Completion {
  TransportOutcome outcome = TransportOutcome::delivered;
  uint8_t scsi_status = 0;  // scsi::Status; meaningful when delivered or when sense is present
  base::Bytes sense;        // empty when none came
  uint8_t opcode = 0;       // CDB byte 0
  bool is_rw = false;       // a read or a write of any length
  TimeNs now = 0;
};

enum class Target : uint8_t {
  any,         // select() again
  same_path,   // this nexus, if it is still a candidate; else select()
  other_path,  // select() again; the DSM has steered away from this one where it could
};

enum class Interval : uint8_t { immediate, host_default, milliseconds };

// What the layer above is expected to do with a command that is given back: the class driver on
// Windows, the disk itself in user space.
enum class Advice : uint8_t {
  report,       // an answer for the client: good, medium error, reservation conflict ...
  retry_now,    // the command was not executed; send it again (counts against the host's own limit)
  retry_later,  // the same, after a pause: busy, task set full, becoming ready
};

struct Verdict {
  bool retry = false;  // the host sends it again, by the fields below
  Target target = Target::any;
  bool free = false;  // the retry does not count (DSM_RETRY_DONT_DECREMENT)
  Interval interval = Interval::host_default;
  uint32_t interval_ms = 0;
  // The nexus is failed (DSM_FATAL_ERROR). The host holds new I/O as its contract says, reports the
  // path (path_failed or invalidate_path), and sends the command again by select().
  bool failover = false;
  bool give_back = false;  // neither of the two: the completion belongs to the layer above
  Advice advice = Advice::report;
  uint16_t row = 0;  // index of the error row that decided; see dsm/error_table.h
};

}  // namespace dsm
