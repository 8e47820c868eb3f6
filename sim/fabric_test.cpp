// The fabric alone, between a scripted host and a toy target: where does a command go when its link
// dies?
#include "sim/fabric.h"

#include <gtest/gtest.h>

#include <string>

namespace sim {
namespace {

using mpio::Delivery;
using mpio::LinkResult;

// Executes at once and remembers what; a session ends with its connection or with the next login.
class ToyTarget final : public Target {
 public:
  bool listening(uint32_t) const override { return alive; }
  NexusHandle login(uint32_t, uint32_t, uint32_t) override { return current = ++sessions; }
  void nexus_lost(NexusHandle nexus) override { current = nexus == current ? 0 : current; }
  void execute(NexusHandle nexus, TargetTask& task, TaskSink& sink) override {
    EXPECT_EQ(nexus, current);
    executed += task.data_out.empty() ? "r" : std::string(1, static_cast<char>(task.data_out[0]));
    task.data_in.assign(task.data_in_limit, 'x');
    sink.on_task_done(task);
  }
  bool alive = true;
  NexusHandle sessions = 0;
  NexusHandle current = 0;
  std::string executed;
};

class Host final : public mpio::TransportHandler {
 public:
  void on_login_done(LinkResult result, std::string_view) override {
    log += result == LinkResult::ok ? "L" : "l";
  }
  void on_command_done(mpio::TransportCommand& command) override {
    static constexpr char kLetters[] = {'d', 'k', 'p', 'n'};  // delivered, lost, dropped, not sent
    log += kLetters[static_cast<size_t>(command.delivery)];
  }
  void on_link_lost(LinkResult, std::string_view) override { log += "X"; }
  void on_heard() override { ++heard; }
  std::string log;
  int heard = 0;
};

class FabricTest : public ::testing::Test {
 protected:
  void make(bool parses_dead_connections) {
    FabricConfig config;
    config.paths = 1;
    config.lost_reset_percent = 0;
    config.parses_dead_connections = parses_dead_connections;
    fabric = std::make_unique<Fabric>(config, clock, target, findings, timeline);
    path().set_handler(host);
    path().start_login();
    run(100);
    ASSERT_EQ(host.log, "L");
    host.log.clear();
  }
  mpio::Transport& path() { return fabric->transport(0); }
  void run(uint64_t ms) { clock.run_until(clock.now_ns() + ms * kMillisecond); }
  mpio::TransportCommand& write(char letter) {
    auto& slot = slots[count++];
    slot.buffer.assign(512, static_cast<uint8_t>(letter));
    slot.slice = {slot.buffer.data(), slot.buffer.size()};
    slot.command.cdb = scsi::make_write(0, 1);
    slot.command.direction = mpio::Direction::to_target;
    slot.command.slices = {&slot.slice, 1};
    slot.command.length_bytes = 512;
    path().submit(slot.command);
    return slot.command;
  }
  void fault(void (*change)(LinkFaults&)) {
    LinkFaults faults = fabric->faults(0);
    change(faults);
    fabric->set_faults(0, faults);
  }

  struct Slot {
    mpio::TransportCommand command;
    std::vector<uint8_t> buffer;
    mpio::IoSlice slice;
  };
  Clock clock;
  Findings findings;
  Timeline timeline{false};
  ToyTarget target;
  std::unique_ptr<Fabric> fabric;
  Host host;
  std::array<Slot, 8> slots;
  size_t count = 0;
};

TEST_F(FabricTest, CommandsAreAnsweredInOrderAndHeard) {
  make(true);
  write('a');
  write('b');
  EXPECT_EQ(host.log, "") << "never from inside submit()";
  run(10);
  EXPECT_EQ(host.log, "dd");
  EXPECT_EQ(host.heard, 2);
  path().send_nop();
  path().send_nop();
  run(10);
  EXPECT_EQ(host.heard, 3) << "one NOP at a time";
  EXPECT_EQ(fabric->in_transit(), 0U);
}

TEST_F(FabricTest, WhatTheBlackHoleHidesIsLostWithTheSocket) {
  make(true);
  fault([](LinkFaults& faults) { faults.hole_out = true; });
  write('a');
  run(10);
  EXPECT_EQ(host.log, "");
  path().drop();
  EXPECT_EQ(host.log, "p");
  run(10);
  fault([](LinkFaults& faults) { faults.hole_out = false; });
  run(10);
  EXPECT_EQ(target.executed, "");
  EXPECT_NE(target.current, 0U) << "the reset was lost: the target still has the session";
  path().start_login();
  run(10);
  EXPECT_EQ(target.sessions, 2U);
  EXPECT_EQ(host.log, "pL");
}

TEST_F(FabricTest, ABlackHoleThatEndsInTimeOnlyDelays) {
  make(true);
  fault([](LinkFaults& faults) { faults.hole_out = faults.hole_in = true; });
  write('a');
  write('b');
  run(500);
  fault([](LinkFaults& faults) { faults.hole_out = faults.hole_in = false; });
  run(10);
  EXPECT_EQ(target.executed, "ab");
  EXPECT_EQ(host.log, "dd");
}

TEST_F(FabricTest, AFrozenTargetExecutesAtTheThawWhatArrivedBeforeTheReset) {
  make(true);
  fault([](LinkFaults& faults) { faults.frozen = true; });
  write('a');
  run(10);
  path().drop();
  run(10);
  EXPECT_EQ(host.log, "p");
  EXPECT_EQ(target.executed, "");
  fault([](LinkFaults& faults) { faults.frozen = false; });
  run(10);
  EXPECT_EQ(target.executed, "a") << "the late write is real";
  EXPECT_EQ(fabric->late_executions(), 1U);
  EXPECT_EQ(target.current, 0U) << "then the reset is noticed";
}

TEST_F(FabricTest, ACarefulTargetDoesNot) {
  make(false);
  fault([](LinkFaults& faults) { faults.frozen = true; });
  write('a');
  run(10);
  path().drop();
  run(10);
  fault([](LinkFaults& faults) { faults.frozen = false; });
  run(10);
  EXPECT_EQ(target.executed, "");
}

TEST_F(FabricTest, NothingOldExecutesAfterTheReinstatingLogin) {
  make(true);
  fault([](LinkFaults& faults) { faults.frozen = true; });
  write('a');
  run(10);
  path().drop();
  path().start_login();
  run(10);
  fault([](LinkFaults& faults) { faults.frozen = false; });
  run(100);
  EXPECT_EQ(host.log, "pL");
  const std::string before = target.executed;
  run(10000);
  EXPECT_EQ(target.executed, before);
}

TEST_F(FabricTest, AResetEndsBothSides) {
  make(true);
  fabric->reset(0);
  write('a');
  run(10);
  EXPECT_EQ(host.log, "kX");
  EXPECT_EQ(target.executed, "");
  write('b');
  EXPECT_EQ(host.log, "kX");
  run(1);
  EXPECT_EQ(host.log, "kXn");
}

TEST_F(FabricTest, ADeadTargetIsHeardOrNot) {
  make(true);
  target.alive = false;
  fabric->target_died(0, true);
  run(10);
  EXPECT_EQ(host.log, "X");
  path().start_login();
  run(10);
  EXPECT_EQ(host.log, "Xl");
  target.alive = true;
  path().start_login();
  run(10);
  EXPECT_EQ(host.log, "XlL");
  fault([](LinkFaults& faults) { faults.silent = true; });
  fabric->target_died(0, false);
  write('a');
  run(1000);
  EXPECT_EQ(host.log, "XlL");
  fault([](LinkFaults& faults) { faults.silent = false; });
  run(10);
  EXPECT_EQ(host.log, "XlLkX") << "back again, it does not know the connection";
}

TEST_F(FabricTest, LostRequestsAndRepliesLeaveTheCommandOpen) {
  make(true);
  fault([](LinkFaults& faults) { faults.drop_requests_percent = 100; });
  write('a');
  run(1000);
  EXPECT_EQ(target.executed, "");
  fault([](LinkFaults& faults) {
    faults.drop_requests_percent = 0;
    faults.drop_replies_percent = 100;
  });
  write('b');
  run(1000);
  EXPECT_EQ(target.executed, "b");
  EXPECT_EQ(host.log, "");
  path().drop();
  EXPECT_EQ(host.log, "pp");
}

TEST_F(FabricTest, BreachesOfTheContractAreReported) {
  make(true);
  path().start_login();
  EXPECT_TRUE(findings.has(Invariant::transport_contract));
}

TEST_F(FabricTest, LogoutIsOrderly) {
  make(true);
  path().logout();
  run(10);
  EXPECT_EQ(host.log, "X");
  EXPECT_EQ(target.current, 0U);
}

}  // namespace
}  // namespace sim
