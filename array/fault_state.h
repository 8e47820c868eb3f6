// What the faults have set and the array acts upon. Plain state: who sets it is array/fault.h, what
// it does to answers is array/lies.h. Counters count down, one task (or request) each.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scsi/target_port_groups.h"

namespace array {

// How REPORT TARGET PORT GROUPS is answered.
enum class RtpgLie : uint8_t {
  off,
  stale,          // the states as they were when the fault began
  truncated,      // the last group is cut in the middle
  too_long,       // the header claims more than there is
  empty,          // no groups at all
  duplicate,      // the first group stands there twice
  unknown_group,  // a group that no port belongs to stands where the last one was
  reserved,       // every state is a reserved value
};

// How a VPD page is answered.
enum class PageLie : uint8_t {
  off,
  truncated,   // half of it
  too_long,    // the page length claims more than there is
  wrong_page,  // another page code in the header
  garbage,     // the right header, and noise behind it
};

enum class SenseLie : uint8_t {
  missing,    // CHECK CONDITION without sense data
  truncated,  // three bytes of it
  garbage,    // a reserved response code, and noise behind it
};

// Faults of one port that act on its tasks.
struct PortFaults {
  uint64_t delay_ns = 0;         // before a task is executed
  uint64_t reply_delay_ns = 0;   // between its execution and its answer,
  uint32_t delayed_replies = 0;  // for so many tasks
  uint32_t busy = 0;
  std::optional<uint8_t> busy_opcode;  // those of this operation code only; so for those below
  uint32_t task_set_full = 0;
  std::optional<uint8_t> task_set_full_opcode;
  uint32_t drop_replies = 0;
  uint32_t bad_digests = 0;
  uint32_t sense_count = 0;
  std::optional<uint8_t> sense_opcode;
  uint8_t sense_key = 0;
  uint16_t sense_code = 0;
  uint32_t attentions = 0;
  uint32_t sense_lies = 0;
  SenseLie sense_lie = SenseLie::missing;
  RtpgLie rtpg_lie = RtpgLie::off;
  std::vector<scsi::SetGroup> stale_groups;
  PageLie page_lie = PageLie::off;
  uint8_t page = 0;             // the page that page_lie is about
  bool wrong_identity = false;  // its LUNs have other names in pages 80h and 83h
};

// Faults of SET TARGET PORT GROUPS, for all ports.
struct SetGroupsFaults {
  uint32_t refuse = 0;   // 04/67/0A, and nothing has changed
  uint32_t partial = 0;  // 04/67/0A, and the first group named has changed
  uint32_t ignore = 0;   // GOOD, and nothing has changed
  uint32_t stick = 0;    // GOOD, and the groups named are transitioning until a fault ends that
};

// Counts one down; false when there is none left.
inline bool take_one(uint32_t& counter) {
  if (counter == 0) {
    return false;
  }
  --counter;
  return true;
}

}  // namespace array
