// See guarded_blocks.h.
#include "sim/checkers/guarded_blocks.h"

namespace sim {

WriteId GuardedBlocks::begin_write(uint32_t host, uint64_t block) {
  writes_.push_back({.host = host, .block = block, .begun = ++tick_});
  return writes_.size();
}

void GuardedBlocks::end_write(WriteId id, bool acknowledged) {
  writes_[id - 1].ended = ++tick_;
  writes_[id - 1].acknowledged = acknowledged;
}

std::optional<BlockHistory::Verdict> GuardedBlocks::check(uint64_t block, WriteId shown,
                                                          bool readable) const {
  const std::string where = "guarded block " + std::to_string(block);
  if (!readable || shown > writes_.size() || (shown != 0 && writes_[shown - 1].block != block)) {
    return BlockHistory::Verdict{Invariant::no_corruption,
                                 where + " holds what nobody wrote there"};
  }
  const Write nothing{.host = UINT32_MAX, .ended = 0, .acknowledged = true};
  const Write& seen = shown == 0 ? nothing : writes_[shown - 1];
  for (size_t i = 0; i < writes_.size(); ++i) {
    const Write& newer = writes_[i];
    if (newer.block != block || !newer.acknowledged) {
      continue;
    }
    const bool same = newer.host == seen.host || shown == 0;
    const auto out = thrown_out_.find(seen.host);
    if (same ? seen.ended < newer.begun : out != thrown_out_.end() && out->second < newer.begun) {
      return BlockHistory::Verdict{
          same ? Invariant::no_lost_write : Invariant::fence_holds,
          where + " shows write " + std::to_string(shown) + " of host " +
              std::to_string(seen.host) + " although write " + std::to_string(i + 1) + " of host " +
              std::to_string(newer.host) + " was acknowledged" +
              (same ? " after it" : ", sent when the first had been thrown out")};
    }
  }
  return std::nullopt;
}

}  // namespace sim
