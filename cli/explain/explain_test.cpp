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

TEST(Explain, RubbishIsNamedAsSuch) {
  for (const Bytes& bytes : {Bytes{}, Bytes{0x00}, Bytes{0x7f, 1, 2, 3}}) {
    EXPECT_TRUE(sense(bytes).contains("error"));
  }
  EXPECT_TRUE(inquiry(Bytes{1, 2, 3}).contains("error"));
  EXPECT_TRUE(vpd(Bytes{0}).contains("error"));
  EXPECT_TRUE(target_port_groups(Bytes{0, 0}).contains("error"));
}

}  // namespace
}  // namespace cli::explain
