// The I/O path: choose a nexus for a command, count the command, move it, count it off. No lock, no
// list, no allocation, no system call, any IRQL; everything written belongs to the calling lane.
//
//   Pick pick = select(lun, lane, shape);          // no slot: no candidate; hold the command or
//   fail it while (pick.found() && !begin(token, lun, lane, pick)) pick = select(lun, lane, shape);
//   ... lun.nexus_at(token.slot) is stable now; send the command ...
//   if (complete(token, ended) == CompleteResult::slot_idle) { post the event slot_idle{lun} }
//
// The host does not call select(), begin() or move() for a LUN whose last nexus it has removed.
//
// begin() first takes the count and then re-checks the published word, and the control plane first
// changes the word and then reads the counts. On one processor's store buffer these could still
// pass each other; the control plane therefore trusts a count only after every lane has passed a
// barrier (synchronise_lanes). The price is paid on removal, not per command.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/assert.h"
#include "base/bits.h"
#include "dsm/objects.h"

namespace dsm {

// What a policy may look at.
struct Shape {
  uint64_t lba = 0;
  uint32_t bytes = 0;
  bool is_read = false;
  bool is_write = false;
  uint16_t block_scale = 0;  // a logical block has 512 << block_scale bytes
};

struct Pick {
  uint64_t word = 0;  // the published word that the choice was made from
  uint32_t slot = kNoSlot;

  bool found() const { return slot != kNoSlot; }
};

// A command's place in the counters; kept by the host with the command. Empty when the command is
// not counted.
struct Token {
  Lun* lun = nullptr;
  Lane* lane = nullptr;
  uint32_t slot = kNoSlot;
  uint32_t load = 0;  // its weight for policies that compare what is under way; or else 0

  bool counted() const { return lane != nullptr; }
};

enum class CompleteResult : uint8_t {
  done,
  slot_idle,  // the slot is draining and idle on this lane: post the event slot_idle
};

// The policy that the next select() goes by.
inline const Policy& policy_of(const Lun& lun) {
  return *lun.published.policy.load(std::memory_order_relaxed);
}

// Chooses among the candidates. Writes only what is the lane's own. `lane` <
// Config::lane_count.
inline Pick select(const Lun& lun, unsigned lane, const Shape& shape) {
  return policy_of(lun).select(lun, lun.published.lanes[lane], shape);
}

// Is the slot of `pick` still a candidate with the same nexus, now that the published word is
// `word`?
bool still_usable(const Lun& lun, Pick pick, uint64_t word);
// begin() when the plan has changed since the choice: the published word is `word` now.
bool begin_after_change(Token& token, Lun& lun, Lane& lane, Pick pick, uint64_t word);

// Fills the token of a command that has been counted. Inside dsm/ only.
inline void begin_counted(Token& token, Lun& lun, Lane& lane, uint32_t slot) {
  token.lun = &lun;
  token.lane = &lane;
  token.slot = slot;
  if (const uint32_t weight = lane.chosen_load; weight != 0) [[unlikely]] {
    token.load = weight;
    lane.chosen_load = 0;
    lane.begin_weighed(slot, weight);
  }
}

// Counts the command on `pick.slot`; `token` is empty. False: the slot is not usable any more,
// nothing is counted, select again.
inline bool begin(Token& token, Lun& lun, unsigned lane_index, const Pick& pick) {
  Lane& lane = lun.published.lanes[lane_index];
  lane.add(pick.slot, 1);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  const uint64_t word = lun.published.word.load(std::memory_order_acquire);
  if (word != pick.word) [[unlikely]] {
    return begin_after_change(token, lun, lane, pick, word);
  }
  begin_counted(token, lun, lane, pick.slot);
  return true;
}

// Counts a command on a nexus that its sender names, whatever the policy, its health and its access
// state: for a host that is sure of the nexus, which must not be let go of during the call. Without
// locks, unlike Module::begin_on_path(). False: it is being removed, nothing is counted.
bool begin_on(Token& token, const Nexus& nexus, unsigned lane_index);

// Counts the command off. By the thread that owns the lane which counted it on.
inline CompleteResult complete(Token& token) {
  Lane& lane = *token.lane;
  const uint32_t slot = token.slot;
  if (token.load != 0) [[unlikely]] {
    lane.end_weighed(slot, token.load);
  }
  const uint32_t left = lane.in_flight[slot].load(std::memory_order_relaxed) - 1;
  // Read before the count goes: with it the LUN may go too. A drain that begins between these two
  // lines finds the slot busy or idle; if busy, it looks again by itself.
  const uint32_t draining = token.lun->published.draining.load(std::memory_order_relaxed);
  token.lane = nullptr;
  token.load = 0;
  lane.in_flight[slot].store(left, std::memory_order_release);
  return left == 0 && ((draining >> slot) & 1U) != 0 ? CompleteResult::slot_idle
                                                     : CompleteResult::done;
}

// complete() of a command that failed, was retried or failed over.
CompleteResult complete_in_trouble(Token& token, Ended ended);

// The same, and counts in the nexus's statistics how the command ended.
inline CompleteResult complete(Token& token, const Ended& ended) {
  if (token.lun->published.count_statistics) {
    if (ended.in_trouble()) [[unlikely]] {
      return complete_in_trouble(token, ended);
    }
    token.lane->counters[token.slot].count(ended);
  }
  return complete(token);
}

// How long the command took, from sending to its good end: before complete(), for policies that go
// by it, and for the statistics. A host whose commands are of very different kinds tells of reads
// and writes only.
inline void note_service_time(const Token& token, uint64_t taken_ns) {
  token.lane->measured(token.slot, taken_ns);
  if (token.lun->published.count_statistics) {
    token.lane->counters[token.slot].count_time(taken_ns);
  }
}

struct MoveResult {
  bool moved = false;  // false: the new slot is not usable; the command is still counted on the old
                       // one, select again
  CompleteResult old_slot = CompleteResult::done;
};

// A retry that comes back without a completion in between (MPIO through LBGetPath): from the old
// slot to `pick.slot`. The statistics of the old nexus have an error and a retry more.
inline MoveResult move(Token& token, const Pick& pick) {
  Lun& lun = *token.lun;
  Token next;
  const unsigned lane = static_cast<unsigned>(token.lane - lun.published.lanes);
  if (!begin(next, lun, lane, pick)) {
    return {};
  }
  const CompleteResult old_slot = complete(token, Ended{.ok = false, .retried = true});
  token = next;
  return {true, old_slot};
}

}  // namespace dsm
