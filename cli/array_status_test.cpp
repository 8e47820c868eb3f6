// What the array's control socket says about persistent reservations.
#include "cli/array_status.h"

#include <gtest/gtest.h>

#include "base/testing/manual_scheduler.h"

namespace cli {
namespace {

TEST(ArrayStatus, Reservations) {
  base::testing::ManualScheduler clock;
  array::Config config;
  config.ports = {{.controller = 0}, {.controller = 1}};
  config.luns = {{.size_bytes = 1U << 20}, {.size_bytes = 1U << 20}};
  std::string error;
  const auto array = array::Array::create(config, clock, error);
  ASSERT_TRUE(array) << error;
  EXPECT_EQ(reservations_json(*array), nlohmann::json::array());
  array::Reservations table;
  const array::NexusName holder{{"iqn.a", {0x80, 0, 0, 0, 0, 0x0a}}, 1};
  table.register_key(holder, {.key = 0, .new_key = 0xabc, .persists = true});
  table.register_key({{"iqn.b", {}}, 0}, {.key = 0, .new_key = 2, .persists = true});
  table.reserve({holder, 0xabc}, {.type = scsi::ReservationType::write_exclusive});
  ASSERT_TRUE(array->lun(1).set_reservations(table));
  EXPECT_EQ(reservations_json(*array), nlohmann::json::parse(R"([{
    "lun": 1, "type": "Write Exclusive", "generation": 2, "persists": true, "registrations": [
      {"initiator": "iqn.a", "isid": "80000000000a", "port": 1, "key": "0000000000000abc",
       "holder": true},
      {"initiator": "iqn.b", "isid": "000000000000", "port": 0, "key": "0000000000000002",
       "holder": false}]}])"));
}

}  // namespace
}  // namespace cli
