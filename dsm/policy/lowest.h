// The candidate with the least under way: what least queue depth (which compares commands) and
// least blocks (their data) share. The lane keeps Lane::key up to date as its commands begin and
// end. Inside dsm/policy/ only.
#pragma once

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

// Finds the slots with the least among the candidates (not 0).
void find_lowest(Lane& lane, uint32_t candidates);

}  // namespace dsm
