// See block_history.h.
#include "sim/checkers/block_history.h"

namespace sim {

BlockHistory::BlockHistory(uint64_t block_count) : blocks_(block_count) {
  for (std::vector<Write>& writes : blocks_) {
    writes.push_back(
        {.id = 0, .kind = WriteKind::zeroes, .acknowledged = true, .begun = 0, .ended = 0});
  }
}

WriteId BlockHistory::begin_write(uint64_t first_block, uint64_t count, WriteKind kind) {
  extents_.push_back({first_block, count});
  const WriteId id = extents_.size();
  const uint64_t now = ++tick_;
  for (uint64_t block = first_block; block < first_block + count; ++block) {
    blocks_[block].push_back({.id = id, .kind = kind, .begun = now});
  }
  return id;
}

void BlockHistory::end_write(WriteId id, bool acknowledged) {
  const Extent& extent = extents_[id - 1];
  const uint64_t now = ++tick_;
  for (uint64_t block = extent.first_block; block < extent.first_block + extent.count; ++block) {
    for (Write& write : blocks_[block]) {
      if (write.id == id) {
        write.ended = now;
        write.acknowledged = acknowledged;
      }
    }
  }
}

bool BlockHistory::busy(uint64_t first_block, uint64_t count) const {
  for (uint64_t block = first_block; block < first_block + count; ++block) {
    for (const Write& write : blocks_[block]) {
      if (write.ended == kNever) {
        return true;
      }
    }
  }
  return false;
}

const BlockHistory::Write* BlockHistory::overwriter(const std::vector<Write>& writes,
                                                    const Write& write, uint64_t mark) {
  for (const Write& newer : writes) {
    if (write.ended >= newer.begun || newer.kind == WriteKind::hint) {
      continue;
    }
    if ((newer.acknowledged && newer.ended < mark) || newer.seen < mark) {
      return &newer;
    }
  }
  return nullptr;
}

std::optional<BlockHistory::Verdict> BlockHistory::check_read(uint64_t block, uint64_t mark,
                                                              WriteId shown, bool readable) {
  std::vector<Write>& writes = blocks_[block];
  const uint64_t now = ++tick_;
  const std::string where = "block " + std::to_string(block);
  if (!readable) {
    return Verdict{Invariant::no_corruption, where + " holds what nobody wrote there"};
  }
  // Zeros do not say who wrote them: any of their writers will do.
  Write* only_candidate = nullptr;
  const Write* blamed = nullptr;
  size_t fitting = 0;
  bool known = false;
  for (Write& write : writes) {
    if (shown != 0 ? (write.id != shown || write.kind != WriteKind::data)
                   : write.kind == WriteKind::data) {
      continue;
    }
    known = true;
    const Write* const newer = overwriter(writes, write, mark);
    if (newer == nullptr) {
      ++fitting;
      only_candidate = &write;
    } else {
      blamed = newer;
    }
  }
  if (!known) {
    return Verdict{Invariant::no_corruption, where + " shows write " + std::to_string(shown) +
                                                 ", which was never made there"};
  }
  if (fitting == 0) {
    const bool came_back = blamed->seen < mark;
    return Verdict{came_back ? Invariant::no_resurrected_write : Invariant::no_lost_write,
                   where + " shows write " + std::to_string(shown) + " although the newer write " +
                       std::to_string(blamed->id) +
                       (came_back ? " was already seen there" : " was acknowledged")};
  }
  if (fitting == 1 && only_candidate->seen == kNever) {
    only_candidate->seen = now;
  }
  return std::nullopt;
}

}  // namespace sim
