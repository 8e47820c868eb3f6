// The document of `dsmkit show --json`, which scripts read, and that the table can be drawn from
// it.
#include "cli/status_json.h"

#include <gtest/gtest.h>

#include "cli/show_text.h"

namespace cli {
namespace {

mpio::DiskStatus two_paths() {
  mpio::DiskStatus status;
  status.identity = "600140500000";
  status.vendor = "DSMKIT";
  status.geometry.size_bytes = 64u << 20;
  status.geometry.read_only = true;
  status.policy = "round-robin";
  status.state = "degraded";
  status.error_rules.push_back({"connection-lost", false, 2});
  status.unsettled.push_back({"a:1/t/0", 100, 8, 1500});
  mpio::PathStatus up;
  up.name = "a:1/t/0";
  up.state = mpio::PathState::up;
  up.access = "active/optimized";
  up.has_group = true;
  up.group = 1;
  up.ios = 4;
  up.write_protected = true;
  up.latency_sum_ns = 400'000;
  mpio::PathStatus down;
  down.name = "b:2/t/0";
  down.state = mpio::PathState::down;
  down.last_error = "reset";
  status.paths = {up, down};
  return status;
}

TEST(StatusJson, HasTheFieldsThatScriptsWaitFor) {
  const nlohmann::ordered_json document = status_json(two_paths());
  EXPECT_EQ(document["disk"]["error_rules"].dump(),
            R"([{"name":"connection-lost","of_vendor":false,"count":2}])");
  EXPECT_EQ(document["disk"]["size_bytes"], 64u << 20);
  EXPECT_EQ(document["disk"]["read_only"], true);
  EXPECT_EQ(document["disk"]["unsettled"][0]["lba"], 100);
  EXPECT_EQ(document["paths"][0]["state"], "up");
  EXPECT_EQ(document["paths"][0]["group"], 1);
  EXPECT_EQ(document["paths"][0]["latency_avg_us"], 100);
  EXPECT_EQ(document["paths"][1]["state"], "down");
  EXPECT_TRUE(document["paths"][1]["access"].is_null()) << "not known is not a state";
  EXPECT_EQ(document["paths"][0]["write_protected"], true);
  EXPECT_TRUE(document["paths"][1]["write_protected"].is_null());
  EXPECT_EQ(document["paths"][1]["last_error"], "reset");
}

TEST(StatusJson, TheTableIsDrawnFromIt) {
  const std::string text = show_text(status_json(two_paths()));
  for (const char* word : {"600140500000", "a:1/t/0", "active/optimized", "down", "reset"}) {
    EXPECT_NE(text.find(word), std::string::npos) << word << " is missing in\n" << text;
  }
  EXPECT_NE(text.find("LBA 100 + 8"), std::string::npos) << text;
}

}  // namespace
}  // namespace cli
