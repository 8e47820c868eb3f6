// The candidate with the least under way: what least queue depth (which compares commands) and
// least blocks (their data) share. The lane keeps Lane::key up to date as its commands begin and
// end. Inside dsm/policy/ only.
#pragma once

#include <bit>

#include "base/bits.h"
#include "dsm/objects.h"

namespace dsm {

// A key that no candidate has (32 GiB under way); commands that end elsewhere do not bring it down
// to one.
inline constexpr uint32_t kNotCompared = uint32_t{1} << 31;

// Makes `lane.key` true again: own and other lanes', kNotCompared where there is no candidate.
// Every Lane::kRefreshPeriod selections, and when it was about something else.
void refresh_values(const Lun& lun, Lane& lane, uint32_t candidates, PolicyId policy);

// Before each choice: must the values be refreshed?
inline bool needs_refresh(Lane& lane, uint32_t candidates, PolicyId policy) {
  return lane.compared_by != static_cast<uint8_t>(policy) || lane.compared_among != candidates ||
         --lane.selects_until_refresh == 0;
}

inline constexpr unsigned kKeyBlock = 8;
static_assert(kMaxPathsPerLun % kKeyBlock == 0);

// Of kKeyBlock keys, without branches.
inline uint32_t least_of_block(const uint32_t* keys) {
  const auto less = [](uint32_t a, uint32_t b) { return a < b ? a : b; };
  return less(less(less(keys[0], keys[1]), less(keys[2], keys[3])),
              less(less(keys[4], keys[5]), less(keys[6], keys[7])));
}

// Of all candidates.
inline uint32_t least_key(const Lane& lane, uint32_t candidates) {
  const auto end = static_cast<unsigned>(std::bit_width(candidates));
  uint32_t least = least_of_block(lane.key.data());
  for (unsigned at = kKeyBlock; at < end; at += kKeyBlock) {
    const uint32_t least_here = least_of_block(&lane.key[at]);
    least = least_here < least ? least_here : least;
  }
  return least;
}

// Finds the slots with as little as `least`, the least key, among the candidates (not 0): at least
// one.
void note_lowest(Lane& lane, uint32_t candidates, uint32_t least);

}  // namespace dsm
