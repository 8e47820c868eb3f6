// What the acceptance scenarios share. They are the required behaviour of a multipath module, by
// number: S09 is scenario 9. Paths P1, P2 ... are nexuses 1, 2 ... in the order of their arrival.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "dsm/testing/operation_host.h"

namespace dsm::testing {

using Nexuses = std::vector<NexusId>;

inline constexpr PathSpec kSymmetric{};
constexpr PathSpec explicit_in(uint16_t group) {
  return {.group = group, .support = AluaSupport::explicit_only};
}
constexpr PathSpec implicit_in(uint16_t group) {
  return {.group = group, .support = AluaSupport::implicit_only};
}

inline constexpr uint8_t kRtpg = 0xa3;
inline constexpr uint8_t kStpg = 0xa4;

// TPGS = 2, P1 in group 1 (active/optimized), P2 in group 2 (active/non-optimized).
using ExplicitPair = ExplicitHost;

// `count` paths of a LUN without ALUA.
struct SymmetricPaths : OperationHost {
  SymmetricPaths(PolicyId policy, unsigned count) : OperationHost(policy) {
    for (NexusId id = 1; id <= count; ++id) {
      path(id, kSymmetric);
    }
  }
};

}  // namespace dsm::testing
