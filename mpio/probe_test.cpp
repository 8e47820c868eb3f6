// The examination of a path, against a target that answers as the test says.
#include "mpio/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/testing/manual_scheduler.h"
#include "scsi/capacity.h"
#include "scsi/designator.h"
#include "scsi/inquiry.h"
#include "scsi/mode.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"
#include "scsi/vpd.h"

namespace mpio {
namespace {

using ::testing::HasSubstr;

using Name = std::vector<uint8_t>;
const Name kOneLun = {0x50, 0x01, 0x40, 0x50, 1, 2, 3, 4};
const Name kAnotherLun = {0x50, 0x01, 0x40, 0x50, 5, 6, 7, 8};

constexpr uint32_t kBlockBytes = 512;
// Sense key, ASC, ASCQ.
constexpr uint32_t kGoodAnswer = 0;
constexpr uint32_t kNotReadyYet = 0x020401;
constexpr uint32_t kPowerOn = 0x062900;
constexpr uint32_t kModeParametersChanged = 0x062a01;
constexpr uint32_t kCapacityChanged = 0x062a09;
constexpr uint32_t kReportedLunsChanged = 0x063f0e;

// A logical unit with a name, a size and a write protection; one port.
class Target final : public Transport {
 public:
  Name lun = kOneLun;
  uint64_t blocks = 1000;
  std::string serial;
  // The DEVICE-SPECIFIC PARAMETER of MODE SENSE; empty: it has no such command.
  std::optional<uint8_t> mode6 = 0;
  std::optional<uint8_t> mode10 = 0;
  // What ends the command instead of its answer.
  std::function<uint32_t(const scsi::Cdb&)> interrupt = [](const scsi::Cdb&) {
    return kGoodAnswer;
  };
  std::vector<scsi::Cdb> asked;

  void log_in() { handler_->on_login_done(LinkResult::ok, {}); }
  void answer_all() {
    while (!waiting_.empty() && asked.size() < kPatience) {
      TransportCommand& command = *waiting_.front();
      waiting_.pop_front();
      asked.push_back(command.cdb);
      answer(command);
      handler_->on_command_done(command);
    }
  }
  long times_asked(uint8_t opcode, uint8_t page = 0) const {
    return std::ranges::count_if(asked, [=](const scsi::Cdb& cdb) {
      return cdb.opcode() == opcode && (opcode != scsi::kInquiry || cdb.bytes[2] == page);
    });
  }

  void set_handler(TransportHandler& handler) override { handler_ = &handler; }
  void start_login() override {}
  void submit(TransportCommand& command) override { waiting_.push_back(&command); }
  bool send_nop() override { return false; }
  void drop() override {}
  void logout() override {}
  std::string_view name() const override { return "portal/target/3"; }

 private:
  static constexpr size_t kPatience = 1'000;

  void answer(TransportCommand& command) {
    std::vector<uint8_t> data(256);
    uint32_t code = interrupt(command.cdb);
    if (code == kGoodAnswer) {
      code = fill(command.cdb, data);
    }
    command.delivery = Delivery::delivered;
    command.scsi_status = code == kGoodAnswer ? scsi::kGood : scsi::kCheckCondition;
    command.sense_bytes = 0;
    command.residual_bytes = command.length_bytes;
    if (code != kGoodAnswer) {
      const scsi::Sense sense{.key = static_cast<uint8_t>(code >> 16),
                              .asc = static_cast<uint8_t>(code >> 8),
                              .ascq = static_cast<uint8_t>(code)};
      command.sense_bytes = static_cast<uint16_t>(scsi::encode_fixed_sense(command.sense, sense));
      return;
    }
    const size_t length = std::min<size_t>(data.size(), command.length_bytes);
    std::copy_n(data.begin(), length, command.slices[0].data);
    command.residual_bytes -= static_cast<uint32_t>(length);
  }

  uint32_t fill(const scsi::Cdb& cdb, std::vector<uint8_t>& data) const {
    constexpr uint32_t kNoSuchCommand = 0x052000;
    const scsi::Capacity capacity{.last_lba = blocks - 1, .block_bytes = kBlockBytes};
    const auto mode = [&](std::optional<uint8_t> device_specific, scsi::ModeForm form) {
      data.resize(scsi::encode_mode_parameters(data, form,
                                               {.device_specific = device_specific.value_or(0)}));
      return device_specific ? kGoodAnswer : kNoSuchCommand;
    };
    switch (cdb.opcode()) {
      case scsi::kInquiry:
        if ((cdb.bytes[1] & 1) != 0) {
          data = page(cdb.bytes[2]);
        } else {
          data.resize(scsi::encode_inquiry(data, {.version = 6}));
        }
        return kGoodAnswer;
      case scsi::kServiceActionIn16:
        data.resize(scsi::encode_capacity16(data, capacity));
        return kGoodAnswer;
      case scsi::kModeSense6:
        return mode(mode6, scsi::ModeForm::six);
      case scsi::kModeSense10:
        return mode(mode10, scsi::ModeForm::ten);
      default:
        return kNoSuchCommand;
    }
  }

  std::vector<uint8_t> page(uint8_t code) const {
    std::vector<uint8_t> data(256);
    if (code == scsi::kVpdDeviceIdentification) {
      scsi::DesignatorPageWriter writer(data);
      writer.add(
          {.code_set = scsi::CodeSet::binary, .type = scsi::DesignatorType::naa, .bytes = lun});
      data.resize(writer.finish());
    } else {
      const std::vector<uint8_t> pages = {scsi::kVpdSupportedPages, scsi::kVpdDeviceIdentification};
      const base::Bytes payload =
          code == scsi::kVpdSupportedPages
              ? base::Bytes(pages)
              : base::Bytes(reinterpret_cast<const uint8_t*>(serial.data()), serial.size());
      data.resize(scsi::encode_vpd(data, code, payload));
    }
    return data;
  }

  TransportHandler* handler_ = nullptr;
  std::deque<TransportCommand*> waiting_;
};

class ProbeTest : public ::testing::Test, private PathLinkOwner {
 protected:
  ProbeTest() {
    link.start();
    target.log_in();
  }

  // Returns what is wrong with the path; "" for one that can be used.
  std::string examine() {
    std::optional<std::string> outcome;
    probe.start(link, [&](const std::string& error) { outcome = error; });
    target.answer_all();
    EXPECT_TRUE(outcome) << "it has to end";
    EXPECT_FALSE(probe.running());
    return outcome.value_or("no end");
  }
  // The first command of this kind ends so, and `change` has happened to the target.
  void interrupt_once(uint8_t opcode, uint8_t page, uint32_t code, std::function<void()> change) {
    target.interrupt = [=, done = false](const scsi::Cdb& cdb) mutable {
      if (done || cdb.opcode() != opcode || (page != 0 && cdb.bytes[2] != page)) {
        return kGoodAnswer;
      }
      done = true;
      change();
      return code;
    };
  }
  Name shown_name() const {
    const auto bytes = probe.result().claim.identity.span();
    return {bytes.begin(), bytes.end()};
  }

  base::testing::ManualScheduler scheduler;
  DiskConfig config;
  Target target;
  PathLink link{0, target, scheduler, config, *this};
  Probe probe{config};

 private:
  void on_link_up(PathLink&) override {}
  void on_link_down(PathLink&, LinkResult, std::string_view) override {}
  void on_login_failed(PathLink&, LinkResult, std::string_view) override {}
  void on_suspect(PathLink&, bool) override {}
  void on_held_ended(PathLink&, bool, SettledBy) override {}
  void on_logged_out(PathLink&) override {}
};

TEST_F(ProbeTest, TellsWhoIsThereAndHowLarge) {
  EXPECT_EQ(examine(), "");
  EXPECT_EQ(shown_name(), kOneLun);
  EXPECT_EQ(probe.result().geometry.size_bytes, 1000 * kBlockBytes);
  EXPECT_EQ(target.times_asked(scsi::kInquiry), 2) << "the standard data, and which pages it has";
}

// --- unit attentions in the middle

// The name has been read when the target says that it may be another logical unit by now.
TEST_F(ProbeTest, ANameReadBeforeAnAttentionIsNotBelieved) {
  interrupt_once(scsi::kServiceActionIn16, 0, kReportedLunsChanged,
                 [this] { target.lun = kAnotherLun; });
  EXPECT_EQ(examine(), "");
  EXPECT_EQ(shown_name(), kAnotherLun);
  EXPECT_EQ(target.times_asked(scsi::kInquiry, scsi::kVpdDeviceIdentification), 2);
}

TEST_F(ProbeTest, ASizeReadBeforeAnAttentionIsNotBelieved) {
  interrupt_once(scsi::kModeSense6, 0, kCapacityChanged, [this] { target.blocks = 2000; });
  EXPECT_EQ(examine(), "");
  EXPECT_EQ(probe.result().geometry.size_bytes, 2000 * kBlockBytes);
}

TEST_F(ProbeTest, AttentionsThatChangeNothingOnlyRepeatTheCommand) {
  interrupt_once(scsi::kInquiry, scsi::kVpdDeviceIdentification, kPowerOn, [] {});
  EXPECT_EQ(examine(), "");
  EXPECT_EQ(target.times_asked(scsi::kInquiry, scsi::kVpdDeviceIdentification), 2);
  EXPECT_EQ(target.times_asked(scsi::kInquiry, scsi::kVpdSupportedPages), 2) << "one by page, one "
                                                                                "without";
}

// It would never be known what the name that was read belongs to.
TEST_F(ProbeTest, AttentionsWithoutEndEndInARefusal) {
  target.interrupt = [](const scsi::Cdb& cdb) {
    return cdb.opcode() == scsi::kServiceActionIn16 ? kReportedLunsChanged : kGoodAnswer;
  };
  EXPECT_THAT(examine(), HasSubstr("portal/target/3: the logical unit changes again and again"));
  EXPECT_LE(target.times_asked(scsi::kServiceActionIn16), 10);
}

// Several events may be queued for a session; they are told one at a time.
TEST_F(ProbeTest, AFewAttentionsInARowAreWaitedOut) {
  target.interrupt = [left = 5](const scsi::Cdb& cdb) mutable {
    return cdb.opcode() == scsi::kServiceActionIn16 && left-- > 0 ? kReportedLunsChanged
                                                                  : kGoodAnswer;
  };
  EXPECT_EQ(examine(), "");
  EXPECT_EQ(shown_name(), kOneLun);
}

// They are told once, so nobody else can hear of them.
TEST_F(ProbeTest, TellsWhichAttentionsItMet) {
  constexpr uint32_t kAccessStateChanged = 0x062a06;
  target.interrupt = [met = 0](const scsi::Cdb& cdb) mutable {
    if (cdb.opcode() != scsi::kServiceActionIn16 || met == 2) {
      return kGoodAnswer;
    }
    return ++met == 1 ? kAccessStateChanged : kCapacityChanged;
  };
  EXPECT_EQ(examine(), "");
  EXPECT_THAT(probe.result().attentions, ::testing::ElementsAre(0x2a06, 0x2a09));
  EXPECT_EQ(examine(), "");
  EXPECT_THAT(probe.result().attentions, ::testing::IsEmpty());
}

TEST_F(ProbeTest, EachExaminationHasItsOwnPatience) {
  for (int i = 0; i < 20; ++i) {
    interrupt_once(scsi::kServiceActionIn16, 0, kReportedLunsChanged, [] {});
    EXPECT_EQ(examine(), "");
  }
}

// --- write protection

TEST_F(ProbeTest, APageOfNamesThatCannotBeReadGivesTheDiskNoOtherName) {
  constexpr uint32_t kHardwareError = 0x044400;
  constexpr uint32_t kNoSuchPage = 0x052400;
  uint32_t said = kHardwareError;
  target.serial = "S1";
  target.interrupt = [&said](const scsi::Cdb& cdb) {
    return cdb.opcode() == scsi::kInquiry && cdb.bytes[2] == scsi::kVpdDeviceIdentification
               ? said
               : kGoodAnswer;
  };
  for (const uint32_t key : {0x0U, 0x2U, 0x3U, 0x4U, 0x6U, 0xbU}) {
    said = key << 16 | 0x4400;
    EXPECT_THAT(examine(), HasSubstr("VPD page 83h")) << key;
  }
  said = kNoSuchPage;
  EXPECT_EQ(examine(), "");
  EXPECT_EQ(probe.result().claim.identity.type, dsm::kSerialIdentity);
}

TEST_F(ProbeTest, SeesWriteProtection) {
  target.mode6 = 0x10;  // DPOFUA
  EXPECT_EQ(examine(), "");
  EXPECT_EQ(probe.result().write_protected, false);
  EXPECT_EQ(target.times_asked(scsi::kModeSense10), 0);
  target.mode6 = scsi::kModeWriteProtect | 0x10;
  EXPECT_EQ(examine(), "");
  EXPECT_EQ(probe.result().write_protected, true);
}

TEST_F(ProbeTest, AsksInTheLongFormWhereThereIsNoShortOne) {
  target.mode6.reset();
  target.mode10 = scsi::kModeWriteProtect;
  EXPECT_EQ(examine(), "");
  EXPECT_EQ(probe.result().write_protected, true);
}

TEST_F(ProbeTest, ATargetWithoutModeSenseDoesNotSay) {
  target.mode6.reset();
  target.mode10.reset();
  EXPECT_EQ(examine(), "");
  EXPECT_EQ(probe.result().write_protected, std::nullopt);
}

TEST_F(ProbeTest, APortThatCannotSayItNowCanBeUsedAllTheSame) {
  target.mode6 = target.mode10 = scsi::kModeWriteProtect;
  EXPECT_EQ(examine(), "");
  target.interrupt = [](const scsi::Cdb& cdb) {
    return cdb.opcode() == scsi::kModeSense6 || cdb.opcode() == scsi::kModeSense10 ? kNotReadyYet
                                                                                   : kGoodAnswer;
  };
  EXPECT_EQ(examine(), "");
  EXPECT_EQ(probe.result().write_protected, std::nullopt) << "what was so before is not repeated";
}

TEST_F(ProbeTest, WriteProtectionThatChangesMeanwhileIsSeen) {
  interrupt_once(scsi::kModeSense6, 0, kModeParametersChanged,
                 [this] { target.mode6 = scsi::kModeWriteProtect; });
  EXPECT_EQ(examine(), "");
  EXPECT_EQ(probe.result().write_protected, true);
}

}  // namespace
}  // namespace mpio
