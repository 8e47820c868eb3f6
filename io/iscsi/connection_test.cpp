// The life of a connection: numbering, NOP, text, and how it ends.
#include "io/iscsi/connection.h"

#include <gtest/gtest.h>

#include "io/iscsi/testing/initiator.h"

namespace io::iscsi {
namespace {

using testing::Initiator;
using testing::Pdu;
using testing::TestTarget;
using testing::text;

const std::string kNamed = std::string("TargetName=") + testing::kTargetName;

class ConnectionTest : public ::testing::Test {
 protected:
  void discovery_login() {
    host.login_step(1, 3, text({"InitiatorName=iqn.2026-11.test:host", "SessionType=Discovery"}));
    ASSERT_TRUE(host.connection.logged_in());
  }
  std::string send_targets(const std::string& value) {
    host.send(host.request(kTextRequest), text({"SendTargets=" + value}));
    const Pdu answer = host.take();
    EXPECT_EQ(answer.opcode(), kTextResponse);
    EXPECT_EQ(answer.header.field(20), kNoTag);
    return answer.text();
  }
  TestTarget world;
  Initiator host{world};
};

TEST_F(ConnectionTest, SendTargetsInADiscoverySession) {
  discovery_login();
  const std::string all = send_targets("All");
  EXPECT_EQ(all, kNamed + std::string("\0TargetAddress=192.0.2.1:3260,1\0", 32) +
                     std::string("TargetAddress=203.0.113.9:3261,2\0", 33))
      << "a portal on every address is told with that by which the initiator came";
  EXPECT_EQ(send_targets(testing::kTargetName), all);
  EXPECT_EQ(send_targets("iqn.other"), "");
  EXPECT_EQ(world.array->nexus_count(), 0U);
}

TEST_F(ConnectionTest, APortalThatIsOutOfServiceIsNotTold) {
  discovery_login();
  world.array->set_port_enabled(1, false);
  const std::string all = send_targets("All");
  EXPECT_NE(all.find(":3260,1"), std::string::npos);
  EXPECT_EQ(all.find(":3261"), std::string::npos);
  world.array->set_port_enabled(1, true);
  EXPECT_NE(send_targets("All").find(":3261,2"), std::string::npos);
}

TEST_F(ConnectionTest, SendTargetsInANormalSession) {
  host.login();
  EXPECT_NE(send_targets("").find("TargetAddress="), std::string::npos);
  EXPECT_EQ(send_targets("All"), std::string("SendTargets=Reject\0", 19));
}

TEST_F(ConnectionTest, ALongTextAnswerComesInPieces) {
  for (uint16_t i = 0; i < 60; ++i) {
    world.target->portals.push_back({"192.0.2.77", i});
  }
  host.login_step(
      1, 3, text({"InitiatorName=x", "SessionType=Discovery", "MaxRecvDataSegmentLength=512"}));
  host.send(host.request(kTextRequest), text({"SendTargets=All"}));
  Pdu piece = host.take();
  std::string whole = piece.text();
  for (int i = 0; i < 20 && (piece.flags() & 0x80) == 0; ++i) {
    EXPECT_EQ(piece.flags(), 0x40);
    EXPECT_EQ(piece.data.size(), 512U);
    Header more = host.request(kTextRequest);
    more.set(20, piece.header.field(20));
    host.send(more);
    piece = host.take();
    whole += piece.text();
  }
  EXPECT_NE(whole.find("192.0.2.77:59,62"), std::string::npos);
  EXPECT_EQ(piece.header.field(20), kNoTag);
}

TEST_F(ConnectionTest, ATextRequestInPieces) {
  discovery_login();
  const auto whole = text({"SendTargets=All"});
  host.send(host.request(kTextRequest, 0x40), {whole.begin(), whole.begin() + 5});
  const Pdu empty = host.take();
  EXPECT_EQ(empty.flags(), 0);
  EXPECT_TRUE(empty.data.empty());
  Header rest = host.request(kTextRequest);
  rest.set(20, empty.header.field(20));
  host.send(rest, {whole.begin() + 5, whole.end()});
  EXPECT_NE(host.take().text().find("TargetName="), std::string::npos);
}

TEST_F(ConnectionTest, ANopOutIsEchoed) {
  host.login({"MaxRecvDataSegmentLength=1024"});
  const Header ping = host.request(kNopOut);
  const auto data = testing::pattern(2000, 3);
  host.send(ping, data);
  const Pdu answer = host.take();
  EXPECT_EQ(answer.opcode(), kNopIn);
  EXPECT_EQ(answer.header.initiator_tag(), ping.initiator_tag());
  EXPECT_EQ(answer.header.field(20), kNoTag);
  EXPECT_EQ(answer.data, std::vector<uint8_t>(data.begin(), data.begin() + 1024))
      << "cut to what the initiator takes";
  const uint32_t stat_sn = answer.header.field(24);
  host.send(host.request(kNopOut, 0x80, /*immediate=*/true));
  EXPECT_EQ(host.take().header.field(24), stat_sn + 1);
}

TEST_F(ConnectionTest, ANopInIsSentOnRequestAndItsAnswerIsCounted) {
  host.connection.ping();
  EXPECT_TRUE(host.silent()) << "not before the full feature phase";
  host.login();
  host.connection.ping();
  EXPECT_EQ(host.outputs, 1);
  EXPECT_EQ(host.connection.pings_waiting(), 1U);
  const Pdu ping = host.take();
  EXPECT_EQ(ping.opcode(), kNopIn);
  EXPECT_EQ(ping.header.initiator_tag(), kNoTag);
  EXPECT_NE(ping.header.field(20), kNoTag);
  Header pong = host.request(kNopOut, 0x80, /*immediate=*/true);
  pong.set(16, kNoTag);
  pong.set(20, ping.header.field(20));
  host.send(pong);
  EXPECT_TRUE(host.silent());
  EXPECT_EQ(host.connection.pings_waiting(), 0U);
  host.send(host.request(kNopOut));
  EXPECT_EQ(host.take().header.field(24), ping.header.field(24)) << "a ping takes no StatSN";
}

TEST_F(ConnectionTest, RequestsOutOfOrderAreIgnored) {
  host.login();
  for (const uint32_t distance : {1U, 5U, kCommandWindow, 0xffffffffU}) {
    Header early = host.request(kNopOut);
    early.set(24, early.command_sn() + distance);
    --host.command_sn;
    host.send(early);
    EXPECT_TRUE(host.silent()) << distance;
  }
  host.send(host.request(kNopOut));
  EXPECT_EQ(host.take().header.field(28), host.command_sn) << "ExpCmdSN did not move before";
}

TEST_F(ConnectionTest, OnlyTheSegmentLengthChangesLater) {
  host.login();
  host.send(host.request(kTextRequest),
            text({"MaxRecvDataSegmentLength=512", "InitialR2T=No", "X-org.example=1"}));
  const Pdu answer = host.take();
  const Keys keys = *parse_keys(answer.data);
  EXPECT_EQ(keys.at("MaxRecvDataSegmentLength"), std::to_string(kMaxReceiveSegmentBytes));
  EXPECT_EQ(keys.at("InitialR2T"), "Reject");
  EXPECT_EQ(keys.at("X-org.example"), "NotUnderstood");
  host.send(host.request(kNopOut), testing::pattern(1000, 1));
  EXPECT_EQ(host.take().data.size(), 512U);
}

TEST_F(ConnectionTest, UnknownRequestsAreRejectedAndLifeGoesOn) {
  host.login();
  for (const uint8_t opcode : {uint8_t{0x07}, uint8_t{kSnack}, uint8_t{0x1c}}) {
    Header header = host.request(opcode);
    if (opcode < 0x1c) {
      --host.command_sn;  // no number is taken
    }
    host.send(header);
    header.set_data_bytes(0);
    const Pdu answer = host.take();
    EXPECT_EQ(answer.opcode(), kReject);
    EXPECT_EQ(answer.header.raw[2], opcode == kSnack ? kSnackReject : kCommandNotSupported);
    EXPECT_EQ(answer.header.initiator_tag(), kNoTag);
    EXPECT_EQ(answer.data, std::vector<uint8_t>(header.raw.begin(), header.raw.end()));
  }
  host.send(host.request(kNopOut));
  EXPECT_EQ(host.take().opcode(), kNopIn);
}

TEST_F(ConnectionTest, MalformedPdusEndOnlyTheirOwnConnection) {
  Initiator bystander(world, 1);
  bystander.login();
  const auto ends = [&](Initiator& victim, const char* word) {
    EXPECT_EQ(victim.resets, 1);
    EXPECT_TRUE(victim.connection.over());
    EXPECT_TRUE(victim.silent());
    ASSERT_FALSE(world.lines.empty());
    EXPECT_NE(world.lines.back().find(word), std::string::npos) << world.lines.back();
  };
  {
    Initiator victim(world);
    Header header;
    header.raw[0] = kScsiCommand;
    victim.send(header);
    ends(victim, "before the login");
  }
  {
    Initiator victim(world);
    Header header;
    header.raw[0] = 0x40 | kLoginRequest;
    header.set_data_bytes(kMaxLoginSegmentBytes + 1);
    victim.feed(header.raw);
    ends(victim, "data segment");
  }
  for (const uint8_t opcode : {uint8_t{kDataIn}, uint8_t{kReject}, uint8_t{kLoginRequest}}) {
    Initiator victim(world);
    victim.login();
    victim.send(victim.request(opcode));
    ends(victim, opcode == kLoginRequest ? "login request" : "only targets send");
  }
  {
    Initiator victim(world);
    victim.login();
    Header header = victim.request(kNopOut);
    header.set_data_bytes(kMaxReceiveSegmentBytes + 1);
    victim.feed(header.raw);
    ends(victim, "data segment");
  }
  EXPECT_EQ(bystander.resets, 0);
  EXPECT_EQ(world.array->nexus_count(), 1U);
  bystander.send(bystander.request(kNopOut));
  EXPECT_EQ(bystander.take().opcode(), kNopIn);
}

TEST_F(ConnectionTest, ByteByByteIsTheSame) {
  host.set_chunk(1);
  host.login({"ImmediateData=Yes"});
  Header ping = host.request(kNopOut);
  host.send(ping, testing::pattern(301, 9), std::vector<uint8_t>(40, 0xcc));
  EXPECT_EQ(host.take().data, testing::pattern(301, 9));
}

TEST_F(ConnectionTest, APortThatGoesDownResetsItsConnections) {
  host.login();
  Initiator other(world, 1);
  other.login();
  world.array->crash_controller(0);
  EXPECT_EQ(host.resets, 1);
  EXPECT_EQ(other.resets, 0);
}

}  // namespace
}  // namespace io::iscsi
