// Sessions and their connections: login, reinstatement, a connection too many, logout.
#include <gtest/gtest.h>

#include "io/iscsi/testing/initiator.h"

namespace io::iscsi {
namespace {

using testing::Initiator;
using testing::Pdu;
using testing::TestTarget;
using testing::text;

const std::string kNamed = std::string("TargetName=") + testing::kTargetName;

uint16_t status_of(const Pdu& login_response) {
  return base::load_be16(&login_response.header.raw[36]);
}

class SessionTest : public ::testing::Test {
 protected:
  TestTarget world;
  Initiator host{world};
};

TEST_F(SessionTest, LoginNumbersAndHandle) {
  const Pdu first =
      host.login_step(0, 1, text({"InitiatorName=" + host.name, kNamed, "AuthMethod=None"}));
  EXPECT_EQ(first.header.field(24), 900U) << "StatSN starts where the initiator expects it";
  EXPECT_EQ(first.header.field(28), host.command_sn);
  EXPECT_EQ(first.header.field(32), host.command_sn + kCommandWindow - 1);
  EXPECT_EQ(base::load_be16(&first.header.raw[14]), 0) << "no session yet";
  EXPECT_EQ(world.array->nexus_count(), 0U);
  const Pdu second = host.login_step(1, 3, {});
  EXPECT_EQ(second.header.field(24), 901U);
  EXPECT_NE(base::load_be16(&second.header.raw[14]), 0);
  EXPECT_EQ(second.header.raw[13], host.isid_last);
  EXPECT_EQ(world.array->nexus_count(), 1U);
}

TEST_F(SessionTest, ARefusedLoginIsAnsweredLoggedAndClosed) {
  const Pdu answer = host.login_step(1, 3, text({"InitiatorName=x", "TargetName=iqn.other"}));
  EXPECT_EQ(base::load_be16(&answer.header.raw[36]), kLoginTargetNotFound);
  EXPECT_TRUE(host.connection.over());
  ASSERT_EQ(world.lines.size(), 1U);
  EXPECT_NE(world.lines[0].find("198.51.100.7:4711"), std::string::npos);
  EXPECT_NE(world.lines[0].find("no target"), std::string::npos);
}

TEST_F(SessionTest, APortThatIsNotUpIsOutOfService) {
  world.array->set_port_enabled(0, false);
  const Pdu answer = host.login_step(1, 3, text({"InitiatorName=x", kNamed}));
  EXPECT_EQ(base::load_be16(&answer.header.raw[36]), kLoginOutOfService);
  EXPECT_TRUE(host.connection.over());
}

TEST_F(SessionTest, TheSameInitiatorPortReinstatesItsSession) {
  host.login();
  Initiator other_port(world, 1);
  other_port.login();
  Initiator other_isid(world);
  other_isid.isid_last = 2;
  other_isid.login();
  EXPECT_EQ(host.resets, 0);
  Initiator again(world);
  again.login();
  EXPECT_EQ(host.resets, 1);
  EXPECT_TRUE(host.connection.over());
  EXPECT_FALSE(host.connection.wants_input());
  EXPECT_EQ(other_port.resets, 0);
  EXPECT_EQ(other_isid.resets, 0);
  EXPECT_EQ(world.array->nexus_count(), 3U);
}

TEST_F(SessionTest, ReinstatementEndsTheOldSessionBeforeTheNewOneHearsOfItsSuccess) {
  host.login();
  Initiator again(world);
  again.set_reading(false);
  again.login_step(0, 1, text({"InitiatorName=" + host.name, kNamed, "AuthMethod=None"}));
  EXPECT_EQ(host.resets, 0) << "a login that is not finished takes nothing away";
  again.login_step(1, 3, {});
  EXPECT_EQ(host.resets, 1);
}

TEST_F(SessionTest, LogoutEndsTheNexusAndClosesAfterItsAnswer) {
  host.login();
  host.set_reading(false);
  host.send(host.request(kLogoutRequest, 0x80));
  EXPECT_EQ(world.array->nexus_count(), 0U);
  EXPECT_FALSE(host.connection.over()) << "the answer is still to be sent";
  EXPECT_FALSE(host.connection.wants_input());
  const Pdu answer = host.take();
  EXPECT_EQ(answer.opcode(), kLogoutResponse);
  EXPECT_EQ(answer.header.raw[2], 0);
  EXPECT_TRUE(host.connection.over());
  EXPECT_EQ(host.resets, 0);
}

TEST_F(SessionTest, LogoutForRecoveryIsNotSupported) {
  host.connection_id = 7;
  host.login();
  Header logout = host.request(kLogoutRequest, 0x82);
  logout.set(20, 7U << 16);
  host.send(logout);
  EXPECT_EQ(host.take().header.raw[2], 2);
  EXPECT_FALSE(host.connection.over());
}

TEST_F(SessionTest, LogoutOfAnotherConnectionOrForNoReason) {
  host.connection_id = 7;
  host.login();
  Header logout = host.request(kLogoutRequest, 0x81);
  logout.set(20, 8U << 16);
  host.send(logout);
  EXPECT_EQ(host.take().header.raw[2], 1) << "CID not found";
  host.send(host.request(kLogoutRequest, 0x83));
  const Pdu answer = host.take();
  EXPECT_EQ(answer.opcode(), kReject);
  EXPECT_EQ(answer.header.raw[2], kInvalidField);
  EXPECT_FALSE(host.connection.over());
  logout = host.request(kLogoutRequest, 0x81);
  logout.set(20, 7U << 16);
  host.send(logout);
  EXPECT_EQ(host.take().header.raw[2], 0);
  EXPECT_TRUE(host.connection.over());
}

TEST_F(SessionTest, ASecondConnectionOfASessionIsRefused) {
  host.login();
  Initiator second(world);
  second.session_handle = host.session_handle;
  second.connection_id = 1;
  EXPECT_EQ(status_of(second.login_step(1, 3, text({"InitiatorName=" + host.name, kNamed}))),
            kLoginTooManyConnections);
  EXPECT_TRUE(second.connection.over());
  EXPECT_EQ(host.resets, 0) << "the first one goes on";
  host.send(host.request(kNopOut));
  EXPECT_EQ(host.take().opcode(), kNopIn);
}

TEST_F(SessionTest, ASessionThatDoesNotExistCannotBeJoined) {
  host.login();
  const auto join = [&](Initiator& other, uint16_t handle, const std::string& name) {
    other.session_handle = handle;
    return status_of(other.login_step(1, 3, text({"InitiatorName=" + name, kNamed})));
  };
  Initiator wrong_handle(world);
  const auto no_handle = static_cast<uint16_t>(host.session_handle + 1);
  EXPECT_EQ(join(wrong_handle, no_handle, host.name), kLoginNoSuchSession);
  Initiator wrong_name(world);
  EXPECT_EQ(join(wrong_name, host.session_handle, "iqn.2026-11.test:other"), kLoginNoSuchSession);
  Initiator wrong_isid(world);
  wrong_isid.isid_last = 9;
  EXPECT_EQ(join(wrong_isid, host.session_handle, host.name), kLoginNoSuchSession);
  Initiator wrong_port(world, 1);
  EXPECT_EQ(join(wrong_port, host.session_handle, host.name), kLoginNoSuchSession);
  EXPECT_EQ(host.resets, 0);
}

TEST_F(SessionTest, AConnectionIsReinstatedByItsCid) {
  host.login();
  world.array->port_faults(0).delay_ns = 1000;
  host.command(scsi::make_test_unit_ready(), {}, 0);
  Initiator again(world);
  again.session_handle = host.session_handle;
  again.command_sn = host.command_sn;
  const Pdu answer = again.login_step(1, 3, text({"InitiatorName=" + host.name, kNamed}));
  EXPECT_EQ(status_of(answer), kLoginSuccess);
  EXPECT_EQ(base::load_be16(&answer.header.raw[14]), host.session_handle) << "the same session";
  EXPECT_EQ(host.resets, 1);
  EXPECT_EQ(world.array->nexus_count(), 1U);
  EXPECT_EQ(world.array->task_count(), 0U) << "its tasks are terminated";
  again.send(again.request(kNopOut));
  EXPECT_EQ(again.take().header.field(28), again.command_sn);
}

}  // namespace
}  // namespace io::iscsi
