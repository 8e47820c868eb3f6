// One sg path against a kernel that keeps to the driver's rules, and against one that does not.
#include "io/sg/transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "io/sg/testing/fake_node.h"
#include "io/sg/testing/manual_loop.h"
#include "io/transport_probe.h"
#include "scsi/opcodes.h"
#include "tests/support/temp_dir.h"

namespace io::sg {
namespace {

using mpio::Delivery;
using mpio::LinkResult;
using mpio::SettledBy;
using test::Io;
using ::testing::HasSubstr;

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kSecond = 1'000 * kMs;
constexpr const char* kNode = "/dev/sg3";

class SgTransport : public ::testing::Test {
 protected:
  SgTransport() {
    array::Config config;
    config.ports = {{.controller = 0}};
    config.controllers = 1;
    config.luns.push_back({.size_bytes = 4u << 20});
    std::string error;
    storage = array::Array::create(config, loop, error);
    EXPECT_EQ(error, "");
    kernel.emplace(loop, *storage, sysfs.path());
    device = &kernel->add(kNode, 0);
    transport.emplace(loop, *kernel, kNode, sysfs.path());
    transport->set_handler(probe);
  }
  ~SgTransport() override {
    transport.reset();
    kernel.reset();
  }

  // Returns what the login ended with.
  LinkResult log_in() {
    const size_t before = probe.logins.size();
    transport->start_login();
    loop.advance(kMs);
    EXPECT_EQ(probe.logins.size(), before + 1);
    return probe.logins.back();
  }
  // Up, and the unit attention of power-on is out of the way.
  void ready() {
    ASSERT_EQ(log_in(), LinkResult::ok);
    const auto first = test::make_test_unit_ready();
    run(*first);
    ASSERT_EQ(first->done, 1);
    device->submitted = 0;
  }
  void submit(Io& io) {
    io.command.deadline_ns = 30 * kSecond;
    transport->submit(io.command);
  }
  void run(Io& io) {
    submit(io);
    loop.advance(10 * kMs);
  }

  test_support::TempDir sysfs;
  testing::ManualLoop loop;
  std::unique_ptr<array::Array> storage;
  std::optional<testing::FakeKernel> kernel;
  testing::FakeDevice* device = nullptr;
  test::Probe probe;
  std::optional<Transport> transport;
};

// --- data
// ------------------------------------------------------------------------------------------------

TEST_F(SgTransport, MovesDataBothWaysThroughManySlices) {
  ready();
  for (const size_t slices : {1U, 3U, 2000U}) {
    const auto write = test::make_write(16, 64, static_cast<uint32_t>(slices), slices);
    run(*write);
    EXPECT_TRUE(write->good());
    const auto read = test::make_read(16, 64, slices / 2 + 1);
    run(*read);
    EXPECT_TRUE(read->good());
    EXPECT_EQ(read->bytes, write->bytes) << slices;
    EXPECT_EQ(read->command.residual_bytes, 0U);
  }
  EXPECT_GT(probe.heard, 6);
  EXPECT_EQ(transport->name(), "sg:/dev/sg3");
  EXPECT_EQ(transport->endpoint(), "SCSI device 0:0:0:0");
  EXPECT_EQ(transport->ports().initiator, "adapter-7");
  EXPECT_EQ(transport->max_transfer_bytes(), 512U * 1024);
}

TEST_F(SgTransport, BringsSenseAndShortAnswers) {
  ASSERT_EQ(log_in(), LinkResult::ok);
  const auto attention = test::make_test_unit_ready();
  run(*attention);
  EXPECT_EQ(attention->command.scsi_status, scsi::kCheckCondition);
  EXPECT_EQ(attention->sense().key, scsi::kUnitAttention);
  const auto inquiry = test::make_io(scsi::make_inquiry(250), mpio::Direction::from_target, 250);
  run(*inquiry);
  EXPECT_TRUE(inquiry->good());
  EXPECT_GT(inquiry->command.residual_bytes, 0U);
}

TEST_F(SgTransport, PutsTheDeadlineIntoTheHeader) {
  ready();
  const auto read = test::make_read(0, 1);
  read->command.deadline_ns = 1'500 * kMs;
  transport->submit(read->command);
  EXPECT_EQ(device->last_timeout_ms, 1'500U);
  loop.advance(kMs);
}

TEST_F(SgTransport, CommandsAreQueuedInTheirOrderAndASignOfLifeGoesFirst) {
  constexpr unsigned kAtTail = 0x10;
  ready();
  const auto read = test::make_read(0, 1);
  submit(*read);
  EXPECT_EQ(device->last_flags, kAtTail);
  transport->send_nop();
  EXPECT_EQ(device->last_flags, 0U);
  loop.advance(kMs);
}

TEST_F(SgTransport, KeepsAtMostSixteenInTheDriverAndTheOrderOfTheRest) {
  ready();
  std::vector<std::unique_ptr<Io>> ios;
  for (uint32_t i = 0; i < 100; ++i) {
    ios.push_back(test::make_write(i, 1, i));
    submit(*ios.back());
  }
  EXPECT_TRUE(transport->send_nop());
  loop.advance(100 * kMs);
  for (const auto& io : ios) {
    EXPECT_TRUE(io->good());
  }
  EXPECT_EQ(device->most_outstanding, static_cast<unsigned>(SG_MAX_QUEUE));
  EXPECT_EQ(device->submitted, 101U);
}

TEST_F(SgTransport, WaitsWhereTheDriverHasNoRoomAndLosesNothing) {
  ready();
  for (const int error : {EAGAIN, EDOM, ENOMEM, EBUSY, EINTR}) {
    device->submit_errors = {0, error, error, 0, error};
    std::vector<std::unique_ptr<Io>> ios;
    for (uint32_t i = 0; i < 4; ++i) {
      ios.push_back(test::make_write(i, 1, i));
      submit(*ios.back());
    }
    loop.advance(100 * kMs);
    for (const auto& io : ios) {
      EXPECT_TRUE(io->good()) << error;
    }
  }
  EXPECT_TRUE(probe.losses.empty());
}

// --- signs of life
// ------------------------------------------------------------------------------------------

TEST_F(SgTransport, ASignOfLifeTakesNoUnitAttentionAway) {
  ASSERT_EQ(log_in(), LinkResult::ok);
  EXPECT_TRUE(transport->send_nop());
  EXPECT_TRUE(transport->send_nop());
  loop.advance(10 * kMs);
  EXPECT_EQ(device->submitted, 1U) << "one at a time";
  EXPECT_EQ(probe.heard, 1);
  const auto first = test::make_test_unit_ready();
  run(*first);
  EXPECT_EQ(first->sense().key, scsi::kUnitAttention);
}

// --- what the kernel holds
// ------------------------------------------------------------------------------------

TEST_F(SgTransport, AWriteThatTheKernelHoldsIsHandedBackAndWatchedToItsEnd) {
  ready();
  device->block();
  const auto write = test::make_write(5, 1, 1);
  submit(*write);
  transport->drop();
  EXPECT_EQ(write->done, 1);
  EXPECT_EQ(write->command.delivery, Delivery::dropped);
  EXPECT_EQ(write->command.settled_by, SettledBy::end);
  EXPECT_EQ(log_in(), LinkResult::refused);
  EXPECT_THAT(probe.last_detail, HasSubstr("the kernel still holds commands of before (1)"));
  loop.advance(100 * kSecond);
  EXPECT_EQ(probe.order.find('H'), std::string::npos) << "whatever the time";
  device->unblock();  // sends it now
  loop.advance(kSecond);
  EXPECT_EQ(probe.order.back(), 'H');
  EXPECT_TRUE(probe.held_answered);
  EXPECT_EQ(log_in(), LinkResult::ok);
  EXPECT_EQ(kernel->open_nodes, 1U);
}

TEST_F(SgTransport, AReadThatTheKernelHoldsIsForgotten) {
  ready();
  device->block();
  const auto read = test::make_read(5, 1);
  submit(*read);
  const auto write = test::make_write(5, 1, 1);
  submit(*write);
  transport->drop();
  EXPECT_EQ(read->command.delivery, Delivery::dropped);
  read->bytes.assign(512, 0xab);  // it is somebody else's buffer now
  device->unblock();
  loop.advance(kSecond);
  EXPECT_TRUE(probe.held_answered);
  EXPECT_EQ(read->bytes, std::vector<uint8_t>(512, 0xab));
  EXPECT_EQ(kernel->open_nodes, 0U);
  EXPECT_EQ(log_in(), LinkResult::ok);
}

TEST_F(SgTransport, ReadsAloneKeepNoNodeOpen) {
  ready();
  device->block();
  auto read = test::make_read(5, 1);
  submit(*read);
  transport->drop();
  EXPECT_EQ(kernel->open_nodes, 0U);
  read.reset();
  device->unblock();
  EXPECT_EQ(log_in(), LinkResult::ok);
  EXPECT_EQ(probe.order.find('H'), std::string::npos);
}

TEST_F(SgTransport, WhatWaitedForRoomWasNeverSent) {
  ready();
  device->block();
  std::vector<std::unique_ptr<Io>> ios;
  for (uint32_t i = 0; i < 20; ++i) {
    ios.push_back(test::make_write(i, 1, i));
    submit(*ios.back());
  }
  transport->drop();
  int not_sent = 0;
  for (const auto& io : ios) {
    EXPECT_EQ(io->done, 1);
    not_sent += io->command.delivery == Delivery::not_sent ? 1 : 0;
  }
  EXPECT_EQ(not_sent, 5);
  device->unblock();
  loop.advance(kSecond);
}

// --- what the kernel gives up
// ---------------------------------------------------------------------------------

TEST_F(SgTransport, ATimeLimitIsTheKernelsAbortAndTheEndOfTheLink) {
  ready();
  storage->freeze_controller(0, true);
  const auto write = test::make_write(5, 1, 1);
  const auto other = test::make_write(6, 1, 2);
  submit(*write);
  other->command.deadline_ns = 60 * kSecond;
  transport->submit(other->command);
  loop.advance(31 * kSecond);
  EXPECT_EQ(write->command.delivery, Delivery::link_lost);
  EXPECT_EQ(write->command.settled_by, SettledBy::login);
  EXPECT_EQ(other->command.delivery, Delivery::link_lost);
  EXPECT_EQ(other->command.settled_by, SettledBy::end);
  ASSERT_EQ(probe.losses, std::vector{LinkResult::reset});
  EXPECT_THAT(probe.last_detail, HasSubstr("DID_TIME_OUT"));
  loop.advance(30 * kSecond);
  EXPECT_EQ(probe.order.back(), 'H');
  EXPECT_FALSE(probe.held_answered);
  EXPECT_EQ(probe.held_then, SettledBy::login);
  EXPECT_EQ(log_in(), LinkResult::ok);
}

TEST_F(SgTransport, WhereEvenErrorRecoveryFailsOnlyTimeSettles) {
  ready();
  device->recovery = testing::FakeDevice::Recovery::fails;
  storage->freeze_controller(0, true);
  const auto write = test::make_write(5, 1, 1);
  submit(*write);
  loop.advance(31 * kSecond);
  EXPECT_EQ(write->command.settled_by, SettledBy::time);
  EXPECT_EQ(log_in(), LinkResult::refused);
  EXPECT_THAT(probe.last_detail, HasSubstr("echo running > " + device->folder() + "/state"));
  device->set_state("running");
  EXPECT_EQ(log_in(), LinkResult::ok);
  storage->freeze_controller(0, false);
}

TEST_F(SgTransport, HeldWritesWhoseRecoveryFailsAreSettledByTimeToo) {
  ready();
  device->recovery = testing::FakeDevice::Recovery::fails;
  storage->freeze_controller(0, true);
  const auto write = test::make_write(5, 1, 1);
  submit(*write);
  loop.advance(kSecond);
  transport->drop();
  loop.advance(31 * kSecond);
  EXPECT_EQ(probe.order.back(), 'H');
  EXPECT_FALSE(probe.held_answered);
  EXPECT_EQ(probe.held_then, SettledBy::time);
  storage->freeze_controller(0, false);
}

TEST_F(SgTransport, APortThatStaysAwayLosesTheLink) {
  ready();
  device->block();
  const auto write = test::make_write(5, 1, 1);
  submit(*write);
  device->give_up_blocked();
  loop.advance(kMs);
  EXPECT_EQ(write->command.delivery, Delivery::link_lost);
  EXPECT_THAT(probe.last_detail, HasSubstr("DID_TRANSPORT_FAILFAST"));
  EXPECT_EQ(log_in(), LinkResult::unreachable);
  EXPECT_THAT(probe.last_detail, HasSubstr("\"transport-offline\""));
  device->unblock();
  EXPECT_EQ(log_in(), LinkResult::ok);
}

// --- nodes that come and go
// ---------------------------------------------------------------------------------

TEST_F(SgTransport, ADeviceThatGoesTakesTheLinkWithIt) {
  ready();
  device->block();
  const auto write = test::make_write(5, 1, 1);
  submit(*write);
  kernel->remove(kNode);
  loop.advance(kMs);
  EXPECT_EQ(write->command.delivery, Delivery::link_lost);
  ASSERT_EQ(probe.losses.size(), 1U);
  EXPECT_EQ(log_in(), LinkResult::no_such_target);
  EXPECT_THAT(probe.last_detail, HasSubstr("there is no such node"));
  kernel->add(kNode, 0);
  EXPECT_EQ(log_in(), LinkResult::ok);
}

TEST_F(SgTransport, AnIdleDeviceThatGoesIsNoticed) {
  ready();
  kernel->remove(kNode);
  loop.advance(kMs);
  EXPECT_EQ(probe.losses, std::vector{LinkResult::closed_by_peer});
  EXPECT_EQ(kernel->open_nodes, 0U);
}

TEST_F(SgTransport, ALoginSaysWhatIsWrongWithTheNode) {
  const auto says = [this](const std::string& what) {
    EXPECT_NE(log_in(), LinkResult::ok);
    EXPECT_THAT(probe.last_detail, HasSubstr("sg:/dev/sg3: "));
    EXPECT_THAT(probe.last_detail, HasSubstr(what));
  };
  kernel->open_error = EACCES;
  says("this user may not read and write the node");
  kernel->open_error = ENOTTY;
  says("no sg node");
  kernel->open_error = EBUSY;
  says("O_EXCL");
  kernel->open_error = ENODEV;
  says("has gone");
  kernel->open_error = EMFILE;
  says("cannot be opened");
  kernel->open_error = 0;
  device->version = 0;
  says("no sg node");
  device->version = 20'136;
  says("no sg node");
  device->version = 30'000;
  device->type = 5;
  says("no disk (peripheral device type 5)");
  device->type = 0;
  device->set_state("blocked");
  says("\"blocked\"");
  device->set_state("running");
  EXPECT_EQ(log_in(), LinkResult::ok);
}

// --- a driver that breaks its own rules
// ----------------------------------------------------------------------

class SgStranger : public SgTransport, public ::testing::WithParamInterface<int> {};
// Of a place that is not used; of one that is, by another command; of none at all.
INSTANTIATE_TEST_SUITE_P(PackIds, SgStranger, ::testing::Values(12'345'678, 16 * 999'999, -1));

TEST_P(SgStranger, EndsTheLink) {
  ready();
  sg_io_hdr stranger{};
  stranger.pack_id = GetParam();
  device->garbage.push_back(stranger);
  const auto write = test::make_write(5, 1, 1);
  run(*write);
  EXPECT_EQ(write->done, 1);
  EXPECT_EQ(write->command.delivery, Delivery::link_lost);
  EXPECT_EQ(probe.losses, std::vector{LinkResult::protocol_error});
  EXPECT_THAT(probe.last_detail, HasSubstr("nobody sent"));
  // What it really was cannot be found out any more: for all we know the kernel still has it.
  loop.advance(100 * kSecond);
  EXPECT_EQ(log_in(), LinkResult::refused);
}

TEST_F(SgTransport, ACommandThatTheKernelRefusesWasNotSent) {
  ready();
  device->submit_errors = {EINVAL};
  const auto write = test::make_write(5, 1, 1);
  run(*write);
  EXPECT_EQ(write->done, 1);
  EXPECT_EQ(write->command.delivery, Delivery::not_sent);
  EXPECT_EQ(probe.losses, std::vector{LinkResult::protocol_error});
  EXPECT_THAT(probe.last_detail, HasSubstr("refuses a command of 512 bytes"));
}

// --- callbacks
// ----------------------------------------------------------------------------------------------

TEST_F(SgTransport, NothingComesBackFromInsideSubmit) {
  const auto early = test::make_test_unit_ready();
  submit(*early);
  EXPECT_EQ(early->done, 0);
  loop.advance(kMs);
  EXPECT_EQ(early->done, 1);
  EXPECT_EQ(early->command.delivery, Delivery::not_sent);
  ready();
  device->submit_errors = {ENODEV};
  const auto write = test::make_write(5, 1, 1);
  submit(*write);
  EXPECT_EQ(write->done, 0);
  EXPECT_TRUE(probe.losses.empty());
  loop.advance(kMs);
  EXPECT_EQ(write->command.delivery, Delivery::not_sent);
  EXPECT_EQ(probe.losses.size(), 1U);
}

TEST_F(SgTransport, AHandlerMayDropOrDestroyTheTransport) {
  ready();
  const auto first = test::make_write(5, 1, 1);
  const auto second = test::make_write(6, 1, 2);
  probe.command_hook = [&](Io&) { transport->drop(); };
  submit(*first);
  submit(*second);
  loop.advance(10 * kMs);
  EXPECT_EQ(first->done + second->done, 2);
  probe.command_hook = nullptr;
  loop.advance(kSecond);
  ready();
  const auto third = test::make_write(5, 1, 1);
  const auto fourth = test::make_write(6, 1, 2);
  probe.command_hook = [&](Io&) {
    probe.command_hook = nullptr;
    transport.reset();
  };
  submit(*third);
  submit(*fourth);
  loop.advance(10 * kMs);
  EXPECT_EQ(third->done + fourth->done, 2);
}

TEST_F(SgTransport, AnOrderlyEndClosesTheNode) {
  ready();
  transport->logout();
  EXPECT_TRUE(probe.losses.empty());
  loop.advance(kMs);
  EXPECT_EQ(probe.losses, std::vector{LinkResult::dropped});
  EXPECT_EQ(kernel->open_nodes, 0U);
}

}  // namespace
}  // namespace io::sg
