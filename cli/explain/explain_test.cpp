// What `dsmkit explain` says of real data and of rubbish.
#include "cli/explain/explain.h"

#include <gtest/gtest.h>

#include <vector>

namespace cli::explain {
namespace {

using Bytes = std::vector<uint8_t>;

TEST(Explain, SenseNamesTheRuleAndItsVerdict) {
  const Bytes changed{0x70, 0, 0x06, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x2a, 0x06, 0, 0, 0, 0};
  const Document document = sense(changed);
  EXPECT_EQ(document["rule"]["name"], "access-state-changed");
  EXPECT_EQ(document["rule"]["verdict"], "retry");
  EXPECT_EQ(document["rule"]["retry_is_free"], true);
  EXPECT_FALSE(document.contains("rule_without_an_optimized_path"));
}

TEST(Explain, StandbyIsAnotherRuleWhereNothingIsOptimized) {
  const Bytes standby{0x72, 0x02, 0x04, 0x0b, 0, 0, 0, 0};
  const Document document = sense(standby);
  EXPECT_EQ(document["format"], "descriptor");
  EXPECT_EQ(document["rule"]["retry_is_free"], true);
  EXPECT_EQ(document["rule_without_an_optimized_path"]["retry_is_free"], false);
}

TEST(Explain, TheTextSaysTheSame) {
  const Bytes not_there{0x70, 0, 0x05, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x25, 0x00, 0, 0, 0, 0};
  const std::string text = to_text(sense(not_there));
  EXPECT_NE(text.find("name: lun-not-supported"), std::string::npos) << text;
  EXPECT_NE(text.find("verdict: fail over"), std::string::npos) << text;
}

TEST(Explain, PersistentReservations) {
  const Bytes keys{0, 0, 0, 3, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0x0a, 0xbc};
  Document document = reservation_keys(keys);
  EXPECT_EQ(document["generation"], 3);
  EXPECT_EQ(document["keys"], Document::array({"0000000000000abc"}));
  EXPECT_EQ(document["warning"], "the header promises 16 bytes after it, 8 are there");

  Bytes held(24);
  held[7] = 16;
  held[15] = 1;
  held[21] = 0x05;
  document = reservation(held);
  EXPECT_EQ(document["type"], "Write Exclusive - Registrants Only");
  EXPECT_EQ(document["holder_key"], "0000000000000001");
  EXPECT_EQ(reservation(Bytes(8))["reserved"], false);
  held.pop_back();
  EXPECT_TRUE(reservation(held).contains("error"));

  document = reservation_capabilities(Bytes{0, 8, 0x1d, 0xb1, 0xea, 0x01, 0, 0});
  EXPECT_EQ(document["types"].size(), 6u);
  EXPECT_EQ(document["survives_power_loss_now"], true);
}

TEST(Explain, ReservationStatusNamesPorts) {
  Bytes sas(8 + 24 + 24);
  sas[7] = 48;
  sas[8 + 7] = 9;
  sas[8 + 12] = 0x01;
  sas[8 + 13] = 0x01;
  sas[8 + 19] = 2;
  sas[8 + 23] = 24;
  sas[32] = 0x06;
  sas[36] = 0x50;
  const Document document = reservation_status(sas);
  ASSERT_EQ(document["registrations"].size(), 1u);
  const Document& entry = document["registrations"][0];
  EXPECT_EQ(entry["type"], "Write Exclusive");
  EXPECT_EQ(entry["target_port"], 2);
  EXPECT_EQ(entry["initiator_port"], "SAS 5000000000000000");
  EXPECT_FALSE(document.contains("warning"));
  sas[8 + 23] = 25;
  EXPECT_TRUE(reservation_status(sas).contains("warning"));
}

TEST(Explain, RubbishIsNamedAsSuch) {
  for (const Bytes& bytes : {Bytes{}, Bytes{0x00}, Bytes{0x7f, 1, 2, 3}}) {
    EXPECT_TRUE(sense(bytes).contains("error"));
  }
  EXPECT_TRUE(inquiry(Bytes{1, 2, 3}).contains("error"));
  EXPECT_TRUE(vpd(Bytes{0}).contains("error"));
  EXPECT_TRUE(target_port_groups(Bytes{0, 0}).contains("error"));
  EXPECT_TRUE(reservation_keys(Bytes(7)).contains("error"));
  EXPECT_TRUE(reservation(Bytes(7)).contains("error"));
  EXPECT_TRUE(reservation_capabilities(Bytes(8)).contains("error"));
  EXPECT_TRUE(reservation_status(Bytes(7)).contains("error"));
}

}  // namespace
}  // namespace cli::explain
