// The state table.
#include "cli/show_text.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

TEST(ShowText, DrawsAlignedColumnsAndUnsettledRanges) {
  const auto state = nlohmann::ordered_json::parse(R"({
    "disk": {"identity": "naa.6001", "vendor": "V", "product": "P", "size_bytes": 1048576,
             "logical_block_bytes": 512, "state": "up", "policy": "round-robin", "alua": "explicit",
             "unsettled": [{"path": "a", "lba": 8, "blocks": 16}]},
    "paths": [{"name": "a", "state": "down", "ios": 7, "last_error": "reset"},
              {"name": "longer", "state": "up", "ios": 12345, "last_error": null}]})");
  const std::string text = show_text(state);
  EXPECT_NE(text.find("1 MiB, 512-byte blocks"), std::string::npos) << text;
  EXPECT_NE(text.find("a       down"), std::string::npos) << text;
  EXPECT_NE(text.find("    7"), std::string::npos) << text;
  EXPECT_NE(text.find("unsettled: LBA 8 + 16 written over a"), std::string::npos) << text;
}

TEST(ShowText, SaysThatTheDiskIsReadOnly) {
  auto state = nlohmann::ordered_json::parse(
      R"({"disk": {"logical_block_bytes": 4096, "read_only": true}, "paths": []})");
  EXPECT_NE(show_text(state).find("4096-byte blocks, read-only\n"), std::string::npos);
  state["disk"]["read_only"] = false;
  EXPECT_NE(show_text(state).find("4096-byte blocks\n"), std::string::npos);
}

TEST(ShowText, NamesTheProfileAndTheRulesThatHaveDecided) {
  auto state = nlohmann::ordered_json::parse(R"({
    "disk": {"state": "ok", "error_rules": [
      {"name": "vendor-rule", "of_vendor": true, "count": 3},
      {"name": "connection-lost", "of_vendor": false, "count": 1}]},
    "profile": {"file": "v.toml",
                "names": {"product": "Array", "version": "1.0.0.0", "company": "Corp."}},
    "paths": []})");
  const std::string text = show_text(state);
  EXPECT_NE(text.find("\nprofile Array 1.0.0.0 of Corp. (v.toml)\n\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\nerrors by rule: vendor-rule 3 (profile), connection-lost 1\n"),
            std::string::npos)
      << text;
  state.erase("profile");
  state["disk"]["error_rules"].clear();
  EXPECT_EQ(show_text(state).find("profile"), std::string::npos);
  EXPECT_EQ(show_text(state).find("errors by rule"), std::string::npos);
  EXPECT_FALSE(show_text(nlohmann::ordered_json::parse(
                             R"({"disk": {"error_rules": [1, "x"]}, "profile": {"names": 7},
                                 "paths": []})"))
                   .empty());
}

TEST(ShowText, SurvivesMissingFields) {
  EXPECT_FALSE(
      show_text({{"disk", nlohmann::ordered_json::object()},
                 {"paths", nlohmann::ordered_json::array({nlohmann::ordered_json::object()})}})
          .empty());
}

// Whoever listens at the socket: nothing that is no disk's state is drawn as one.
TEST(ShowText, TellsTheStateOfADiskFromOtherAnswers) {
  using Json = nlohmann::ordered_json;
  EXPECT_TRUE(is_disk_state(Json::parse(R"({"disk": {}, "paths": []})")));
  EXPECT_FALSE(show_text(Json::parse(R"({"disk": {}, "paths": [1, null, {"ios": "x"}]})")).empty());
  for (const char* other : {"{}", R"({"ok": true})", R"({"disk": {}})", R"({"paths": []})",
                            R"({"disk": [], "paths": []})", R"({"disk": {}, "paths": {}})"}) {
    EXPECT_FALSE(is_disk_state(Json::parse(other))) << other;
  }
}

}  // namespace
}  // namespace cli
