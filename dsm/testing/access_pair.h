// What the tests of access-state work share: a LUN with two paths in two target port groups,
// answers given for a stretch of virtual time, and answers to RTPG as they need not be.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "dsm/testing/test_host.h"

namespace dsm::testing {

inline constexpr uint8_t kRtpgOpcode = 0xa3;
inline constexpr uint8_t kStpgOpcode = 0xa4;
inline constexpr uint64_t kTenMinutesMs = 600'000;

// P1 in group 1 (active/optimized), P2 in group 2 (active/non-optimized unless said otherwise).
struct Pair : TestHost {
  explicit Pair(scsi::AccessState second = scsi::AccessState::active_nonoptimized,
                AluaSupport support = AluaSupport::explicit_only) {
    groups = {{1, scsi::AccessState::active_optimized}, {2, second}};
    path(1, {.group = 1, .support = support});
    path(2, {.group = 2, .support = support});
    rtpgs_before = count_sent(kRtpgOpcode);
  }
  unsigned rtpgs() const { return count_sent(kRtpgOpcode) - rtpgs_before; }
  unsigned stpgs() const { return count_sent(kStpgOpcode); }
  void access_state_changed(NexusId nexus = 1) { sense(nexus, 6, 0x2a, 0x06); }

  // Answers whatever is out by `answer`, for `ms` of virtual time, and notes when it was sent.
  template <typename F>
  std::vector<uint64_t> answer_for(uint64_t ms, F&& answer) {
    std::vector<uint64_t> times_ms;
    const uint64_t begun = now;
    for (uint64_t at = 0;; ++at) {
      while (!sent.empty()) {
        times_ms.push_back((now - begun) / kNsPerMs);
        answer(take());
      }
      if (at == ms) {
        return times_ms;
      }
      advance_ms(1);
    }
  }
  unsigned times_told(ReportWhat what) const {
    unsigned times = 0;
    for (const Report& report : reports) {
      times += report.what == what ? 1U : 0U;
    }
    return times;
  }
  bool told(ReportWhat what) const { return times_told(what) != 0; }

  unsigned rtpgs_before = 0;
};

inline void expect_at_rest(Pair& host) {
  EXPECT_TRUE(host.sent.empty());
  EXPECT_FALSE(host.throttled());
  EXPECT_EQ(host.lun().access.phase, AccessPhase::idle);
  EXPECT_EQ(host.count(ActionKind::throttle), host.count(ActionKind::resume));
}

// The bytes of an RTPG answer with these {group, state}, and the ports of each. Nothing is checked.
inline std::vector<uint8_t> groups_data(
    const std::vector<std::array<uint16_t, 2>>& groups_and_states,
    const std::vector<std::vector<uint16_t>>& ports = {}) {
  std::vector<uint8_t> data(4);
  for (size_t i = 0; i < groups_and_states.size(); ++i) {
    const std::vector<uint16_t> none;
    const std::vector<uint16_t>& own = i < ports.size() ? ports[i] : none;
    const auto [id, state] = groups_and_states[i];
    const std::array<uint8_t, 8> header = {static_cast<uint8_t>(state),
                                           0x0f,
                                           static_cast<uint8_t>(id >> 8),
                                           static_cast<uint8_t>(id),
                                           0,
                                           0,
                                           0,
                                           static_cast<uint8_t>(own.size())};
    data.insert(data.end(), header.begin(), header.end());
    for (const uint16_t port : own) {
      const std::array<uint8_t, 4> bytes = {0, 0, static_cast<uint8_t>(port >> 8),
                                            static_cast<uint8_t>(port)};
      data.insert(data.end(), bytes.begin(), bytes.end());
    }
  }
  base::store_be32(data.data(), static_cast<uint32_t>(data.size() - 4));
  return data;
}

}  // namespace dsm::testing
