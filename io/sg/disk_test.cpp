// The whole disk over sg paths, on the virtual clock: what is promised to clients when devices
// hang, go, come back as something else, and when the kernel sends a write long after it was given
// up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <list>
#include <optional>

#include "io/sg/testing/fake_node.h"
#include "io/sg/testing/manual_loop.h"
#include "io/sg/transport.h"
#include "mpio/disk.h"
#include "tests/support/temp_dir.h"

namespace io::sg {
namespace {

using mpio::PathState;
using ::testing::HasSubstr;

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kSecond = 1'000 * kMs;
constexpr uint32_t kBlock = 512;

class SgDisk : public ::testing::Test {
 protected:
  struct Client {
    mpio::BlockRequest request;
    std::vector<uint8_t> data;
    mpio::IoSlice slice;
    bool done = false;
  };

  SgDisk() {
    array::Config config;
    config.ports = {{.controller = 0}, {.controller = 1}};
    config.luns.resize(2);
    config.luns[0].size_bytes = config.luns[1].size_bytes = 4u << 20;
    config.alua = array::AluaMode::none;
    config.symmetric = true;
    std::string error;
    storage = array::Array::create(config, loop, error);
    EXPECT_EQ(error, "");
    kernel.emplace(loop, *storage, sysfs.path());
    settings.run.policy = dsm::PolicyId::fail_over_only;
  }
  ~SgDisk() override {
    disk.reset();
    transports.clear();
    kernel.reset();
  }

  static std::string node(unsigned port) { return "/dev/sg" + std::to_string(port); }

  void start(unsigned lanes = 1) {
    std::vector<mpio::LaneSetup> setup(lanes);
    for (unsigned port = 0; port < 2; ++port) {
      devices.push_back(&kernel->add(node(port), port));
    }
    for (mpio::LaneSetup& lane : setup) {
      lane.loop = &loop;
      for (unsigned port = 0; port < 2; ++port) {
        transports.push_back(std::make_unique<Transport>(loop, *kernel, node(port), sysfs.path()));
        lane.transports.push_back(transports.back().get());
      }
    }
    disk = std::make_unique<mpio::Disk>(settings, setup, nullptr);
    std::optional<std::string> started;
    disk->start(20'000, [&](const std::string& error) { started = error; });
    ASSERT_TRUE(loop.advance_until([&] { return started.has_value(); }, 30 * kSecond));
    ASSERT_EQ(*started, "");
    ASSERT_TRUE(wait_for(0, PathState::up));
    ASSERT_TRUE(wait_for(1, PathState::up));
  }
  bool wait_for(unsigned path, PathState state, uint64_t within_ns = 100 * kSecond) {
    return loop.advance_until([&] { return disk->path_state(path) == state; }, within_ns);
  }

  Client& submit(mpio::BlockOp op, uint64_t block, uint8_t value, uint64_t blocks,
                 unsigned lane = 0) {
    Client& client = clients.emplace_back();
    client.data.assign(blocks * kBlock, value);
    client.slice = {client.data.data(), client.data.size()};
    client.request.op = op;
    client.request.offset_bytes = block * kBlock;
    client.request.length_bytes = client.data.size();
    client.request.slices = {&client.slice, 1};
    client.request.owner = &client;
    client.request.done = [](mpio::BlockRequest& request) {
      static_cast<Client*>(request.owner)->done = true;
    };
    disk->lane(lane).submit(client.request);
    return client;
  }
  Client& write(uint64_t block, uint8_t value, uint64_t blocks = 1, unsigned lane = 0) {
    return submit(mpio::BlockOp::write, block, value, blocks, lane);
  }
  bool wait(const Client& client, uint64_t within_ns = 100 * kSecond) {
    return loop.advance_until([&] { return client.done; }, within_ns);
  }
  // What the disk reads there.
  uint8_t value_at(uint64_t block) {
    const Client& client = submit(mpio::BlockOp::read, block, 0, 1);
    EXPECT_TRUE(wait(client));
    EXPECT_EQ(client.request.error, 0);
    return client.data.front();
  }

  test_support::TempDir sysfs;
  testing::ManualLoop loop;
  std::unique_ptr<array::Array> storage;
  std::optional<testing::FakeKernel> kernel;
  std::vector<testing::FakeDevice*> devices;
  std::vector<std::unique_ptr<Transport>> transports;
  std::list<Client> clients;
  mpio::DiskConfig settings;
  std::unique_ptr<mpio::Disk> disk;
};

TEST_F(SgDisk, ServesAndNamesItsPathsByTheirPorts) {
  start();
  EXPECT_TRUE(wait(write(7, 0x77)));
  EXPECT_EQ(value_at(7), 0x77);
  const mpio::DiskStatus status = disk->status();
  EXPECT_EQ(status.paths[0].name, "sg:/dev/sg0");
  EXPECT_THAT(status.paths[0].stable_name, HasSubstr("adapter-7+"));
  EXPECT_NE(status.paths[0].stable_name, status.paths[1].stable_name);
}

TEST_F(SgDisk, ATransferThatIsLongerThanTheAdapterTakesIsCut) {
  start();
  const Client& long_write = write(0, 0x31, 4096);  // 2 MiB
  ASSERT_TRUE(wait(long_write));
  EXPECT_EQ(long_write.request.error, 0);
  EXPECT_LE(devices[0]->longest_bytes, 512U * 1024);
  EXPECT_EQ(value_at(0), 0x31);
  EXPECT_EQ(value_at(4095), 0x31);
}

TEST_F(SgDisk, WhatIsRetriedDownANarrowerPathIsCutThere) {
  start();
  devices[1]->max_bytes = 64 * 1024;
  kernel->remove(node(1));
  ASSERT_TRUE(wait_for(1, PathState::down));
  devices[1] = &kernel->add(node(1), 1);
  devices[1]->max_bytes = 64 * 1024;
  ASSERT_TRUE(wait_for(1, PathState::up));
  devices[0]->block();
  const Client& long_write = write(100, 0x32, 1024);
  ASSERT_TRUE(wait(long_write));
  EXPECT_EQ(long_write.request.error, 0);
  EXPECT_EQ(devices[1]->longest_bytes, 64U * 1024);
  EXPECT_EQ(value_at(100), 0x32);
  EXPECT_EQ(value_at(1123), 0x32);
}

TEST_F(SgDisk, ASilentPathIsLeftWithinTheTimeOfSilence) {
  start();
  devices[0]->block();
  const uint64_t began = loop.now_ns();
  const Client& lost = write(5, 0x51);
  ASSERT_TRUE(wait(lost));
  EXPECT_EQ(lost.request.error, 0);
  EXPECT_LT(loop.now_ns() - began, 2 * kSecond);
  EXPECT_EQ(disk->path_state(0), PathState::down);
}

// The heart of it. The kernel holds the first write for longer than anyone waits, and sends it
// then.
TEST_F(SgDisk, ANewerWriteWaitsUntilTheKernelHasLetTheOlderOneGo) {
  start();
  devices[0]->block();
  ASSERT_TRUE(wait(write(5, 0x51)));
  const Client& newer = write(5, 0x52);
  loop.advance(50 * kSecond);
  EXPECT_FALSE(newer.done);
  devices[0]->unblock();  // the kernel sends it now
  ASSERT_TRUE(wait(newer, kSecond));
  EXPECT_EQ(newer.request.error, 0);
  EXPECT_EQ(value_at(5), 0x52);
  EXPECT_EQ(disk->status().presumed_lost_writes, 0U);
  EXPECT_TRUE(disk->status().unsettled.empty());
}

TEST_F(SgDisk, TimeDoesNotSettleWhatTheKernelHolds) {
  settings.settle_loss_ms = 1'000;
  start();
  devices[0]->block();
  ASSERT_TRUE(wait(write(5, 0x51)));
  const Client& newer = write(5, 0x52);
  loop.advance(30 * kSecond);
  EXPECT_FALSE(newer.done);
  ASSERT_TRUE(wait(newer, 40 * kSecond)) << "nor does the client wait for ever";
  EXPECT_EQ(newer.request.error, EIO);
  devices[0]->unblock();
  loop.advance(10 * kSecond);
  EXPECT_EQ(value_at(5), 0x51) << "what failed was never sent";
}

TEST_F(SgDisk, AWriteThatTheKernelGaveUpIsSettledWhenThePathIsBack) {
  start();
  devices[0]->block();
  ASSERT_TRUE(wait(write(5, 0x51)));
  const Client& newer = write(5, 0x52);
  devices[0]->give_up_blocked();
  loop.advance(20 * kSecond);
  EXPECT_FALSE(newer.done) << "the port is away";
  devices[0]->unblock();
  ASSERT_TRUE(wait(newer, 10 * kSecond));
  EXPECT_EQ(newer.request.error, 0);
  EXPECT_EQ(disk->status().presumed_lost_writes, 0U);
  EXPECT_EQ(value_at(5), 0x52);
}

TEST_F(SgDisk, WhereErrorRecoveryFailedOnlyTimeSettles) {
  settings.settle_loss_ms = 60'000;
  start();
  devices[0]->recovery = testing::FakeDevice::Recovery::fails;
  storage->freeze_controller(0, true);
  ASSERT_TRUE(wait(write(5, 0x51)));
  const Client& newer = write(5, 0x52);
  loop.advance(35 * kSecond);  // the time limit has passed, the device is offline
  devices[0]->set_state("running");
  storage->freeze_controller(0, false);  // the target executes what it has
  ASSERT_TRUE(wait_for(0, PathState::up));
  loop.advance(30 * kSecond);
  EXPECT_FALSE(newer.done) << "that login proves nothing";
  ASSERT_TRUE(wait(newer, 30 * kSecond));
  EXPECT_EQ(disk->status().presumed_lost_writes, 1U);
  EXPECT_EQ(value_at(5), 0x52);
}

TEST_F(SgDisk, ANodeThatIsAnotherDiskWhenItComesBackIsRefused) {
  start();
  ASSERT_TRUE(wait(write(5, 0x51)));
  kernel->remove(node(0));
  ASSERT_TRUE(wait_for(0, PathState::down));
  kernel->add(node(0), 0, 1);  // the number again, for LUN 1
  ASSERT_TRUE(wait_for(0, PathState::refused));
  EXPECT_THAT(disk->status().paths[0].last_error, HasSubstr("leads to another disk"));
  ASSERT_TRUE(wait(write(5, 0x52)));
  EXPECT_EQ(value_at(5), 0x52);
  kernel->remove(node(0));
  kernel->add(node(0), 0, 0);
  EXPECT_TRUE(wait_for(0, PathState::up));
}

TEST_F(SgDisk, OneNodeUnderTwoNamesIsOnePath) {
  start();
  kernel->link("/dev/left", node(0));
  Transport again(loop, *kernel, "/dev/left", sysfs.path());
  const unsigned number = disk->add_path({&again});
  ASSERT_TRUE(wait_for(number, PathState::refused));
  EXPECT_THAT(disk->status().paths[number].last_error, HasSubstr("SCSI device 0:0:0:0"));
  bool removed = false;
  disk->remove_path(number, [&] { removed = true; });
  ASSERT_TRUE(loop.advance_until([&] { return removed; }, kSecond));
}

TEST_F(SgDisk, APathThatIsTakenOutWithHeldWritesLeavesThemToTime) {
  start();
  devices[0]->block();
  ASSERT_TRUE(wait(write(5, 0x51)));
  bool removed = false;
  disk->remove_path(0, [&] { removed = true; });
  ASSERT_TRUE(loop.advance_until([&] { return removed; }, 5 * kSecond));
  EXPECT_TRUE(disk->has_unsettled_writes(0));
  const Client& newer = write(5, 0x52);
  loop.advance(50 * kSecond);
  EXPECT_FALSE(newer.done);
  EXPECT_TRUE(wait(newer, 20 * kSecond));
  EXPECT_EQ(disk->status().presumed_lost_writes, 1U);
  devices[0]->give_up_blocked();
  loop.advance(kSecond);  // the end comes when the path is nobody's any more
}

TEST_F(SgDisk, LanesShareTheDeviceAndEachSettlesItsOwn) {
  start(2);
  devices[0]->block();
  const Client& first = write(5, 0x51, 1, 0);
  const Client& second = write(6, 0x61, 1, 1);
  ASSERT_TRUE(wait(first) && wait(second));
  const Client& newer = write(5, 0x52, 1, 1);
  const Client& other = write(6, 0x62, 1, 0);
  loop.advance(10 * kSecond);
  EXPECT_FALSE(newer.done || other.done);
  devices[0]->unblock();
  EXPECT_TRUE(wait(newer, 10 * kSecond) && wait(other, 10 * kSecond));
  EXPECT_EQ(value_at(5), 0x52);
  EXPECT_EQ(value_at(6), 0x62);
  EXPECT_TRUE(wait_for(0, PathState::up));
}

}  // namespace
}  // namespace io::sg
