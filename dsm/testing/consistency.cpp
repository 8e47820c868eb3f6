// See consistency.h.
#include "dsm/testing/consistency.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/bits.h"
#include "dsm/replan.h"

namespace dsm::testing {

void expect_consistent(Lun& lun) {
  const uint32_t candidates = lun.candidates();
  base::for_each_bit(candidates, [&](unsigned slot) {
    const Nexus* nexus = lun.nexus_at(slot);
    ASSERT_NE(nexus, nullptr);
    EXPECT_EQ(nexus->lifecycle, Lifecycle::online);
    EXPECT_FALSE(is_down(*nexus));
    EXPECT_TRUE(!lun.reservation_valid || nexus->registered);
    scsi::AccessState state{};
    EXPECT_FALSE(!lun.symmetric && lun.access_of(*nexus, state) &&
                 state == scsi::AccessState::offline);
  });
  EXPECT_EQ(candidates, lun.plan.candidates);
  EXPECT_EQ(lun.published.policy.load(), lun.plan.policy);
  EXPECT_TRUE(lun.plan.policy->id != PolicyId::fail_over_only || base::count_bits(candidates) <= 1);
  if (lun.plan.policy->id == PolicyId::weighted_paths) {
    std::set<uint32_t> weights;
    base::for_each_bit(candidates,
                       [&](unsigned slot) { weights.insert(lun.nexus_at(slot)->weight); });
    EXPECT_LE(weights.size(), 1U) << "only the lightest";
  }
  for_each_nexus(lun, [](const Nexus& nexus) {
    EXPECT_LT(statistics_of(nexus).bytes_written, uint64_t{1} << 40) << "cleared below zero";
  });
  const bool waits = lun.before.operation != 0;
  EXPECT_EQ(waits, std::any_of(lun.operations.begin(), lun.operations.end(), [](const auto& op) {
              return op.kind == OperationKind::set_policy;
            }));
  EXPECT_LE(lun.operations.size(), kMaxOperationsPerLun);
  const bool reserving = candidates == 0 && lun.reservation.stage != ReservationStage::idle;
  const bool working = lun.access.phase != AccessPhase::idle || reserving;
  EXPECT_TRUE(working || !lun.published.throttled.load()) << "held without an end in sight";
  EXPECT_TRUE(lun.access.phase != AccessPhase::pause || lun.timer_due != 0) << "a pause for ever";
}

void expect_nothing_counted(const Lun& lun) {
  for (unsigned slot = 0; slot < kMaxPathsPerLun; ++slot) {
    EXPECT_EQ(lun.in_flight(slot), 0U);
    for (unsigned lane = 0; lane < lun.published.lane_count; ++lane) {
      EXPECT_EQ(lun.published.lanes[lane].load[slot].load(), 0U);
    }
  }
}

}  // namespace dsm::testing
