// InterpretErrorEx: the DSM's verdict in MPIO's words.
#include "windows/driver/driver.h"
#include "windows/driver/srb.h"

namespace driver {
namespace {

// In seconds, as MPIO takes it. MAXLONG: its own standard value.
LONG interval_of(const dsm::Verdict& verdict) {
  constexpr uint32_t kMsPerSecond = 1000;
  switch (verdict.interval) {
    case dsm::Interval::immediate:
      return 0;
    case dsm::Interval::milliseconds:
      return static_cast<LONG>((verdict.interval_ms + kMsPerSecond - 1) / kMsPerSecond);
    case dsm::Interval::host_default:
      break;
  }
  return MAXLONG;
}

}  // namespace

ULONG NTAPI interpret_error(PVOID context, PVOID dsm_id, SCSI_REQUEST_BLOCK* srb, NTSTATUS* status,
                            BOOLEAN* retry, LONG* retry_interval, ...) {
  *retry = FALSE;
  *retry_interval = MAXLONG;
  // Without a request block there is only the packet's status to go by.
  if (dsm_id == nullptr || (srb == nullptr && !says_no_device(*status))) {
    return 0;
  }
  const RequestOutcome outcome =
      srb != nullptr ? outcome_of(*srb, *status)
                     : RequestOutcome{.transport = dsm::TransportOutcome::no_device};
  const base::Bytes cdb = srb != nullptr ? view_of(*srb).cdb : base::Bytes();
  const dsm::Completion completion{.outcome = outcome.transport,
                                   .scsi_status = outcome.scsi_status,
                                   .sense = outcome.sense,
                                   .opcode = cdb.empty() ? uint8_t{0} : cdb[0],
                                   .is_rw = dsm::direction_of(cdb) != dsm::Direction::none,
                                   .now = now_ns()};
  bool known = false;
  Engine& engine = driver_of(context).engine;
  Device& device = device_of(dsm_id);
  const dsm::Verdict verdict = engine.interpret(device, completion, known);
  if (!known) {
    *retry = TRUE;  // too many errors at once: MPIO counts this one and asks again
    return 0;
  }
  if (verdict.failover) {
    return DSM_FATAL_ERROR;
  }
  *retry = verdict.retry ? TRUE : FALSE;
  *retry_interval = interval_of(verdict);
  // MPIO sets no limit to what is not counted: it would go round for ever where no path accepts
  // commands, and none is about to.
  const bool goes_nowhere =
      verdict.target == dsm::Target::other_path && !engine.accepts_commands(*device.lun);
  return verdict.retry && verdict.free && !goes_nowhere ? DSM_RETRY_DONT_DECREMENT : 0;
}

}  // namespace driver
