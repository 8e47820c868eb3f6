// START STOP UNIT, PREVENT ALLOW MEDIUM REMOVAL, and units without a medium.
#include <gtest/gtest.h>

#include "array/testing/rig.h"
#include "scsi/inquiry.h"
#include "scsi/opcodes.h"

namespace array {
namespace {

using testing::Host;
using testing::Outcome;
using testing::Raw;
using testing::Rig;

Outcome start_stop(Host& host, unsigned byte4) {
  return host.send({0x1b, 0, 0, 0, byte4, 0});
}
constexpr unsigned kStop = 0, kStart = 1, kEject = 2, kLoad = 3;

Outcome prevent(Host& host, unsigned how) {
  return host.send({0x1e, 0, 0, 0, how, 0});
}

uint32_t ready(Host& host) {
  return host.send({0, 0, 0, 0, 0, 0}).code();
}

LunConfig removable() {
  return {.size_bytes = 1U << 20, .removable = true};
}

TEST(StartStop, AFixedLunOnlyTakesNote) {
  Rig rig;
  Host& host = rig.host();
  for (const unsigned byte4 : {kStop, kStart, 0x10u, 0xf0u}) {
    EXPECT_EQ(start_stop(host, byte4).status, scsi::kGood);
    EXPECT_EQ(ready(host), 0u);
  }
  EXPECT_EQ(start_stop(host, kEject).code(), 0x052400u);
  EXPECT_EQ(start_stop(host, kEject).field(), 4u);
  EXPECT_EQ(prevent(host, 1).code(), 0x052000u);
  EXPECT_FALSE(scsi::decode_inquiry(host.send(scsi::make_inquiry(96)).data)->removable);
}

TEST(Removable, EjectAndLoad) {
  Rig rig(removable());
  Host& host = rig.host();
  Host& other = rig.host(1);
  EXPECT_TRUE(scsi::decode_inquiry(host.send(scsi::make_inquiry(96)).data)->removable);
  EXPECT_EQ(start_stop(host, kEject).status, scsi::kGood);
  EXPECT_EQ(ready(host), 0x023a00u);
  EXPECT_EQ(ready(other), 0x023a00u);
  EXPECT_EQ(host.send(scsi::make_read(0, 1)).code(), 0x023a00u);
  EXPECT_EQ(host.send(scsi::make_write(0, 1), Raw(512)).code(), 0x023a00u);
  EXPECT_EQ(host.send(scsi::make_read_capacity10()).code(), 0x023a00u);
  EXPECT_EQ(host.send(scsi::make_inquiry(96)).status, scsi::kGood);
  EXPECT_EQ(host.send({0x1a, 0, 0x3f, 0, 255, 0}).status, scsi::kGood) << "needs no medium";
  EXPECT_EQ(start_stop(host, kEject).status, scsi::kGood) << "again, without effect";
  EXPECT_EQ(start_stop(host, kLoad).status, scsi::kGood);
  EXPECT_EQ(ready(host), 0u);
  EXPECT_EQ(ready(other), 0x062800u) << "the medium may be another one";
  EXPECT_EQ(ready(other), 0u);
  EXPECT_EQ(start_stop(host, kLoad).status, scsi::kGood);
  EXPECT_EQ(ready(other), 0u) << "it was loaded already";
}

TEST(Removable, StopAndPowerConditionsDoNotEject) {
  Rig rig(removable());
  Host& host = rig.host();
  for (const unsigned byte4 : {kStop, 0x10u | kEject, 0xf0u | kEject}) {
    EXPECT_EQ(start_stop(host, byte4).status, scsi::kGood);
    EXPECT_EQ(ready(host), 0u);
  }
}

TEST(Removable, PreventionOfAnyNexusHolds) {
  Rig rig(removable());
  Host& host = rig.host();
  Host& other = rig.host(1);
  EXPECT_EQ(prevent(host, 1).status, scsi::kGood);
  EXPECT_EQ(start_stop(host, kEject).code(), 0x055302u);
  EXPECT_EQ(start_stop(other, kEject).code(), 0x055302u);
  EXPECT_EQ(prevent(other, 0).status, scsi::kGood);
  EXPECT_EQ(start_stop(other, kEject).code(), 0x055302u) << "the other's word does not end mine";
  EXPECT_EQ(prevent(host, 0).status, scsi::kGood);
  EXPECT_EQ(start_stop(other, kEject).status, scsi::kGood);
  EXPECT_EQ(prevent(host, 1).status, scsi::kGood);
  EXPECT_EQ(start_stop(host, kLoad).code(), 0x055302u) << "nor does one come in";
  EXPECT_EQ(prevent(host, 2).code(), 0x052400u);
}

TEST(Removable, PreventionEndsWithItsNexusAndWithResets) {
  Rig rig(removable());
  Host& host = rig.host();
  Host& other = rig.host(1);
  prevent(other, 1);
  other.log_out();
  EXPECT_EQ(start_stop(host, kEject).status, scsi::kGood) << "logout";
  for (const TaskFunction reset :
       {TaskFunction::logical_unit_reset, TaskFunction::target_warm_reset,
        TaskFunction::target_cold_reset}) {
    start_stop(host, kLoad);
    prevent(host, 1);
    rig.array->manage(host.nexus(), reset, 0, 0);
    host.clear_attentions();
    EXPECT_EQ(start_stop(host, kEject).status, scsi::kGood);
  }
  start_stop(host, kLoad);
  prevent(host, 1);
  rig.array->manage(host.nexus(), TaskFunction::clear_task_set, 0, 0);
  EXPECT_EQ(start_stop(host, kEject).code(), 0x055302u) << "no reset";
}

}  // namespace
}  // namespace array
