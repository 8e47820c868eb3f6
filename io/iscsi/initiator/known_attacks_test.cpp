// The two kinds of answer that libiscsi 1.19 does not survive: one reads through a null pointer,
// one takes memory without end. Here each ends the session.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/iscsi/initiator/testing/ends.h"

namespace io::iscsi::initiator {
namespace {

using iscsi::testing::pattern;
using iscsi::testing::Pdu;
using ::testing::HasSubstr;
using testing::make_write;
using testing::of_tag;
using testing::parameters;
using testing::PlayedTarget;

class KnownAttacks : public testing::LoggedIn {};

TEST_F(KnownAttacks, DataInAndR2tWithTheTagOfWhatIsNoCommand) {
  const auto request_tag = [](PlayedTarget& end, int kind) {
    switch (kind) {
      case 0:
        end.session.ping();
        break;
      case 1:
        end.session.logout();
        break;
      case 2:
        end.session.send_targets();
        break;
      default:
        end.session.manage(scsi::TaskFunction::logical_unit_reset);
    }
    return end.take().header.initiator_tag();
  };
  for (const uint8_t opcode : {uint8_t{kDataIn}, uint8_t{kReadyToTransfer}}) {
    for (int kind = 0; kind < 4; ++kind) {
      PlayedTarget end(parameters());
      end.login();
      Header header = of_tag(opcode, request_tag(end, kind));
      header.set(20, 77);
      header.set(44, 512);
      end.send(header, opcode == kDataIn ? pattern(512, 1) : std::vector<uint8_t>(), false);
      EXPECT_THAT(end.violation(), HasSubstr("that is under way")) << int{opcode} << kind;
    }
    PlayedTarget login(parameters());
    const uint32_t tag = login.take().header.initiator_tag();
    login.send(of_tag(opcode, tag), {}, false);
    EXPECT_THAT(login.violation(), HasSubstr("during the login"));
  }
}

TEST_F(KnownAttacks, R2tForGigabytes) {
  const auto write = make_write(0, 2048, 1);
  const Pdu command = submit(*write);
  for (Pdu data = command; !data.header.final() || data.opcode() == kScsiCommand;) {
    data = target.take();
  }
  target.send(target.r2t(command, 0, 65536, 0xffffffff), {}, false);
  EXPECT_THAT(target.violation(), HasSubstr("4294967295 bytes at offset 65536"));
  EXPECT_FALSE(target.session.has_output());
}

}  // namespace
}  // namespace io::iscsi::initiator
