// Blocks that several hosts write, with nothing but a reservation to keep one from overwriting the
// other. Hosts that may both write make no order of it, so little is asked of those; but a write
// that was acknowledged is there, or a newer one of a host that had the right. So the medium must
// not show, in the end, a write of a host that had been thrown out before another host's
// acknowledged write was sent, and has not been let in since; nor an older write than one that the
// same host has acknowledged.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/checkers/block_history.h"

namespace sim {

class GuardedBlocks {
 public:
  WriteId begin_write(uint32_t host, uint64_t block);
  void end_write(WriteId id, bool acknowledged);
  // The reservation keeps it from writing; or not any more.
  void thrown_out(uint32_t host) { thrown_out_.try_emplace(host, ++tick_); }
  void let_in(uint32_t host) { thrown_out_.erase(host); }
  bool is_out(uint32_t host) const { return thrown_out_.count(host) != 0; }

  // What is wrong with a block that shows this write in the end. 0: zeros.
  std::optional<BlockHistory::Verdict> check(uint64_t block, WriteId shown, bool readable) const;

 private:
  static constexpr uint64_t kNever = UINT64_MAX;
  struct Write {
    uint32_t host = 0;
    uint64_t block = 0;
    uint64_t begun = 0;
    uint64_t ended = kNever;
    bool acknowledged = false;
  };

  std::vector<Write> writes_;                // by id - 1
  std::map<uint32_t, uint64_t> thrown_out_;  // since when
  uint64_t tick_ = 0;
};

}  // namespace sim
