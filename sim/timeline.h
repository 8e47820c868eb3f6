// What happened in a simulated world, one small record per event: a running fingerprint always, the
// records themselves only when somebody wants to read them. Two runs of one seed must have equal
// fingerprints; a difference means that something looked at an address, the real clock or
// uninitialised memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scsi/cdb.h"

namespace sim {

enum class What : uint8_t {
  // The disk's client.
  io_submitted,  // a: request, b: first block, c: blocks, d: op
  io_done,       // a: request, b: errno
  // One path's transport, as the disk sees it.
  login_started,  // a: path
  login_done,     // a: path, b: LinkResult
  sent,           // a: path, b: operation code, c: subject_of() it, d: blocks
  answered,       // a: path, b: operation code, c: SCSI status, d: sense key and code
  handed_back,    // a: path, b: operation code, c: Delivery
  link_dropped,   // a: path
  link_lost,      // a: path, b: LinkResult
  path_state,     // a: path, b: mpio::PathState before, c: after
  // The target's side.
  delivered,  // a: path, b: operation code, c: subject_of() it, d: 1 when the initiator has given
              // it up already
  request_lost,
  reply_lost,
  // The world.
  fault,         // a: index in the plan, b: FaultKind, c: path or controller, d: 1 begins, 0 ends
  phase,         // a: Phase
  violation,     // a: Invariant
  final_read,    // a: block, b: version
  reserve_sent,  // a: host, b: service action, c: key, d: service action key
  reserve_done,  // a: host, b: service action, c: errno, d: SCSI status
  deed,          // a: index in the plan, b: DeedKind, c: path or host, d: value
};
const char* name_of(What what);

struct Event {
  uint64_t at_ns = 0;
  What what = What::phase;
  uint64_t a = 0;
  uint64_t b = 0;
  uint64_t c = 0;
  uint64_t d = 0;
};
// What a record shows of a command beside its operation code: the LBA, or the service action of a
// PERSISTENT RESERVE command.
uint64_t subject_of(const scsi::Cdb& cdb);
// One line for a person, without a line end.
std::string text_of(const Event& event);

class Timeline {
 public:
  explicit Timeline(bool keep) : keep_(keep) {}

  void add(uint64_t at_ns, What what, uint64_t a = 0, uint64_t b = 0, uint64_t c = 0,
           uint64_t d = 0);
  uint64_t fingerprint() const { return fingerprint_; }
  // Empty unless kept.
  const std::vector<Event>& events() const { return events_; }

 private:
  void mix(uint64_t value) {
    fingerprint_ = (fingerprint_ ^ value) * 0x9e3779b97f4a7c15;
    fingerprint_ ^= fingerprint_ >> 29;
  }

  bool keep_;
  uint64_t fingerprint_ = 0x6473'6d6b'6974;
  std::vector<Event> events_;
};

}  // namespace sim
