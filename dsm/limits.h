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

// One step of the module (one event, or one LUN of a fan-out) adds at most this many actions ...
inline constexpr size_t kActionsPerStep = 64;
// ... so a caller's list of this size always takes several steps at a time.
inline constexpr size_t kActionCapacity = 128;

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
