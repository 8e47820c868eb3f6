// What persistent reservations outlive and what they do not: sessions, resets, controllers, power,
// the process; and the tasks that PREEMPT AND ABORT ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "array/reservation_file.h"
#include "array/testing/persistent.h"
#include "array/testing/test_array.h"
#include "scsi/opcodes.h"

namespace array {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace testing;  // of this room
using enum scsi::ReservationType;

struct ReservationLife : ::testing::Test {
  Rig rig;
  Host& holder = rig.host();
  Host& other = rig.host(1);

  void reserve(bool persists) {
    ASSERT_EQ(register_with(other, 2, persists).status, scsi::kGood);
    ASSERT_EQ(register_with(holder, 1, persists).status, scsi::kGood);
    ASSERT_EQ(reserve_with(holder, 1, exclusive_access).status, scsi::kGood);
  }
  Host& login(unsigned port, const std::string& name) {
    Host& host = rig.hosts.emplace_back(*rig.array, port, name);
    host.clear_attentions();
    return host;
  }
  static uint8_t read(Host& host) { return host.send(scsi::make_read(0, 1)).status; }
  void power_cycle() {
    rig.array->crash_controller(0);
    rig.array->crash_controller(1);
    rig.array->restart_controller(0);
    rig.array->restart_controller(1);
  }
};

TEST_F(ReservationLife, OutlivesTheSession) {
  reserve(false);
  holder.log_out();
  EXPECT_EQ(read(other), scsi::kReservationConflict);
  Host& again = login(0, "iqn.host0");
  EXPECT_EQ(read(again), scsi::kGood) << "the same two ports are the same nexus";
  Host& anew = login(0, "iqn.host0");  // reinstates the session
  EXPECT_FALSE(again.logged_in());
  EXPECT_EQ(read(anew), scsi::kGood);
  EXPECT_EQ(read(login(1, "iqn.host0")), scsi::kReservationConflict);
}

TEST_F(ReservationLife, OutlivesResets) {
  reserve(false);
  for (const TaskFunction reset :
       {TaskFunction::clear_task_set, TaskFunction::logical_unit_reset,
        TaskFunction::target_warm_reset, TaskFunction::target_cold_reset}) {
    rig.array->manage(other.nexus(), reset, 0, 0);
    holder.clear_attentions();
    other.clear_attentions();
    EXPECT_EQ(read(other), scsi::kReservationConflict);
    EXPECT_EQ(read(holder), scsi::kGood);
    EXPECT_THAT(keys_seen(other), ElementsAre(2, 1));
  }
}

TEST_F(ReservationLife, OutlivesItsPortAndItsController) {
  reserve(false);
  rig.array->set_port_enabled(0, false);
  EXPECT_EQ(read(other), scsi::kReservationConflict);
  rig.array->set_port_enabled(0, true);
  rig.array->crash_controller(0);
  other.clear_attentions();
  EXPECT_EQ(read(other), scsi::kReservationConflict);
  EXPECT_THAT(keys_seen(other), ElementsAre(2, 1));
  rig.array->restart_controller(0);
  EXPECT_EQ(read(login(0, "iqn.host0")), scsi::kGood);
}

TEST_F(ReservationLife, EndsWithThePowerUnlessItIsToPersist) {
  reserve(false);
  power_cycle();
  Host& stranger = login(1, "iqn.stranger");
  EXPECT_EQ(read(stranger), scsi::kGood);
  EXPECT_EQ(reserve_in(stranger, ReserveInAction::read_keys), Raw(8)) << "PRGENERATION is 0 again";
}

TEST_F(ReservationLife, OutlivesThePowerIfItIsToPersist) {
  reserve(true);
  power_cycle();
  Host& stranger = login(1, "iqn.stranger");
  EXPECT_EQ(read(stranger), scsi::kReservationConflict);
  EXPECT_THAT(keys_seen(stranger), ElementsAre(2, 1));
  EXPECT_EQ(reserve_in(stranger, ReserveInAction::read_keys)[3], 0);
  EXPECT_EQ(read(login(0, "iqn.host0")), scsi::kGood);
  EXPECT_EQ(register_with(login(1, "iqn.host1"), 2, false).status, scsi::kGood);
  power_cycle();
  EXPECT_EQ(read(login(1, "iqn.stranger")), scsi::kGood) << "the last registration decides";
}

TEST_F(ReservationLife, ALossOfPowerTakesWhatIsInMemory) {
  ASSERT_EQ(holder
                .send({0x15, 0x10, 0, 0, 16, 0},
                      Raw{0, 0, 0, 0, 0x0a, 0x0a, 0x06, 0x10, 0, 0, 0, 0, 0, 0, 0, 0})
                .status,
            scsi::kGood)
      << "D_SENSE";
  ASSERT_TRUE(rig.array->lun(0).modes().descriptor_sense());
  rig.array->crash_controller(0);
  EXPECT_TRUE(rig.array->lun(0).modes().descriptor_sense()) << "the other one remembers";
  rig.array->crash_controller(1);
  EXPECT_FALSE(rig.array->lun(0).modes().descriptor_sense());
}

// --- over the process

struct ReservationOfFile : ::testing::Test {
  std::string path = ::testing::TempDir() + "dsmkit-life-XXXXXX";
  Config config = Rig::usual();

  void SetUp() override {
    const int fd = mkstemp(path.data());
    ASSERT_GE(fd, 0);
    ASSERT_EQ(ftruncate(fd, 1 << 20), 0);
    close(fd);
    config.luns = {{.file = path}};
  }
  void TearDown() override {
    std::remove(path.c_str());
    std::remove(reservation_file_of(path).c_str());
    rmdir((reservation_file_of(path) + ".new").c_str());
  }
  bool file_exists() const { return access(reservation_file_of(path).c_str(), F_OK) == 0; }
};

TEST_F(ReservationOfFile, IsThereAgain) {
  {
    Rig rig(config);
    Host& host = rig.host();
    register_with(host, 1, true);
    EXPECT_TRUE(file_exists());
    EXPECT_EQ(reserve_with(host, 1, write_exclusive).status, scsi::kGood);
  }
  Rig rig(config);
  EXPECT_EQ(rig.array->lun(0).notice(), "");
  Host& holder = rig.host();
  Host& stranger = rig.host();
  EXPECT_EQ(type_seen(stranger), write_exclusive);
  EXPECT_EQ(stranger.send(scsi::make_write(0, 1), Raw(512)).status, scsi::kReservationConflict);
  EXPECT_EQ(holder.send(scsi::make_write(0, 1), Raw(512)).status, scsi::kGood);
  EXPECT_EQ(reserve_in(holder, ReserveInAction::report_capabilities)[3], 0xb1) << "PTPL_A";
  EXPECT_EQ(reserve_out(holder, ReserveOutAction::clear, Keys{1}).status, scsi::kGood);
  Rig cleared(config);
  EXPECT_THAT(keys_seen(cleared.host()), IsEmpty());
}

TEST_F(ReservationOfFile, IsGoneIfItWasNotToPersist) {
  {
    Rig rig(config);
    Host& host = rig.host();
    register_with(host, 1, true);
    register_with(host, 1, false);
    EXPECT_FALSE(file_exists());
    reserve_with(host, 1, write_exclusive);
    EXPECT_FALSE(file_exists());
  }
  Rig rig(config);
  EXPECT_THAT(keys_seen(rig.host()), IsEmpty());
}

TEST_F(ReservationOfFile, DamageCostsTheRegistrationsAndIsTold) {
  std::ofstream(reservation_file_of(path)) << "rubbish";
  Rig rig(config);
  EXPECT_THAT(rig.array->lun(0).notice(), HasSubstr("LUN 0 (file:" + path + ")"));
  EXPECT_THAT(rig.array->lun(0).notice(), HasSubstr("damaged"));
  Host& host = rig.host();
  EXPECT_THAT(keys_seen(host), IsEmpty());
  EXPECT_EQ(register_with(host, 1, true).status, scsi::kGood);
  Rig next(config);
  EXPECT_EQ(next.array->lun(0).notice(), "") << "it was replaced";
}

TEST_F(ReservationOfFile, WhatCannotBeStoredDoesNotHappen) {
  Rig rig(config);
  Host& host = rig.host();
  const std::string fresh = reservation_file_of(path) + ".new";
  ASSERT_EQ(mkdir(fresh.c_str(), 0700), 0);
  EXPECT_EQ(register_with(host, 1, true).code(), 0x044400u);
  EXPECT_THAT(keys_seen(host), IsEmpty());
  EXPECT_EQ(register_with(host, 1, false).status, scsi::kGood) << "needs no file";
  ASSERT_EQ(rmdir(fresh.c_str()), 0);
  EXPECT_EQ(register_with(host, 2, true).status, scsi::kGood);
  ASSERT_EQ(mkdir(fresh.c_str(), 0700), 0);
  EXPECT_EQ(reserve_with(host, 2, write_exclusive).code(), 0x044400u);
  EXPECT_EQ(type_seen(host), none);
}

TEST_F(ReservationOfFile, NothingIsWrittenWhereNothingChanges) {
  Rig rig(config);
  Host& host = rig.host();
  register_with(host, 1, true);
  reserve_with(host, 1, write_exclusive);
  ASSERT_EQ(mkdir((reservation_file_of(path) + ".new").c_str(), 0700), 0);
  EXPECT_EQ(reserve_with(host, 1, write_exclusive).status, scsi::kGood);
}

// --- PREEMPT AND ABORT

// Two initiators with tasks that wait; the first is preempted by the second.
struct PreemptAndAbort : ::testing::Test {
  TestArray world;
  NexusUser victim{*world.array, 0, "iqn.victim"};
  NexusUser sender{*world.array, 1, "iqn.sender"};

  NexusUser::Run& out(NexusUser& user, ReserveOutAction action, Keys keys,
                      ReservationType type = none) {
    Raw bytes(24);
    scsi::encode_reserve_out(bytes, {.key = keys.own, .service_action_key = keys.other});
    return user.run(
        scsi::make_persistent_reserve_out({.action = action, .type = type, .parameter_bytes = 24}),
        bytes);
  }
  void SetUp() override {
    for (NexusUser* const user : {&victim, &sender}) {
      user->take_attentions(0);
      user->take_attentions(1);
    }
    ASSERT_EQ(out(victim, ReserveOutAction::register_key, {0, 1}).status(), scsi::kGood);
    ASSERT_EQ(out(sender, ReserveOutAction::register_key, {0, 2}).status(), scsi::kGood);
    ASSERT_EQ(out(victim, ReserveOutAction::reserve, {1, 0}, write_exclusive).status(),
              scsi::kGood);
    world.fault("delay 0 1000");
  }
};

TEST_F(PreemptAndAbort, EndsTheTasksOfThePreempted) {
  const NexusUser::Run& here = victim.run(scsi::make_write(0, 1), Raw(512, 7));
  const NexusUser::Run& elsewhere = victim.run(scsi::make_write(0, 1), Raw(512, 7), 1);
  EXPECT_EQ(out(sender, ReserveOutAction::preempt_and_abort, {2, 1}, exclusive_access).status(),
            scsi::kGood);
  EXPECT_TRUE(here.done);
  EXPECT_TRUE(here.task.aborted);
  EXPECT_FALSE(elsewhere.done) << "another LUN";
  EXPECT_THAT(victim.take_attentions(0), ElementsAre(0x2a05));
  world.clock.advance(2'000'000'000);
  EXPECT_TRUE(elsewhere.done);
  EXPECT_FALSE(elsewhere.task.aborted);
}

TEST_F(PreemptAndAbort, OthersKeepTheirs) {
  world.fault("delay 1 1000");
  const NexusUser::Run& own = sender.run(scsi::make_read(0, 1));
  world.fault("delay 1 0");
  EXPECT_EQ(out(sender, ReserveOutAction::preempt_and_abort, {2, 1}, exclusive_access).status(),
            scsi::kGood);
  EXPECT_FALSE(own.done);
  world.clock.advance(2'000'000'000);
  EXPECT_TRUE(own.done && !own.task.aborted);
}

TEST_F(PreemptAndAbort, PreemptAloneLeavesTheTasksToTheirFate) {
  const NexusUser::Run& task = victim.run(scsi::make_write(0, 1), Raw(512, 7));
  EXPECT_EQ(out(sender, ReserveOutAction::preempt, {2, 1}, exclusive_access).status(), scsi::kGood);
  EXPECT_FALSE(task.done);
  victim.take_attentions(0);
  world.clock.advance(2'000'000'000);
  EXPECT_TRUE(task.done);
  EXPECT_EQ(task.status(), scsi::kReservationConflict);
}

TEST_F(PreemptAndAbort, ARefusedOneAbortsNothing) {
  const NexusUser::Run& task = victim.run(scsi::make_write(0, 1), Raw(512, 7));
  EXPECT_EQ(out(sender, ReserveOutAction::preempt_and_abort, {3, 1}, exclusive_access).status(),
            scsi::kReservationConflict);
  EXPECT_FALSE(task.done);
}

}  // namespace
}  // namespace array
