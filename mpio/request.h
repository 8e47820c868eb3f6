// A client's request on its way: one command at a time, split where the target's limits demand it,
// tried again as often as the verdicts and budgets allow. Inside mpio/ only.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dsm/select.h"
#include "mpio/block_device.h"
#include "mpio/path_link.h"
#include "mpio/scsi_device.h"
#include "mpio/unsettled.h"

namespace mpio {

class DiskLane;

// What the request's present command does.
enum class RequestStep : uint8_t {
  transfer,        // READ or WRITE
  synchronise,     // SYNCHRONIZE CACHE: flush, or the second half of a forced-unit-access write
  unmap,           // UNMAP
  write_same,      // WRITE SAME(16) of a block of zeros, with UNMAP where that is allowed
  write_zeros,     // WRITE of zeros, for targets that have no WRITE SAME
  client_command,  // the client's own CDB, see Request::scsi
};

struct Request {
  BlockRequest* block = nullptr;
  // The client speaks SCSI: `block` only stands in for it where requests are alike.
  ScsiRequest* scsi = nullptr;
  bool scsi_changes = false;  // may change blocks: these, or any at all
  bool scsi_changes_any = false;
  bool scsi_moves_blocks = false;  // reads or writes them
  uint64_t reservation = 0;        // which of the client's RESERVEs it was sent under; 0: none
  DiskLane* lane = nullptr;
  uint64_t number = 0;
  RequestStep step = RequestStep::transfer;
  uint64_t lba = 0;  // of the present command
  uint32_t blocks = 0;
  uint64_t done_blocks = 0;  // of the whole request, before the present command
  LinkCommand command;
  std::vector<IoSlice> slices;  // of the present command, where it is only a part
  std::array<uint8_t, 24> unmap_list{};
  dsm::Token token;
  SessionId session;   // where the command is or was last ...
  uint64_t login = 0;  // ... and which login of it

  uint64_t submitted_ns = 0;
  uint64_t sent_ns = 0;
  uint64_t first_sent = 0;        // epoch, see UnsettledWrites; of the present command
  uint64_t first_failure_ns = 0;  // 0: all went well so far
  uint64_t blocked_since_ns = 0;  // 0: not waiting for a path
  uint64_t not_before_ns = 0;
  uint32_t counted_retries = 0;
  uint32_t attempts = 0;  // failed ones of the present command
  bool held_by_unsettled = false;
  bool was_held = false;                // at any time: its latency is that of the late-write rule
  dsm::Slot same_slot = dsm::kNoSlot;   // where the next try should go ...
  dsm::Slot avoid_slot = dsm::kNoSlot;  // ... or should not, where the policy leaves another

  Request* next = nullptr;  // in the list of those that wait

  bool changes_blocks() const {
    if (step == RequestStep::client_command) {
      return scsi_changes;
    }
    return step != RequestStep::synchronise && block->op != BlockOp::read;
  }
  // Of those blocks, how many from `lba` on.
  uint64_t reach_blocks() const { return scsi_changes_any ? UINT64_MAX : blocks; }
  // Reads or writes blocks, with data.
  bool is_rw() const {
    return step == RequestStep::transfer || step == RequestStep::write_zeros ||
           (step == RequestStep::client_command && scsi_moves_blocks);
  }
  uint64_t total_blocks(uint32_t block_bytes) const { return block->length_bytes / block_bytes; }
};

// Limits of the target that shape commands.
struct CommandLimits {
  uint32_t block_bytes = 512;
  uint32_t transfer_blocks = 16384;
  uint32_t unmap_blocks = 0;       // 0: UNMAP is not supported
  uint32_t write_same_blocks = 0;  // 0: not refused, but nobody said how many
  bool write_same_unmap = false;
  bool write_same_refused = false;  // seen to be unsupported
};

// Makes the next command of the request. False: there is none left.
bool prepare_command(Request& request, const CommandLimits& limits);
// Makes the only command of a request with `scsi`.
void prepare_client_command(Request& request);
// May a command be sent again although it may have been executed already? Not when the second time
// would end otherwise, or do something else.
bool may_be_repeated(uint8_t opcode);

}  // namespace mpio
