// Active/passive arrays: one controller owns the LUNs, the others say so until they are told to
// take over.
#include <gtest/gtest.h>

#include "array/fault.h"
#include "array/testing/rig.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace array {
namespace {

using testing::Host;
using testing::Rig;

constexpr uint32_t kPassive = 0x028001;

Config active_passive() {
  Config config = Rig::usual();
  config.alua = AluaMode::none;
  config.passive = PassiveAnswer{scsi::kNotReady, 0x8001};
  return config;
}

uint32_t read(Host& host) {
  return host.send({0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0}).code();
}
uint8_t start(Host& host, unsigned flags = 1) {
  return host.send({0x1b, 0, 0, 0, flags, 0}).status;
}

TEST(ActivePassive, ThePassiveControllerAnswersAllButBlocks) {
  Rig rig(active_passive());
  Host& host = rig.host(1);
  EXPECT_EQ(read(rig.host(0)), 0U);
  EXPECT_EQ(read(host), kPassive);
  EXPECT_EQ(host.send({0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0}, testing::pattern(512, 1)).code(),
            kPassive);
  EXPECT_EQ(host.send({0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0}).code(), kPassive) << "SYNCHRONIZE CACHE";
  EXPECT_EQ(host.send({0x12, 0, 0, 0, 96, 0}).status, scsi::kGood);
  EXPECT_EQ(host.send({0x00, 0, 0, 0, 0, 0}).status, scsi::kGood) << "TEST UNIT READY";
  EXPECT_EQ(host.send({0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0}).status, scsi::kGood) << "READ CAPACITY";
  EXPECT_EQ(host.send({0x1a, 0, 0x3f, 0, 255, 0}).status, scsi::kGood) << "MODE SENSE";
}

TEST(ActivePassive, StartUnitMakesTheOtherTheOwner) {
  Rig rig(active_passive());
  Host& first = rig.host(0);
  Host& second = rig.host(1);
  EXPECT_EQ(start(second, 0), scsi::kGood);
  EXPECT_EQ(start(second, 0x11), scsi::kGood);
  EXPECT_EQ(read(second), kPassive) << "neither STOP nor a power condition does it";
  EXPECT_EQ(start(second), scsi::kGood);
  EXPECT_EQ(read(second), 0U);
  EXPECT_EQ(read(first), kPassive);
}

TEST(ActivePassive, TheOtherTakesOverWhenTheOwnerDiesAndKeepsTheLuns) {
  Rig rig(active_passive());
  Host& second = rig.host(1);
  rig.array->crash_controller(0);
  EXPECT_EQ(read(second), 0U);
  rig.array->restart_controller(0);
  EXPECT_EQ(read(second), 0U);
  EXPECT_EQ(read(rig.host(0)), kPassive);
}

TEST(ActivePassive, WhoComesBackFirstOwnsTheLunsWhenAllHaveDied) {
  Rig rig(active_passive());
  rig.array->crash_controller(1);
  rig.array->crash_controller(0);
  rig.array->restart_controller(1);
  EXPECT_EQ(read(rig.host(1)), 0U);
}

TEST(ActivePassive, TheFaultTrespassMovesTheLuns) {
  Rig rig(active_passive());
  std::string error;
  const std::vector<std::string> to_second = {"1"};
  EXPECT_TRUE(apply_fault(*rig.array, "trespass", to_second, error)) << error;
  EXPECT_EQ(read(rig.host(0)), kPassive);
  rig.array->crash_controller(0);
  const std::vector<std::string> to_dead = {"0"};
  EXPECT_FALSE(apply_fault(*rig.array, "trespass", to_dead, error));
  Rig shared;
  EXPECT_FALSE(apply_fault(*shared.array, "trespass", to_second, error));
  EXPECT_NE(error.find("share the LUNs"), std::string::npos) << error;
}

}  // namespace
}  // namespace array
