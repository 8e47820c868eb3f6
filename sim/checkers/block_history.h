// What a read may show: the memory of every write a client made, block by block.
//
// A block device promises little about writes that overlap in time, but it does promise this, and
// exactly this is checked. Write A is *before* write B of the same block when A had ended (with
// success or with an error) before B was submitted. Then, once B was acknowledged, or once any read
// showed B, no read submitted later may show A: that would be a lost write (B is gone) or a
// resurrected one (A came back, for instance out of the queue of a target that had been frozen). A
// write that ended with an error may show or not until then.
//
// Order is counted in ticks of its own, not in time: two things at the same nanosecond still have
// an order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/findings.h"

namespace sim {

// Names one write request; the workload stamps it into every block that it writes. 0 is a block of
// zeros.
using WriteId = uint64_t;

enum class WriteKind : uint8_t {
  data,    // the blocks show the id
  zeroes,  // the blocks show zeros
  hint,    // trim: zeros, or what was there before
};

class BlockHistory {
 public:
  explicit BlockHistory(uint64_t block_count);

  // A write of `count` blocks is submitted; ids start at 1 and grow.
  WriteId begin_write(uint64_t first_block, uint64_t count, WriteKind kind);
  void end_write(WriteId id, bool acknowledged);

  // Hand the mark of a read's submission to check_read().
  uint64_t mark() { return ++tick_; }
  struct Verdict {
    Invariant invariant;
    std::string text;
  };
  // Judges one block of a read that was submitted at `mark` and has just completed, and remembers
  // what it showed. Nothing when all is well. `shown` is not an id at all when `readable` is false
  // (rubbish in the block).
  std::optional<Verdict> check_read(uint64_t block, uint64_t mark, WriteId shown,
                                    bool readable = true);

  uint64_t block_count() const { return blocks_.size(); }
  // Some write of it has not ended yet.
  bool busy(uint64_t first_block, uint64_t count) const;

 private:
  static constexpr uint64_t kNever = UINT64_MAX;
  struct Write {
    WriteId id = 0;
    WriteKind kind = WriteKind::zeroes;
    bool acknowledged = false;
    uint64_t begun = 0;
    uint64_t ended = kNever;
    uint64_t seen = kNever;  // tick of the first read that certainly showed it
  };
  struct Extent {
    uint64_t first_block = 0;
    uint64_t count = 0;
  };

  // The write that forbids showing `write` to a read submitted at `mark`, if there is one.
  static const Write* overwriter(const std::vector<Write>& writes, const Write& write,
                                 uint64_t mark);

  std::vector<std::vector<Write>> blocks_;
  std::vector<Extent> extents_;  // by id - 1
  uint64_t tick_ = 0;
};

}  // namespace sim
