// Schedules: which text is one, what is said about others, and when what happens.
#include "array/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "array/testing/test_array.h"
#include "base/units.h"

namespace array {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TestArray;

using base::kNsPerMs;

std::string error_of(const std::string& text) {
  const Schedule schedule = parse_schedule(text, "faults.txt");
  EXPECT_TRUE(schedule.error.empty() || schedule.entries.empty());
  return schedule.error;
}

TEST(Schedule, LinesCommentsAndTimes) {
  const Schedule schedule = parse_schedule(
      "# nothing here\n\n"
      "at 1.5s  controller-crash 0 # crash\r\n"
      "\tat 0ms clear\n"
      "every 10s port-reset 1\n"
      "every 250ms from 30s until 1.5m drop-reply 2 3#x\n"
      "at 2.000000001s clear",
      "x");
  ASSERT_EQ(schedule.error, "");
  ASSERT_EQ(schedule.entries.size(), 5U);
  EXPECT_EQ(schedule.entries[0].first_ns, 1500 * kNsPerMs);
  EXPECT_EQ(schedule.entries[0].period_ns, 0U);
  EXPECT_THAT(schedule.entries[0].words, ElementsAre("controller-crash", "0"));
  EXPECT_EQ(schedule.entries[0].line, 3U);
  EXPECT_EQ(schedule.entries[1].first_ns, 0U);
  EXPECT_EQ(schedule.entries[2].first_ns, 10'000 * kNsPerMs);
  EXPECT_EQ(schedule.entries[2].period_ns, 10'000 * kNsPerMs);
  EXPECT_EQ(schedule.entries[3].first_ns, 30'000 * kNsPerMs);
  EXPECT_EQ(schedule.entries[3].until_ns, 90'000 * kNsPerMs);
  EXPECT_THAT(schedule.entries[3].words, ElementsAre("drop-reply", "2", "3"));
  EXPECT_EQ(schedule.entries[4].first_ns, 2'000'000'001U);
  EXPECT_EQ(schedule.entries[4].line, 7U);
}

TEST(Schedule, ErrorsNameFileLineAndRemedy) {
  EXPECT_EQ(error_of("at 1s clear\nat 1x clear\n"),
            "faults.txt:2: \"1x\" is no time; a time is a number with ms, s or m, like 250ms or "
            "1.5s");
  for (const char* bad : {"1", "s", ".5s", "1.s", "-1s", "1e3s", "1h", "99999999999s", "1 s",
                          "1000.1.1s", "4000000s", "0x1s"}) {
    EXPECT_THAT(error_of(std::string("at ") + bad + " clear"), HasSubstr("is no time")) << bad;
  }
  EXPECT_THAT(error_of("at"), HasSubstr("the time after \"at\" is missing"));
  EXPECT_THAT(error_of("at 1s"), HasSubstr("fault is missing"));
  EXPECT_THAT(error_of("at 1s # clear"), HasSubstr("fault is missing"));
  EXPECT_THAT(error_of("every 1s from"), HasSubstr("after \"from\""));
  EXPECT_THAT(error_of("every 1s from 5s until 4s clear"), HasSubstr("at least 5 s"));
  EXPECT_THAT(error_of("every 1s until 0.5s clear"), HasSubstr("ends before it begins"));
  EXPECT_THAT(error_of("every 0.5ms clear"), HasSubstr("too often"));
  EXPECT_THAT(error_of("1s clear"), HasSubstr("\"1s\" is not understood"));
  std::string many;
  for (int i = 0; i < 10'001; ++i) {
    many += "at 1s clear\n";
  }
  EXPECT_THAT(error_of(many), HasSubstr("faults.txt:10001: a schedule has at most 10000"));
}

TEST(Schedule, FaultsAreCheckedAgainstTheArray) {
  TestArray world;
  const auto check = [&](const std::string& text) {
    return check_schedule(parse_schedule(text, "f"), "f", *world.array);
  };
  EXPECT_EQ(check("at 1s controller-crash 0\nevery 1s clear"), "");
  EXPECT_TRUE(world.array->controller_alive(0)) << "nothing has happened";
  EXPECT_THAT(check("at 1s clear\n\nat 2s controller-crash 9"),
              HasSubstr("f:3: fault controller-crash: CONTROLLER \"9\""));
  EXPECT_THAT(check("at 1s earthquake"), HasSubstr("f:1: there is no fault \"earthquake\""));
}

class ScheduleRunnerTest : public ::testing::Test {
 protected:
  void start(const std::string& text) {
    Schedule schedule = parse_schedule(text, "f");
    ASSERT_EQ(schedule.error, "");
    runner = std::make_unique<ScheduleRunner>(
        *world.array, std::move(schedule.entries),
        [this](const ScheduleEntry& entry, uint64_t since_start_ns, const std::string& error) {
          happened.push_back(time_text(since_start_ns) + " " + entry.words[0] +
                             (error.empty() ? "" : " !"));
        });
    runner->start();
  }
  TestArray world;
  std::unique_ptr<ScheduleRunner> runner;
  std::vector<std::string> happened;
};

TEST_F(ScheduleRunnerTest, EachAtItsTime) {
  start("at 3s controller-restart 0\nat 1.5s controller-crash 0\n");
  world.clock.advance(1499 * kNsPerMs);
  EXPECT_TRUE(world.array->controller_alive(0));
  world.clock.advance(kNsPerMs);
  EXPECT_FALSE(world.array->controller_alive(0));
  EXPECT_FALSE(runner->finished());
  world.clock.advance(1500 * kNsPerMs);
  EXPECT_TRUE(world.array->controller_alive(0));
  EXPECT_THAT(happened, ElementsAre("1.5 s controller-crash", "3 s controller-restart"));
  EXPECT_TRUE(runner->finished());
}

TEST_F(ScheduleRunnerTest, WhatFallsTogetherHappensInTheOrderOfTheFile) {
  start("at 1s port-down 0\nevery 500ms until 1s clear\nat 1s port-down 1\n");
  world.clock.advance(1000 * kNsPerMs);
  EXPECT_THAT(happened, ElementsAre("500 ms clear", "1 s port-down", "1 s port-down", "1 s clear"))
      << "a repetition is armed later than what was planned from the start";
}

TEST_F(ScheduleRunnerTest, PeriodsWithBounds) {
  start("every 100ms from 250ms until 450ms busy 0\n");
  world.clock.advance(10'000 * kNsPerMs);
  EXPECT_THAT(happened, ElementsAre("250 ms busy", "350 ms busy", "450 ms busy"));
  EXPECT_TRUE(runner->finished());
}

TEST_F(ScheduleRunnerTest, APeriodWithoutAnEnd) {
  start("every 1s busy 0");
  world.clock.advance(100'500 * kNsPerMs);
  EXPECT_EQ(happened.size(), 100U);
  EXPECT_FALSE(runner->finished());
  runner.reset();
  world.clock.advance(10'000 * kNsPerMs);
  EXPECT_EQ(happened.size(), 100U);
  EXPECT_TRUE(world.clock.idle());
}

TEST_F(ScheduleRunnerTest, WhatTheArrayCannotDoIsReportedAndTheRestGoesOn) {
  start("at 1s transition 1 standby 5000\nat 2s transition 2 standby 10\nat 3s clear\n");
  world.clock.advance(3'000 * kNsPerMs);
  EXPECT_THAT(happened, ElementsAre("1 s transition", "2 s transition !", "3 s clear"));
}

}  // namespace
}  // namespace array
