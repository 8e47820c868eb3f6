// REPORT SUPPORTED OPERATION CODES agrees with what the device server does; REPORT SUPPORTED TASK
// MANAGEMENT FUNCTIONS.
#include <gtest/gtest.h>

#include <set>

#include "array/commands.h"
#include "array/testing/rig.h"
#include "scsi/opcodes.h"

namespace array {
namespace {

using testing::Host;
using testing::Outcome;
using testing::Raw;
using testing::Rig;

Outcome report(Host& host, unsigned options, unsigned opcode = 0, unsigned action = 0) {
  return host.send(
      {0xa3, 0x0c, options, opcode, action >> 8, action & 0xff, 0, 0, 0xff, 0xff, 0, 0});
}

std::set<unsigned> reported_opcodes(const Raw& data, size_t step) {
  std::set<unsigned> opcodes;
  for (size_t at = 4; at + step <= data.size(); at += step) {
    opcodes.insert(data[at]);
  }
  return opcodes;
}

TEST(SupportedCommands, ExactlyThoseThatAreNotRefused) {
  Rig rig;
  Host& host = rig.host();
  const std::set<unsigned> reported = reported_opcodes(report(host, 0).data, 8);
  EXPECT_GT(reported.size(), 30u);
  for (unsigned opcode = 0; opcode < 256; ++opcode) {
    // The highest service action is nobody's, so that nothing is executed where there are some.
    const Outcome outcome = host.send({opcode, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                       0xff, 0xff, 0xff, 0xff, 0, 0});
    const bool refused = outcome.code() == 0x052000;
    EXPECT_EQ(reported.contains(opcode), !refused) << opcode;
  }
}

TEST(SupportedCommands, KindsOfLunsDiffer) {
  Rig rig(LunConfig{.size_bytes = 1U << 20, .removable = true, .provisioning = {.thin = false}});
  const std::set<unsigned> reported = reported_opcodes(report(rig.host(), 0).data, 8);
  EXPECT_TRUE(reported.contains(0x1e)) << "PREVENT ALLOW MEDIUM REMOVAL";
  EXPECT_FALSE(reported.contains(0x42)) << "UNMAP";
  Rig usual;
  const std::set<unsigned> others = reported_opcodes(report(usual.host(), 0).data, 8);
  EXPECT_FALSE(others.contains(0x1e));
  EXPECT_TRUE(others.contains(0x42));
}

TEST(SupportedCommands, AccessCommandsOnlyWithAccessStates) {
  const auto reports_actions = [](AluaMode alua) {
    Config config = Rig::usual();
    config.alua = alua;
    Rig rig(config);
    Host& host = rig.host();
    return std::pair(report(host, 3, 0xa3, 0x0a).data[1] == 3,
                     report(host, 3, 0xa4, 0x0a).data[1] == 3);
  };
  EXPECT_EQ(reports_actions(AluaMode::none), std::pair(false, false));
  EXPECT_EQ(reports_actions(AluaMode::implicit_only), std::pair(true, false));
  EXPECT_EQ(reports_actions(AluaMode::both), std::pair(true, true));
}

TEST(SupportedCommands, OneCommand) {
  Rig rig;
  Host& host = rig.host();
  const Outcome read = report(host, 1, 0x28);
  ASSERT_EQ(read.data.size(), 4u + 10u);
  EXPECT_EQ(read.data[1], 3) << "as in the standard";
  EXPECT_EQ(read.data[3], 10);
  EXPECT_EQ(read.data[4], 0x28);
  EXPECT_EQ(read.data[5], 0xf8);
  const Outcome capacity = report(host, 2, 0x9e, 0x10);
  ASSERT_EQ(capacity.data.size(), 4u + 16u);
  EXPECT_EQ(capacity.data[5], 0x10);
  EXPECT_EQ(report(host, 1, 0x83).data[1], 1) << "EXTENDED COPY is not supported";
  EXPECT_EQ(report(host, 2, 0x9e, 0x1f).data[1], 1);
  EXPECT_EQ(report(host, 3, 0x28).data[1], 3);
  EXPECT_EQ(report(host, 3, 0x9e, 0x12).data[1], 3);
  // With timeouts.
  EXPECT_EQ(report(host, 0x81, 0x28).data.size(), 4u + 10u + 12u);
  EXPECT_EQ(report(host, 0x80).data.size() - 4, (report(host, 0).data.size() - 4) / 8 * 20);
}

TEST(SupportedCommands, QuestionsThatDoNotFit) {
  Rig rig;
  Host& host = rig.host();
  EXPECT_EQ(report(host, 1, 0x9e).code(), 0x052400u) << "it has service actions";
  EXPECT_EQ(report(host, 2, 0x28).code(), 0x052400u) << "it has none";
  EXPECT_EQ(report(host, 4, 0x28).code(), 0x052400u);
}

TEST(SupportedFunctions, ThoseThatManageKnows) {
  Rig rig;
  Host& host = rig.host();
  EXPECT_EQ(host.send({0xa3, 0x0d, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0}).data, (Raw{0xda, 0, 0, 0}));
  EXPECT_EQ(host.send({0xa3, 0x0d, 0x80, 0, 0, 0, 0, 0, 0, 16, 0, 0}).data.size(), 16u);
  EXPECT_EQ(host.send({0xa3, 0x0d, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0}).code(), 0x052400u);
}

}  // namespace
}  // namespace array
