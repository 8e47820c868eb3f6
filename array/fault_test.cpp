// Every fault by its name: what it does to tasks, ports and groups, how it ends, and what is said
// about wrong words.
#include "array/fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "array/testing/test_array.h"
#include "base/units.h"
#include "scsi/opcodes.h"
#include "scsi/persistent_reservation.h"

namespace array {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::NexusUser;
using testing::ReadyUser;
using testing::TestArray;

using base::kNsPerMs;

NexusUser::Run& ready(ReadyUser& user) {
  return user->run(scsi::make_test_unit_ready());
}
NexusUser::Run& write_block(ReadyUser& user, uint8_t byte) {
  return user->run(scsi::make_write(0, 1), std::vector<uint8_t>(512, byte));
}
uint8_t medium(TestArray& world) {
  std::array<uint8_t, 512> block{};
  EXPECT_TRUE(world.array->lun(0).backing().read(0, block));
  return block[0];
}
// The STPG that makes `id` the optimized group.
NexusUser::Run& set_groups(ReadyUser& user, std::vector<scsi::SetGroup> groups) {
  std::vector<uint8_t> list(64);
  list.resize(scsi::encode_set_groups(list, groups));
  const auto length = static_cast<uint32_t>(list.size());
  return user->run(scsi::make_set_target_port_groups(length), list);
}

constexpr auto kOptimized = scsi::AccessState::active_optimized;
constexpr auto kNonOptimized = scsi::AccessState::active_nonoptimized;
constexpr auto kTransitioning = scsi::AccessState::transitioning;

TEST(Faults, EveryRowHasItsWords) {
  EXPECT_GE(all_faults().size(), 32U);
  for (const FaultDescription& fault : all_faults()) {
    EXPECT_FALSE(std::string(fault.meaning).empty()) << fault.name;
  }
}

TEST(Faults, WrongWordsNameTheWordAndTheUsage) {
  TestArray world;
  EXPECT_THAT(world.fault("meteor 1"), HasSubstr("\"meteor\""));
  EXPECT_EQ(world.fault("delay 4 50"),
            "fault delay: PORT \"4\" must be a number below 4; usage: delay PORT MS");
  EXPECT_THAT(world.fault("delay 0"), HasSubstr("MS is missing"));
  EXPECT_THAT(world.fault("delay 0 50 60"), HasSubstr("\"60\" is one argument too many"));
  EXPECT_THAT(world.fault("controller-crash 2"), HasSubstr("CONTROLLER \"2\""));
  EXPECT_THAT(world.fault("sense 0 2 4 1ff"), HasSubstr("ASCQ \"1ff\" must be a hexadecimal"));
  EXPECT_THAT(world.fault("black-hole 0 perhaps"), HasSubstr("one of on, in, out, off"));
  EXPECT_THAT(world.fault("access 1 asleep"), HasSubstr("active/non-optimized"));
  EXPECT_THAT(world.fault("resize 0 1000"), HasSubstr("multiple of the block size"));
  EXPECT_THAT(world.fault("access 9 standby"), HasSubstr("no such target port group"));
}

TEST(Faults, CheckingDoesNothing) {
  TestArray world;
  EXPECT_EQ(world.check("controller-crash 0"), "");
  EXPECT_EQ(world.check("black-hole 1 on"), "");
  EXPECT_EQ(world.check("access 9 standby"), "") << "what the array says is not known before";
  EXPECT_THAT(world.check("controller-crash 7"), HasSubstr("\"7\""));
  EXPECT_TRUE(world.array->controller_alive(0));
  EXPECT_TRUE(world.array->port_is_up(1));
}

TEST(Faults, ControllerCrashAndRestart) {
  TestArray world;
  NexusUser user(*world.array, 0);
  EXPECT_EQ(world.fault("controller-crash 0"), "");
  EXPECT_EQ(user.ended(), NexusEnd::port_down);
  EXPECT_EQ(world.array->groups().state(2), kOptimized) << "the other takes over";
  EXPECT_FALSE(NexusUser(*world.array, 2).logged_in());
  EXPECT_EQ(world.fault("controller-restart 0"), "");
  EXPECT_EQ(world.array->groups().state(1), kOptimized);
  EXPECT_EQ(world.array->groups().state(2), kNonOptimized);
}

TEST(Faults, FreezeHoldsAndThawExecutes) {
  TestArray world;
  ReadyUser user(world);
  EXPECT_EQ(world.fault("freeze 0"), "");
  auto& write = write_block(user, 7);
  world.clock.advance(1000 * kNsPerMs);
  EXPECT_FALSE(write.done);
  EXPECT_EQ(world.fault("thaw 0"), "");
  EXPECT_TRUE(write.done);
  EXPECT_EQ(medium(world), 7);
}

TEST(Faults, PortDownUpAndReset) {
  TestArray world;
  NexusUser user(*world.array, 0);
  EXPECT_EQ(world.fault("port-reset 0"), "");
  EXPECT_EQ(user.ended(), NexusEnd::port_down);
  EXPECT_TRUE(world.array->port_is_up(0));
  EXPECT_EQ(world.fault("port-down 0"), "");
  EXPECT_EQ(world.array->port_state(0), PortState::down);
  EXPECT_EQ(world.fault("port-up 0"), "");
  EXPECT_TRUE(NexusUser(*world.array, 0).logged_in());
}

TEST(Faults, BlackHolesBothWaysAndOneWay) {
  TestArray world;
  const std::pair<const char*, PortState> kWays[] = {{"on", PortState::frozen},
                                                     {"in", PortState::deaf},
                                                     {"out", PortState::mute},
                                                     {"off", PortState::up}};
  for (const auto& [word, state] : kWays) {
    EXPECT_EQ(world.fault(std::string("black-hole 1 ") + word), "");
    EXPECT_EQ(world.array->port_state(1), state) << word;
    EXPECT_EQ(world.array->port_state(0), PortState::up);
  }
  EXPECT_EQ(world.fault("black-hole 1 out"), "");
  EXPECT_TRUE(NexusUser(*world.array, 1).logged_in()) << "it hears, it only cannot say so";
  EXPECT_EQ(world.fault("freeze 1"), "");
  EXPECT_EQ(world.array->port_state(1), PortState::frozen) << "a frozen controller is silent";
}

TEST(Faults, DelayPostponesTheExecution) {
  TestArray world;
  ReadyUser user(world);
  EXPECT_EQ(world.fault("delay 0 50"), "");
  auto& write = write_block(user, 7);
  world.clock.advance(49 * kNsPerMs);
  EXPECT_FALSE(write.done);
  EXPECT_EQ(medium(world), 0);
  world.clock.advance(kNsPerMs);
  EXPECT_TRUE(write.done);
  EXPECT_EQ(medium(world), 7);
}

TEST(Faults, DelayedReplyIsExecutedAtOnce) {
  TestArray world;
  ReadyUser user(world);
  EXPECT_EQ(world.fault("delay-reply 0 50 1"), "");
  auto& late = write_block(user, 7);
  EXPECT_EQ(medium(world), 7);
  auto& prompt = write_block(user, 8);
  EXPECT_FALSE(late.done);
  EXPECT_TRUE(prompt.done) << "only the next one";
  world.clock.advance(50 * kNsPerMs);
  EXPECT_TRUE(late.done);
  EXPECT_FALSE(late.task.aborted);
  EXPECT_EQ(medium(world), 8) << "executed once";
}

TEST(Faults, ADelayedReplySurvivesAFreezeAndDiesWithItsNexus) {
  TestArray world;
  ReadyUser user(world);
  EXPECT_EQ(world.fault("delay-reply 0 50 3"), "");
  auto& write = write_block(user, 7);
  EXPECT_EQ(world.fault("freeze 0"), "");
  world.clock.advance(60 * kNsPerMs);
  EXPECT_FALSE(write.done) << "frozen controllers do not answer";
  write_block(user, 9);  // held by the freeze, executed behind it
  EXPECT_EQ(world.fault("thaw 0"), "");
  EXPECT_TRUE(write.done);
  EXPECT_EQ(medium(world), 9) << "and the first one was not executed once more";
  auto& lost = write_block(user, 11);
  EXPECT_EQ(world.fault("port-reset 0"), "");
  EXPECT_TRUE(lost.done);
  EXPECT_TRUE(lost.task.aborted);
}

TEST(Faults, CountedOnesCountDown) {
  TestArray world;
  ReadyUser user(world);
  EXPECT_EQ(world.fault("busy 0 2"), "");
  EXPECT_EQ(world.fault("task-set-full 0"), "");
  EXPECT_EQ(world.fault("sense 0 4 44 0x00"), "");
  EXPECT_EQ(ready(user).status(), scsi::kBusy);
  EXPECT_EQ(ready(user).status(), scsi::kBusy);
  EXPECT_EQ(ready(user).status(), scsi::kTaskSetFull);
  EXPECT_EQ(ready(user).code(), 0x044400U);
  EXPECT_EQ(ready(user).status(), scsi::kGood);
  EXPECT_EQ(world.fault("drop-reply 0"), "");
  EXPECT_TRUE(write_block(user, 3).task.drop_reply);
  EXPECT_EQ(medium(world), 3);
  EXPECT_FALSE(ready(user).task.drop_reply);
  EXPECT_EQ(world.fault("bad-digest 0"), "");
  EXPECT_TRUE(ready(user).task.bad_digest);
  EXPECT_FALSE(ready(user).task.bad_digest);
}

TEST(Faults, CountedOnesOfOneOperationCode) {
  TestArray world;
  ReadyUser user(world);
  const auto reserve_out = [&] {
    return user->run(scsi::make_persistent_reserve_out({.parameter_bytes = 24}),
                     std::vector<uint8_t>(24));
  };
  EXPECT_EQ(world.fault("busy 0 1 5f"), "");
  EXPECT_EQ(world.fault("sense 0 2 4 a 1 5F"), "");
  EXPECT_EQ(ready(user).status(), scsi::kGood);
  EXPECT_EQ(reserve_out().status(), scsi::kBusy);
  EXPECT_EQ(ready(user).status(), scsi::kGood);
  EXPECT_EQ(reserve_out().code(), 0x02040aU);
  EXPECT_EQ(reserve_out().status(), scsi::kGood);
  EXPECT_EQ(world.fault("task-set-full 0 2 0"), "");
  EXPECT_EQ(reserve_out().status(), scsi::kGood);
  EXPECT_EQ(ready(user).status(), scsi::kTaskSetFull);
  EXPECT_EQ(world.fault("task-set-full 0 1"), "");
  EXPECT_EQ(reserve_out().status(), scsi::kTaskSetFull) << "without one, all again";
  EXPECT_THAT(world.fault("busy 0 1 100"), HasSubstr("OPCODE \"100\""));
}

TEST(Faults, PowerCycle) {
  TestArray world;
  ReadyUser user(world, 1);
  EXPECT_EQ(world.fault("power-cycle"), "");
  EXPECT_FALSE(user->logged_in());
  for (unsigned port = 0; port < 4; ++port) {
    EXPECT_TRUE(world.array->port_is_up(port));
  }
  EXPECT_EQ(world.array->groups().state(1), kOptimized);
}

TEST(Faults, AStormOfUnitAttentionsIsNeverTwiceTheSame) {
  TestArray world;
  ReadyUser user(world);
  EXPECT_EQ(world.fault("attention-storm 0 20"), "");
  uint32_t before = 0;
  for (int i = 0; i < 20; ++i) {
    const auto& run = ready(user);
    EXPECT_EQ(run.code() >> 16, scsi::kUnitAttention);
    EXPECT_NE(run.code(), before);
    before = run.code();
  }
  EXPECT_EQ(ready(user).status(), scsi::kGood);
}

TEST(Faults, AccessAndTransitions) {
  TestArray world;
  ReadyUser user(world);
  EXPECT_EQ(world.fault("access 1 standby"), "");
  EXPECT_THAT(user->take_attentions(), ElementsAre(0x2a06));
  EXPECT_EQ(ready(user).code(), 0x02040bU);
  EXPECT_EQ(world.fault("transition 1 active/optimized 300"), "");
  EXPECT_EQ(ready(user).code(), 0x02040aU);
  EXPECT_THAT(world.fault("transition 2 standby 300"), HasSubstr("another transition"));
  world.clock.advance(300 * kNsPerMs);
  EXPECT_THAT(user->take_attentions(), ElementsAre(0x2a06));
  EXPECT_EQ(ready(user).status(), scsi::kGood);
}

TEST(Faults, AStuckTransitionEndsByAccessOrClear) {
  TestArray world;
  for (const char* end : {"access 1 active/optimized", "clear"}) {
    EXPECT_EQ(world.fault("stuck-transition 1"), "");
    world.clock.advance(3'600'000 * kNsPerMs);
    EXPECT_EQ(world.array->groups().state(1), kTransitioning);
    EXPECT_EQ(world.fault(end), "");
    EXPECT_EQ(world.array->groups().state(1), kOptimized) << end;
  }
}

TEST(Faults, ClearLeavesATransitionThatEndsByItself) {
  TestArray world;
  EXPECT_EQ(world.fault("transition 1 standby 300"), "");
  EXPECT_EQ(world.fault("clear"), "");
  EXPECT_EQ(world.array->groups().state(1), kTransitioning);
  world.clock.advance(300 * kNsPerMs);
  EXPECT_EQ(world.array->groups().state(1), scsi::AccessState::standby);
}

TEST(Faults, SetGroupsRefusedPartialIgnored) {
  TestArray world;
  ReadyUser user(world, 1);
  const Groups& groups = world.array->groups();
  const std::vector<scsi::SetGroup> swap = {{2, kOptimized}, {1, kNonOptimized}};
  EXPECT_EQ(world.fault("stpg-refuse"), "");
  EXPECT_EQ(set_groups(user, swap).code(), 0x04670aU);
  EXPECT_EQ(groups.state(2), kNonOptimized);
  EXPECT_EQ(world.fault("stpg-ignore"), "");
  EXPECT_EQ(set_groups(user, swap).status(), scsi::kGood);
  EXPECT_EQ(groups.state(2), kNonOptimized);
  EXPECT_EQ(world.fault("stpg-partial"), "");
  EXPECT_EQ(set_groups(user, {{1, kNonOptimized}, {2, kOptimized}}).code(), 0x04670aU);
  EXPECT_EQ(groups.state(1), kNonOptimized);
  EXPECT_EQ(groups.state(2), kNonOptimized) << "only the first named changed";
  EXPECT_EQ(set_groups(user, swap).status(), scsi::kGood);
  EXPECT_EQ(groups.state(2), kOptimized);
}

TEST(Faults, SetGroupsThatSticks) {
  TestArray world;
  ReadyUser user(world, 1);
  EXPECT_EQ(world.fault("stpg-stick"), "");
  EXPECT_EQ(set_groups(user, {{2, kOptimized}}).status(), scsi::kGood);
  EXPECT_EQ(world.array->groups().state(2), kTransitioning);
  EXPECT_EQ(ready(user).code(), 0x02040aU);
  EXPECT_EQ(world.fault("clear"), "");
  EXPECT_EQ(world.array->groups().state(2), kNonOptimized);
}

TEST(Faults, WhatChangesAboutLuns) {
  TestArray world;
  ReadyUser user(world);
  ReadyUser other(world, 3);
  EXPECT_EQ(world.fault("resize 0 2097152"), "");
  EXPECT_EQ(world.array->lun(0).block_count(), 4096U);
  EXPECT_EQ(world.fault("thin-threshold 0"), "");
  const auto naa = world.array->lun(0).naa();
  const std::string serial = world.array->lun(0).serial();
  EXPECT_EQ(world.fault("identity 0"), "");
  EXPECT_NE(world.array->lun(0).naa(), naa);
  EXPECT_NE(world.array->lun(0).serial(), serial);
  EXPECT_NE(world.array->lun(0).naa(), world.array->lun(1).naa());
  EXPECT_THAT(user->take_attentions(0), ElementsAre(0x2a09, 0x3807, 0x3f05));
  EXPECT_THAT(other->take_attentions(0), ElementsAre(0x2a09, 0x3807, 0x3f05));
  EXPECT_TRUE(user->take_attentions(1).empty());
  EXPECT_EQ(world.fault("unit-attention 3f e"), "");
  EXPECT_THAT(user->take_attentions(1), ElementsAre(0x3f0e));
}

TEST(Faults, ALunIsWriteProtectedAndTakesWritesAgain) {
  TestArray world;
  ReadyUser user(world);
  EXPECT_EQ(world.fault("write-protect 0 on"), "");
  EXPECT_THAT(user->take_attentions(0), ElementsAre(0x2a01));
  EXPECT_TRUE(world.array->lun(0).write_protected());
  EXPECT_FALSE(world.array->lun(1).write_protected());
  EXPECT_EQ(world.fault("write-protect 0 off"), "");
  EXPECT_THAT(user->take_attentions(0), ElementsAre(0x2a01));
  EXPECT_FALSE(world.array->lun(0).write_protected());
}

TEST(Faults, TheMediumOfARemovableLunComesAndGoes) {
  Config config = TestArray::default_config();
  config.luns[0].removable = true;
  TestArray world(config);
  ReadyUser user(world);
  EXPECT_EQ(world.fault("medium 0 out"), "");
  EXPECT_EQ(ready(user).code() >> 8, 0x023aU) << "NOT READY, MEDIUM NOT PRESENT";
  EXPECT_EQ(world.fault("medium 0 in"), "");
  EXPECT_EQ(ready(user).code(), 0x062800U);
  EXPECT_EQ(ready(user).status(), scsi::kGood);
  EXPECT_THAT(world.fault("medium 1 out"), HasSubstr("no removable medium"));
}

TEST(Faults, ClearEndsThemAll) {
  TestArray world;
  ReadyUser user(world, 3);
  for (const char* line :
       {"controller-crash 0", "freeze 1", "port-down 2", "black-hole 1 out", "delay 3 50", "busy 3",
        "delay-reply 3 50 5", "drop-reply 3 5", "attention-storm 3 5",
        "malformed-sense 3 missing 5", "vpd all 83 garbage", "rtpg all empty",
        "wrong-identity all on", "stpg-refuse 5"}) {
    EXPECT_EQ(world.fault(line), "") << line;
  }
  EXPECT_EQ(world.fault("clear"), "");
  user->take_attentions();
  for (unsigned port = 0; port < 4; ++port) {
    EXPECT_TRUE(world.array->port_is_up(port)) << port;
  }
  EXPECT_TRUE(ready(user).done);
  EXPECT_EQ(ready(user).status(), scsi::kGood);
  EXPECT_FALSE(ready(user).task.drop_reply);
  EXPECT_EQ(set_groups(user, {{2, kOptimized}}).status(), scsi::kGood);
  EXPECT_EQ(world.array->groups().state(2), kOptimized);
}

}  // namespace
}  // namespace array
