// The interpretation of errors as data. Rows are tried in order, the first that matches decides; a
// vendor's rows stand ahead of the built-in ones. Sense data decides whatever the transport says.
#pragma once

#include <cstdint>
#include <span>

#include "dsm/types.h"
#include "dsm/verdict.h"

namespace dsm {

inline constexpr uint8_t kAnyByte = 0xff;  // in key, asc, ascq, status: not looked at

// What the DSM does besides the verdict.
enum class FollowUp : uint8_t {
  nothing,
  fail_nexus,        // take this nexus out of the plan and find a successor
  rtpg_here,         // read the access states down this nexus; hold new I/O meanwhile
  rtpg_other_group,  // the same, down a nexus of another target port group if there is one
  start_unit,  // START STOP UNIT down this nexus, so that its controller takes the LUN over; hold
               // new I/O meanwhile
  check_registration,               // our reservation key: is it still registered here?
  check_registration_now_and_then,  // the same, but not for each of many
};

enum class Condition : uint8_t {
  always,
  read_or_write,
  read_or_write_and_optimized_elsewhere,  // another nexus with an optimized path is eligible
  unregistered_here,  // a reservation key is registered for this LUN, but not on this nexus
};

// Bit set of TransportOutcome.
constexpr uint16_t outcome_bit(TransportOutcome outcome) {
  return static_cast<uint16_t>(1U << static_cast<unsigned>(outcome));
}
inline constexpr uint16_t kAnyOutcome = 0xffff;

struct ErrorRow {
  const char* name = "";     // stable; appears in traces and in `dsmkit explain sense`
  const char* explain = "";  // one line
  // Match.
  bool needs_sense = false;  // valid, current (not deferred) sense data must be there ...
  bool deferred = false;     // ... or deferred sense data
  uint8_t key = kAnyByte;
  uint8_t asc = kAnyByte;
  uint8_t ascq = kAnyByte;
  uint16_t outcomes = kAnyOutcome;
  uint8_t status = kAnyByte;  // SCSI status; looked at only when the command was delivered
  Condition condition = Condition::always;
  // Answer.
  Verdict verdict;
  FollowUp follow_up = FollowUp::nothing;
  // It is the path that does badly, though the command may go well when it is sent again: counts
  // towards Config::path_error_limit. A row that fails the nexus need not: that is worse.
  bool against_path = false;
};

std::span<const ErrorRow> builtin_rows();

// What a row is compared with; made from a completion by facts_of().
struct ErrorFacts {
  TransportOutcome outcome = TransportOutcome::delivered;
  uint8_t status = 0;
  bool has_sense = false;
  bool deferred = false;
  uint8_t key = 0;
  uint8_t asc = 0;
  uint8_t ascq = 0;
  bool is_rw = false;
  bool optimized_elsewhere = false;
  bool unregistered_here = false;
};
ErrorFacts facts_of(const Completion& completion, bool optimized_elsewhere, bool unregistered_here);
bool matches(const ErrorRow& row, const ErrorFacts& facts);

// Vendor rows first, then the built-in ones; the last built-in row matches everything, so there is
// always one. Its index: vendor rows count from 0, built-in rows from kBuiltinRowBase.
inline constexpr uint16_t kBuiltinRowBase = 0x8000;
struct RowMatch {
  const ErrorRow* row = nullptr;
  uint16_t index = 0;
};
RowMatch find_row(std::span<const ErrorRow> vendor_rows, const ErrorFacts& facts);

}  // namespace dsm
