// What the array behind a target shows: its ports, and whose nexus and tasks are whose.
#include "io/iscsi/array_device.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "io/iscsi/testing/initiator.h"
#include "scsi/opcodes.h"

namespace io::iscsi {
namespace {

// Who logs in, and the tasks sent.
struct Host final : NexusOwner {
  void on_nexus_ended() override {
    ++ended;
    nexus.reset();
  }
  // Its outcome is in `task` when it is done.
  void send(const scsi::Cdb& cdb) {
    task.cdb = cdb;
    task.owner = this;
    task.done = [](Task& done) { ++static_cast<Host*>(done.owner)->finished; };
    nexus->submit(task);
  }
  std::unique_ptr<Nexus> nexus;
  Task task;
  int ended = 0;
  int finished = 0;
};

class ArrayDeviceTest : public ::testing::Test {
 protected:
  testing::TestTarget world;
  ArrayDevice& device = *world.device;
  InitiatorPort initiator{"iqn.2026-11.test:host", {0x80, 0, 0, 0, 0, 1}};
  Host host;
};

TEST_F(ArrayDeviceTest, ATaskComesBackWithWhatTheArraySaid) {
  host.nexus = device.login(0, initiator, host);
  host.send(scsi::make_test_unit_ready());
  EXPECT_EQ(host.finished, 1);
  EXPECT_EQ(host.task.status, scsi::kCheckCondition) << "power on";
  EXPECT_EQ(host.task.sense[2], 6);
  EXPECT_EQ(host.task.sense[12], 0x29);
  EXPECT_EQ(host.task.sense_bytes, 18);
  host.send(scsi::make_inquiry(36));
  EXPECT_EQ(host.task.status, scsi::kGood);
  EXPECT_EQ(host.task.data_in.size(), 36U);
}

TEST_F(ArrayDeviceTest, TheEndOfTheNexusAbortsItsTasks) {
  host.nexus = device.login(0, initiator, host);
  world.array->port_faults(0).delay_ns = 1000;
  host.send(scsi::make_test_unit_ready());
  EXPECT_EQ(host.finished, 0);
  host.nexus.reset();
  EXPECT_EQ(host.finished, 1);
  EXPECT_TRUE(host.task.aborted);
  EXPECT_EQ(host.ended, 0) << "the owner ended it itself";
  EXPECT_EQ(world.array->nexus_count(), 0U);
}

TEST_F(ArrayDeviceTest, ALoginOfTheSameInitiatorPortEndsTheNexusThatThereIs) {
  Host again;
  host.nexus = device.login(0, initiator, host);
  world.array->port_faults(0).delay_ns = 1000;
  host.send(scsi::make_test_unit_ready());
  again.nexus = device.login(0, initiator, again);
  EXPECT_EQ(host.ended, 1);
  EXPECT_TRUE(host.task.aborted);
  EXPECT_NE(again.nexus, nullptr);
  EXPECT_EQ(world.array->nexus_count(), 1U);
}

TEST_F(ArrayDeviceTest, ManagementIsAnsweredAtOnce) {
  host.nexus = device.login(0, initiator, host);
  world.array->port_faults(0).delay_ns = 1000;
  host.task.tag = 7;
  host.send(scsi::make_test_unit_ready());
  std::vector<scsi::FunctionResponse> answers;
  const auto note = [&](scsi::FunctionResponse response) { answers.push_back(response); };
  host.nexus->manage(scsi::TaskFunction::abort_task, 0, 8, note);
  EXPECT_FALSE(host.task.aborted);
  host.nexus->manage(scsi::TaskFunction::abort_task, 0, 7, note);
  EXPECT_TRUE(host.task.aborted);
  EXPECT_EQ(answers,
            (std::vector{scsi::FunctionResponse::no_such_task, scsi::FunctionResponse::complete}));
}

TEST_F(ArrayDeviceTest, PortsShowWhatTheyDo) {
  struct Watch final : PortObserver {
    void on_port_service(unsigned port) override { ports.push_back(port); }
    std::vector<unsigned> ports;
  } watch;
  device.observe_ports(&watch);
  const auto service = [&] {
    const PortService now = device.port_service(1);
    return std::array{now.open, now.reads, now.sends};
  };
  const auto silent = [&](array::Silence silence) {
    world.array->set_port_silence(1, silence);
    return service();
  };
  EXPECT_EQ(service(), (std::array{true, true, true}));
  EXPECT_EQ(silent(array::Silence::in), (std::array{true, false, true}));
  EXPECT_EQ(silent(array::Silence::out), (std::array{true, true, false}));
  EXPECT_EQ(silent(array::Silence::both), (std::array{true, false, false}));
  EXPECT_TRUE(device.port_listed(1));
  world.array->set_port_enabled(1, false);
  EXPECT_FALSE(device.port_service(1).open);
  EXPECT_FALSE(device.port_listed(1));
  EXPECT_EQ(device.login(1, initiator, host), nullptr);
  EXPECT_EQ(watch.ports, std::vector<unsigned>(4, 1));
  device.observe_ports(nullptr);
  world.array->set_port_enabled(1, true);
  EXPECT_EQ(watch.ports.size(), 4U);
}

}  // namespace
}  // namespace io::iscsi
