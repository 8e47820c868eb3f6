// What the front answers by itself, and what it makes of the logical unit's answers.
#include "io/front/answers.h"

#include <gtest/gtest.h>

#include <array>

#include "scsi/designator.h"
#include "scsi/persistent_reservation.h"
#include "scsi/sense.h"
#include "scsi/supported_commands.h"
#include "scsi/target_port_groups.h"

namespace io::front {
namespace {

constexpr uint64_t kLun1 = uint64_t{1} << 48;
const Place kPlace{"iqn.2026-11.test:front", 1, 2};

scsi::Cdb cdb(std::initializer_list<uint8_t> bytes) {
  scsi::Cdb made;
  std::copy(bytes.begin(), bytes.end(), made.bytes.begin());
  made.length = 16;
  return made;
}
const scsi::Cdb kAllCommands = cdb({0xa3, 0x0c, 0, 0, 0, 0, 0, 0, 0x10, 0});

class AnswersTest : public ::testing::Test {
 protected:
  bool here(const scsi::Cdb& wanted, uint64_t lun = 0) {
    task = {};
    task.cdb = wanted;
    task.lun = lun;
    return answer_here(task, attention);
  }
  unsigned sense() const {
    return task.status == scsi::kCheckCondition
               ? unsigned{task.sense[2]} << 16 | unsigned{task.sense[12]} << 8 | task.sense[13]
               : 0;
  }
  iscsi::Task task;
  uint16_t attention = 0;
};

TEST_F(AnswersTest, OneLunIsReported) {
  ASSERT_TRUE(here(scsi::make_report_luns(256)));
  EXPECT_EQ(task.data_in, (std::vector<uint8_t>{0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  ASSERT_TRUE(here(scsi::make_report_luns(256), kLun1)) << "by whatever LUN it is asked";
  EXPECT_EQ(task.data_in.size(), 16U);
  ASSERT_TRUE(here(cdb({0xa0, 0, 1, 0, 0, 0, 0, 0, 0, 16})));
  EXPECT_EQ(task.data_in.size(), 8U) << "there are no well-known ones";
  ASSERT_TRUE(here(cdb({0xa0, 0, 3, 0, 0, 0, 0, 0, 0, 16})));
  EXPECT_EQ(sense(), 0x052400U);
  ASSERT_TRUE(here(scsi::make_report_luns(15)));
  EXPECT_EQ(sense(), 0x052400U);
}

TEST_F(AnswersTest, OtherLunsDoNotExist) {
  ASSERT_TRUE(here(scsi::make_inquiry(36), kLun1));
  EXPECT_EQ(task.data_in.size(), 36U);
  EXPECT_EQ(task.data_in[0], 0x7f);
  ASSERT_TRUE(here(scsi::make_test_unit_ready(), kLun1));
  EXPECT_EQ(sense(), 0x052500U);
  ASSERT_TRUE(here(scsi::make_request_sense(false, 18), kLun1));
  EXPECT_EQ(task.data_in[12], 0x25);
}

TEST_F(AnswersTest, ThePendingAttentionIsToldOnce) {
  attention = 0x2900;
  EXPECT_FALSE(here(scsi::make_inquiry(36))) << "INQUIRY neither tells nor clears it";
  ASSERT_TRUE(here(scsi::make_report_luns(16)));
  EXPECT_EQ(sense(), 0U) << "REPORT LUNS neither";
  ASSERT_TRUE(here(scsi::make_test_unit_ready(), kLun1));
  EXPECT_EQ(attention, 0x2900) << "it is LUN 0's";
  ASSERT_TRUE(here(scsi::make_test_unit_ready()));
  EXPECT_EQ(sense(), 0x062900U);
  EXPECT_FALSE(here(scsi::make_test_unit_ready()));
  attention = 0x2907;
  ASSERT_TRUE(here(scsi::make_request_sense(false, 18)));
  EXPECT_EQ(task.status, scsi::kGood);
  EXPECT_EQ(task.data_in[13], 7);
  EXPECT_FALSE(here(scsi::make_request_sense(false, 18)));
}

TEST_F(AnswersTest, HiddenCommandsAreUnknown) {
  ASSERT_TRUE(here(scsi::make_set_target_port_groups(8)));
  EXPECT_EQ(sense(), 0x052000U);
  ASSERT_TRUE(here(cdb({0xa3, 0x0c, 2, 0xa4, 0, 0x0a, 0, 0, 0, 64})));
  EXPECT_EQ(task.data_in, (std::vector<uint8_t>{0, 1, 0, 0})) << "not supported";
  EXPECT_FALSE(here(cdb({0xa3, 0x0c, 1, 0x28, 0, 0, 0, 0, 0, 64})));
}

TEST_F(AnswersTest, NobodyIsRegisteredOnBehalfOfOthers) {
  ASSERT_TRUE(here(scsi::make_persistent_reserve_out(
      {.action = scsi::ReserveOutAction::register_and_move, .parameter_bytes = 24})));
  EXPECT_EQ(sense(), 0x052400U);
  for (const bool ports : {false, true}) {
    std::array<uint8_t, scsi::kReserveOutBytes> list{};
    scsi::encode_reserve_out(
        list, {.service_action_key = 1, .specifies_ports = !ports, .all_target_ports = ports});
    task = {};
    task.cdb = scsi::make_persistent_reserve_out({.parameter_bytes = 24});
    task.data_out = list;
    ASSERT_TRUE(answer_here(task, attention));
    EXPECT_EQ(sense(), 0x052600U);
  }
  const std::array<uint8_t, scsi::kReserveOutBytes> plain{};
  task = {};
  task.cdb = scsi::make_persistent_reserve_out({.parameter_bytes = 24});
  task.data_out = plain;
  EXPECT_FALSE(answer_here(task, attention));
}

TEST_F(AnswersTest, CapabilitiesOfReservationsAreTheFronts) {
  std::vector<uint8_t> data(8);
  scsi::encode_report_capabilities(data, {.compatible_handling = true,
                                          .specifies_ports = true,
                                          .all_target_ports = true,
                                          .can_persist = true,
                                          .types_valid = true,
                                          .types = 0x1ea});
  adjust(scsi::make_persistent_reserve_in(scsi::ReserveInAction::report_capabilities, 8), kPlace,
         data);
  const auto can = scsi::decode_report_capabilities(data);
  ASSERT_TRUE(can);
  EXPECT_FALSE(can->specifies_ports || can->all_target_ports);
  EXPECT_TRUE(can->compatible_handling && can->can_persist && can->types_valid &&
              can->types == 0x1ea);
}

TEST_F(AnswersTest, HiddenCommandsAreNotListed) {
  const std::array<uint8_t, 6> usage{};
  for (const bool timeouts : {false, true}) {
    const std::array<scsi::SupportedCommand, 4> all = {{{0x00, false, 0, usage},
                                                        {0x5f, true, 7, usage},
                                                        {0xa4, true, 0x0a, usage},
                                                        {0xa4, true, 0x06, usage}}};
    std::vector<uint8_t> data(512);
    data.resize(scsi::encode_all_commands(data, all, timeouts));
    EXPECT_NE(whole_answer_for(kAllCommands).bytes, 0U);
    adjust(kAllCommands, kPlace, data);
    const size_t each = timeouts ? 20 : 8;
    ASSERT_EQ(data.size(), 4 + 2 * each);
    EXPECT_EQ(base::load_be32(data.data()), 2 * each);
    EXPECT_EQ(data[4], 0x00);
    EXPECT_EQ(data[4 + each], 0xa4);
    EXPECT_EQ(data[4 + each + 3], 0x06);
  }
}

TEST_F(AnswersTest, AccessStatesAreImplicitAndOfOneGroup) {
  std::vector<uint8_t> inquiry(36);
  inquiry[5] = 0x39;
  adjust(scsi::make_inquiry(36), kPlace, inquiry);
  EXPECT_EQ(inquiry[5], 0x19);
  inquiry[5] = 0x08;
  adjust(scsi::make_inquiry(36), kPlace, inquiry);
  EXPECT_EQ(inquiry[5], 0x08) << "no access states stay none";
  for (const bool extended : {false, true}) {
    std::vector<uint8_t> data(100, 0xee);
    adjust(scsi::make_report_target_port_groups(extended, 64), kPlace, data);
    scsi::TargetPortGroups groups;
    ASSERT_TRUE(scsi::decode_target_port_groups(data, groups));
    EXPECT_EQ(groups.extended, extended);
    ASSERT_EQ(groups.groups.size(), 1U);
    EXPECT_EQ(groups.groups[0].state, scsi::AccessState::active_optimized);
    EXPECT_EQ(groups.groups[0].ports.size(), 2U);
  }
  std::vector<uint8_t> data(100);
  adjust(scsi::make_report_target_port_groups(false, 5), kPlace, data);
  EXPECT_EQ(data.size(), 5U) << "as long as the client wants it";
}

TEST_F(AnswersTest, NamesOfTheUnitStayAndThoseOfPortsAreOurs) {
  const std::array<uint8_t, 8> naa = {0x31, 1, 2, 3, 4, 5, 6, 7};
  const std::array<uint8_t, 4> number = {0, 0, 0, 9};
  std::vector<uint8_t> data(512);
  scsi::DesignatorPageWriter writer(data);
  writer.add({scsi::CodeSet::binary, scsi::Association::target_port,
              scsi::DesignatorType::relative_target_port, 5, true, number});
  writer.add({scsi::CodeSet::binary, scsi::Association::logical_unit, scsi::DesignatorType::naa, 0,
              false, naa});
  writer.add({scsi::CodeSet::binary, scsi::Association::target_port,
              scsi::DesignatorType::target_port_group, 5, true, number});
  data.resize(writer.finish());
  adjust(scsi::make_inquiry_vpd(0x83, 255), kPlace, data);
  scsi::DesignatorWalk walk(data);
  std::vector<std::pair<scsi::DesignatorType, std::vector<uint8_t>>> found;
  while (const auto designator = walk.next()) {
    found.emplace_back(designator->type,
                       std::vector<uint8_t>(designator->bytes.begin(), designator->bytes.end()));
  }
  EXPECT_FALSE(walk.truncated());
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].second, std::vector<uint8_t>(naa.begin(), naa.end()));
  EXPECT_EQ(found[1].second, (std::vector<uint8_t>{0, 0, 0, 2})) << "the second port";
  EXPECT_EQ(found[2].second, (std::vector<uint8_t>{0, 0, 0, kGroup}));
  EXPECT_EQ(found[3].first, scsi::DesignatorType::scsi_name);
}

}  // namespace
}  // namespace io::front
