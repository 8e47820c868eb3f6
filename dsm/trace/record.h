// The trace: everything that went into a module and everything that it decided, as a list of binary
// records. The user-space disk, the simulator, the tests and the Windows driver write the same
// ones, so what was recorded anywhere replays anywhere (`dsmkit replay`). docs/traces.md has every
// field; it is made from dsm/trace/layout.h.
//
// A record is {header, body}, little-endian, without padding, at most kMaxRecordBytes long. A trace
// is its records one after another and nothing else: what a trace session of Windows kept of them
// needs only to be put into one file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "dsm/limits.h"
#include "dsm/types.h"

namespace dsm::trace {

// Of the layout. A reader takes no other: a changed field is a new version.
inline constexpr uint16_t kVersion = 1;

inline constexpr size_t kMaxRecordBytes = 4096;
inline constexpr size_t kHeaderBytes = 24;
// What goes beyond this of a command's data comes in `data` records ahead of its event.
inline constexpr size_t kMaxDataBytes = 4000;
inline constexpr size_t kMaxTextBytes = 255;  // longer texts and sense data are cut
// Of set_policy: one more than can be right, so that too many remain too many.
inline constexpr size_t kMaxPathSettings = kMaxPathsPerLun + 1;

enum class RecordKind : uint8_t {
  begin,          // a module begins: who wrote this, and the configuration
  device_policy,  // one of Config::device_policies; they follow `begin`
  vendor_row,     // one of Config::vendor_rows; they follow too
  data,           // a part of the data that the next event brings
  event,          // Module::on(): the event, and how many actions came of it. They follow
  resumed,        // Module::resume(), likewise
  interpreted,    // Module::interpret(): the completion, the verdict, and likewise
  action,         // what the DSM asks of its host
  picked,         // select() chose a path for a client's command
};
std::string_view name_of(RecordKind kind);

// 0: mark, 2: kind, 3: 0, 4: length of all of the record, 8: number, 12: checksum, 16: time.
struct Header {
  RecordKind kind = RecordKind::begin;
  uint32_t length = 0;    // bytes, header included
  uint32_t number = 0;    // 1, 2, ... since the last `begin`, which is 0; a gap is a loss
  uint32_t checksum = 0;  // checksum_of() all of the record, with 0 in this place
  TimeNs now = 0;         // as the host's clock counts
};
inline constexpr uint16_t kMark = 0x5444;  // "DT"

// FNV-1a.
constexpr uint32_t checksum_of(base::Bytes bytes, uint32_t so_far = 0x811c9dc5) {
  for (const uint8_t byte : bytes) {
    so_far = (so_far ^ byte) * 0x01000193U;
  }
  return so_far;
}

}  // namespace dsm::trace
