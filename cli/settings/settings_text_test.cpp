// The text form: what is written is read again, and what makes no sense has one message with its
// line.
#include "cli/settings/settings_text.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

using mpio::Scope;
using enum dsm::PolicyId;

mpio::Settings everything_there_is() {
  mpio::Settings settings;
  mpio::set_policy(settings, {Scope::everything, ""}, {least_queue_depth, ""});
  mpio::set_policy(settings, {Scope::hardware, "DSMKIT  ARRAY"},
                   {fail_over_only, "iqn.i+iqn.t,port-1"});
  mpio::set_policy(settings, {Scope::hardware, "OTHER"}, {round_robin, ""});
  mpio::set_policy(settings, {Scope::lun, "naa.6001"}, {fail_over_only, "a \"quoted\" name"});
  mpio::set_path(settings, "naa.6001", "p1", {.weight = UINT32_MAX});
  mpio::set_path(settings, "naa.6001", "p2", {.weight = 0, .desire = dsm::Desire::standby});
  mpio::set_path(settings, "t10.X", "p2", {.weight = 3, .desire = dsm::Desire::active_optimized});
  mpio::set_path(settings, "t10.X", "p3", {.desire = dsm::Desire::active_nonoptimized});
  mpio::set_path(settings, "t10.X", "p4", {.desire = dsm::Desire::unavailable});
  return settings;
}

TEST(SettingsText, IsReadAsItWasWritten) {
  for (const mpio::Settings& settings : {mpio::Settings{}, everything_there_is()}) {
    const ParsedSettings parsed = parse_settings(settings_text(settings), "f");
    EXPECT_EQ(parsed.error, "");
    EXPECT_EQ(parsed.settings, settings) << settings_text(settings);
  }
}

TEST(SettingsText, CanBeWrittenByHand) {
  const ParsedSettings parsed = parse_settings(R"({
    "luns": {"naa.6001": {"paths": {"p": {"weight": 7}}, "policy": "weighted-paths"}},
    "hardware": {}, "everything": {"policy": "least-blocks"},
    "dsmkit-settings": 1})",
                                               "f");
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.settings.luns.at("naa.6001").paths.at("p").weight, 7U);
  EXPECT_EQ(parsed.settings.everything.policy, least_blocks);
}

struct Bad {
  const char* text;
  const char* place;
  const char* about;
};

TEST(SettingsText, WhatMakesNoSenseHasOneMessageWithItsLine) {
  const Bad cases[] = {
      {"", "f:1:", "JSON"},
      {"nonsense", "f:1:", "JSON"},
      {"{\"dsmkit-settings\": 1,\n\"luns\": {\n\"x\": {\n", "f:3:", "JSON"},
      {"{\"dsmkit-settings\": 1}\n{}", "f:2:", "JSON"},
      {"{\"dsmkit-settings\": 1,\n\"luns\": [\n]}", "f:2:", "lists"},
      {"1", "f:1:", "braces"},
      {"{}", "f:1:", "dsmkit-settings"},
      {"{\n\"dsmkit-settings\": 0\n}", "f:2:", "must be 1"},
      {"{\n\n\"dsmkit-settings\": \"1\"\n}", "f:3:", "must be 1"},
      {"{\"dsmkit-settings\": 1,\n\"everything\": {\"policy\": null}}", "f:2:", "null"},
      {"{\"dsmkit-settings\": 1,\n\"everything\": {\n\"policy\": \"fastest\"\n}}",
       "f:3:", "\"fastest\""},
      {"{\"dsmkit-settings\": 1,\n\"everything\": {\n\"policy\": 2\n}}", "f:3:", "text"},
      {"{\"dsmkit-settings\": 1,\n\"everything\": {\n\"speed\": \"x\"\n}}", "f:3:", "\"speed\""},
      {"{\"dsmkit-settings\": 1,\n\"something\": 1}", "f:2:", "\"something\""},
      {"{\"dsmkit-settings\": 1,\n\"everything\": 1}", "f:2:", "belong"},
      {"{\"dsmkit-settings\": 1,\n\"hardware\": {\"a\": 1}}", "f:2:", "belong"},
      {"{\"dsmkit-settings\": 1,\n\"hardware\": {\n\"1234567890123456789012345\": {\n"
       "\"policy\": \"round-robin\"}}}",
       "f:4:", "24"},
      {"{\"dsmkit-settings\": 1,\n\"luns\": {\"x\": {\"paths\": {\"p\": 1}}}}", "f:2:", "belong"},
      {"{\"dsmkit-settings\": 1,\n\"luns\": {\"x\": {\"paths\": {\"p\": {\"weight\":\n-1}}}}}",
       "f:3:", "whole number"},
      {"{\"dsmkit-settings\": 1,\n\"luns\": {\"x\": {\"paths\": {\"p\": "
       "{\"weight\":\n4294967296}}}}}",
       "f:3:", "whole number"},
      {"{\"dsmkit-settings\": 1,\n\"luns\": {\"x\": {\"paths\": {\"p\": {\"weight\":\n1.5}}}}}",
       "f:3:", "whole number"},
      {"{\"dsmkit-settings\": 1,\n\"luns\": {\"x\": {\"paths\": {\"p\": {\"desire\":\n\"AO\"}}}}}",
       "f:3:", "\"standby\""},
      {"{\"dsmkit-settings\": 1,\n\"luns\": {\"x\": {\"paths\": {\"p\": {\"colour\": 1}}}}}",
       "f:2:", "\"colour\""},
      {"{\"dsmkit-settings\": 1,\n\"luns\": {\"x\": {\"paths\": {\"p\": {\"q\": {\"r\": 1}}}}}}",
       "f:2:", "deep"},
      {"{\"dsmkit-settings\": 1,\n\"luns\": {\"x\": {}, \"x\": {}}}", "f:2:", "twice"},
      {"{\"dsmkit-settings\": 1,\n\"luns\": {\"\": {}}}", "f:2:", "name"},
      {"{\"dsmkit-settings\": 1,\n\"everything\": {\"preferred\": \"p\"}}",
       "f:2:", "fail-over-only"},
      {"{\"dsmkit-settings\": 1,\n\"luns\": {\"x\": {\"policy\": \"round-robin\", \"preferred\": "
       "\"p\"}}}",
       "f:2:", "fail-over-only"},
  };
  for (const Bad& bad : cases) {
    const ParsedSettings parsed = parse_settings(bad.text, "f");
    EXPECT_TRUE(parsed.error.starts_with(bad.place)) << bad.text << "\n-> " << parsed.error;
    EXPECT_NE(parsed.error.find(bad.about), std::string::npos)
        << bad.text << "\n-> " << parsed.error;
    EXPECT_EQ(parsed.error.find('\n'), std::string::npos);
    EXPECT_EQ(parsed.settings, mpio::Settings{}) << "all or nothing: " << bad.text;
    EXPECT_FALSE(parsed.newer);
  }
}

TEST(SettingsText, ANewerVersionIsRefusedAsSuch) {
  const ParsedSettings parsed =
      parse_settings("{\"dsmkit-settings\": 2,\n\"colours\": {\"a\": true}}", "f");
  EXPECT_TRUE(parsed.newer);
  EXPECT_NE(parsed.error.find("version 2"), std::string::npos) << parsed.error;
}

// Cut anywhere, a file is an error, and never settings that nobody has made.
TEST(SettingsText, ACutFileIsNoSettings) {
  const std::string whole = settings_text(everything_there_is());
  for (size_t size = 0; size + 2 < whole.size(); ++size) {
    EXPECT_NE(parse_settings(whole.substr(0, size), "f").error, "") << size;
  }
}

}  // namespace
}  // namespace cli
