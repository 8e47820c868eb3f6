// Book-keeping and drawing of the demo's timeline.
#include "cli/demo/timeline.h"

#include <gtest/gtest.h>

namespace cli::demo {
namespace {

constexpr uint64_t kMs = 1'000'000;

Timeline sample() {
  Timeline timeline;
  timeline.paths = {{"left <1>", {}, {}}, {"right", {}, {}}};
  timeline.change_state(0, 0, PathState::serving, "");
  timeline.change_state(1, 0, PathState::waiting, "");
  timeline.begin_phase("calm", false, 0);
  timeline.add_ios(0, 50 * kMs, 10);
  timeline.add_request(10 * kMs, 12 * kMs);
  timeline.begin_phase("crash", true, 300 * kMs);
  timeline.change_state(0, 310 * kMs, PathState::down, "reset");
  timeline.add_request(299 * kMs, 309 * kMs);
  timeline.add_ios(1, 450 * kMs, 5);
  timeline.finish(600 * kMs);
  return timeline;
}

TEST(Timeline, ARequestCountsForEveryPhaseItTouches) {
  const Timeline timeline = sample();
  ASSERT_EQ(timeline.phases.size(), 2u);
  EXPECT_EQ(timeline.phases[0].longest_stall_ns, 10 * kMs);
  EXPECT_EQ(timeline.phases[1].longest_stall_ns, 10 * kMs);
  EXPECT_EQ(timeline.phases[0].end_ns, 300 * kMs);
  EXPECT_EQ(timeline.slowest_ns[3], 10 * kMs);
}

TEST(Timeline, AnEarlyRequestDoesNotTouchALaterPhase) {
  Timeline timeline;
  timeline.begin_phase("calm", false, 0);
  timeline.add_request(0, 5 * kMs);
  timeline.begin_phase("crash", true, 100 * kMs);
  EXPECT_EQ(timeline.phases[1].longest_stall_ns, 0u);
}

TEST(Timeline, StatesFollowTheirChanges) {
  const Timeline timeline = sample();
  EXPECT_EQ(timeline.state_at(0, 309 * kMs), PathState::serving);
  EXPECT_EQ(timeline.state_at(0, 310 * kMs), PathState::down);
}

TEST(Timeline, Text) {
  const std::string text = render_text(sample(), /*unicode=*/false);
  EXPECT_NE(text.find("left <1>  8......"), std::string::npos) << text;
  EXPECT_NE(text.find("right     ....4.."), std::string::npos) << text;
  EXPECT_NE(text.find("   A   "), std::string::npos) << text;
  EXPECT_NE(text.find("crash"), std::string::npos) << text;
}

TEST(Timeline, SvgIsEscapedAndClosed) {
  const std::string svg = render_svg(sample(), "a & b");
  EXPECT_NE(svg.find("left &lt;1&gt;"), std::string::npos);
  EXPECT_NE(svg.find("a &amp; b"), std::string::npos);
  EXPECT_EQ(svg.substr(svg.size() - 7), "</svg>\n");
}

}  // namespace
}  // namespace cli::demo
