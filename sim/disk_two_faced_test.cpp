// A name that stands for several portals: each session of one path may end at another disk. Before
// the disk knows who it is, there is nothing to compare with but the other sessions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <string>

#include "mpio/disk.h"
#include "scsi/capacity.h"
#include "scsi/designator.h"
#include "scsi/inquiry.h"
#include "scsi/opcodes.h"
#include "scsi/vpd.h"
#include "sim/clock.h"

namespace sim {
namespace {

using mpio::PathState;
using testing::HasSubstr;

// A session to a target without ALUA whose LUN has the name `naa`; 0: it has none.
class NamedTransport final : public mpio::Transport {
 public:
  NamedTransport(HostClock& loop, uint8_t naa) : loop_(loop), naa_(naa) {}
  ~NamedTransport() { loop_.cancel(work_); }

  void set_handler(mpio::TransportHandler& handler) override { handler_ = &handler; }
  void start_login() override {
    logging_in_ = true;
    loop_.arm_after(work_, kMillisecond);
  }
  void submit(mpio::TransportCommand& command) override {
    commands_.push_back(&command);
    loop_.arm_after(work_, kMillisecond);
  }
  bool send_nop() override { return false; }
  void drop() override {
    loop_.cancel(work_);
    logging_in_ = false;
    while (!commands_.empty()) {
      hand_back(mpio::Delivery::dropped);
    }
  }
  void logout() override { FAIL() << "nobody stops this disk"; }
  std::string_view name() const override { return "many.example:3260/iqn.t/0"; }

 private:
  void hand_back(mpio::Delivery delivery) {
    mpio::TransportCommand& command = *commands_.front();
    commands_.pop_front();
    command.delivery = delivery;
    handler_->on_command_done(command);
  }

  size_t answer(const scsi::Cdb& cdb, base::MutableBytes out) const {
    if (cdb.opcode() == scsi::kServiceActionIn16) {
      return scsi::encode_capacity16(out, {.last_lba = 2047, .block_bytes = 512});
    }
    if (cdb.opcode() != scsi::kInquiry) {
      return 0;
    }
    if ((cdb.bytes[1] & 1) == 0) {
      return scsi::encode_inquiry(out, {.version = 6, .vendor = std::string_view("TWO FACE")});
    }
    const std::array<uint8_t, 8> name = {0x50, 1, 2, 3, 4, 5, 6, naa_};
    scsi::DesignatorPageWriter page(out);
    if (cdb.bytes[2] == scsi::kVpdDeviceIdentification && naa_ != 0) {
      page.add(
          {.code_set = scsi::CodeSet::binary, .type = scsi::DesignatorType::naa, .bytes = name});
    }
    return page.finish();
  }

  void on_work() {
    if (std::exchange(logging_in_, false)) {
      handler_->on_login_done(mpio::LinkResult::ok, "");
      return;
    }
    if (commands_.empty()) {
      return;
    }
    mpio::TransportCommand& command = *commands_.front();
    command.scsi_status = scsi::kGood;
    if (command.direction == mpio::Direction::from_target) {
      const size_t size =
          answer(command.cdb, {command.slices[0].data, command.slices[0].size_bytes});
      command.residual_bytes =
          command.length_bytes - std::min(static_cast<uint32_t>(size), command.length_bytes);
    }
    hand_back(mpio::Delivery::delivered);
  }

  HostClock& loop_;
  uint8_t naa_;
  mpio::TransportHandler* handler_ = nullptr;
  bool logging_in_ = false;
  std::deque<mpio::TransportCommand*> commands_;
  base::MemberTimer<&NamedTransport::on_work> work_{*this};
};

// A disk of one path and two lanes; what its sessions show, in the order in which they do.
class DiskTwoFaced : public ::testing::Test {
 protected:
  void start(uint8_t first, uint8_t second) {
    transports_[0] = std::make_unique<NamedTransport>(loops_[0], first);
    transports_[1] = std::make_unique<NamedTransport>(loops_[1], second);
    disk_ = std::make_unique<mpio::Disk>(
        mpio::DiskConfig{},
        std::vector<mpio::LaneSetup>{{&loops_[0], {transports_[0].get()}},
                                     {&loops_[1], {transports_[1].get()}}},
        nullptr);
    disk_->start(5'000, [](const std::string&) {});
    clock_.run_until(500 * kMillisecond);
  }
  void expect_refused(const std::string& why) {
    EXPECT_EQ(disk_->path_state(0), PathState::refused);
    EXPECT_FALSE(disk_->some_path_serves());
    EXPECT_THAT(disk_->status().paths[0].last_error, HasSubstr(why));
  }

  Clock clock_;
  std::array<HostClock, 2> loops_ = {HostClock{clock_, 0, 1}, HostClock{clock_, 0, 2}};
  std::array<std::unique_ptr<NamedTransport>, 2> transports_;
  std::unique_ptr<mpio::Disk> disk_;
};

TEST_F(DiskTwoFaced, SessionsThatLeadToOneDiskServe) {
  start(7, 7);
  EXPECT_EQ(disk_->path_state(0), PathState::up);
}

TEST_F(DiskTwoFaced, SessionsThatLeadToDifferentDisksAreRefused) {
  start(7, 8);
  expect_refused("different disks");
}

TEST_F(DiskTwoFaced, OneSessionWithoutAnIdentityIsEnough) {
  start(7, 0);
  expect_refused("cannot be told from others");
}

TEST_F(DiskTwoFaced, WhicheverSessionItIs) {
  start(0, 7);
  expect_refused("cannot be told from others");
}

}  // namespace
}  // namespace sim
