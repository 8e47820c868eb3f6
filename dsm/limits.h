// Every capacity of the DSM. Running out of any of them is a clean refusal that leaves everything
// as it was.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dsm {

inline constexpr unsigned kMaxPathsPerLun = 32;  // slots; the width of the candidate mask
inline constexpr unsigned kMaxLanes = 64;        // per LUN
inline constexpr unsigned kMaxOperationsPerLun = 40;
inline constexpr unsigned kMaxPathOperations = 8;  // path invalidations waiting for their fan-out

// One step of the module (one event, or one LUN of a fan-out) adds at most this many actions that
// must not be lost (the most: 40 operations end, 4 nexuses and their LUN are let go) ...
inline constexpr size_t kActionsPerStep = 64;
// ... and reports as long as there is room for the rest. A fan-out goes on while so many fit too.
inline constexpr size_t kReportsPerStep = 32;
// So a caller's list of this size takes at least one step, and usually several.
inline constexpr size_t kActionCapacity = 128;
// Nexuses that are let go in one step; the others follow at once, by the LUN's timer.
inline constexpr unsigned kReleasesPerStep = 4;

inline constexpr size_t kMaxIdentityBytes =
    280;  // vendor 8 + product 16 + serial 252 is the longest: 276
inline constexpr size_t kMaxNameBytes = 64;  // of a nexus, for people and settings

// First buffer for REPORT TARGET PORT GROUPS (32 groups of 32 ports), and the largest that a second
// read asks for.
inline constexpr uint32_t kRtpgFirstBytes = 4360;
inline constexpr uint32_t kRtpgMaxBytes = 65'536;
inline constexpr size_t kMaxDataOutBytes = 24;  // of a command that the DSM sends

inline constexpr unsigned kHashBuckets = 256;  // of each look-up table; chains grow beyond it

}  // namespace dsm
