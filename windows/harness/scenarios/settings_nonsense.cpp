// Settings that make no sense are not set, and are told: as an event and as a message, with the key
// in which they stand.
#include <algorithm>

#include "windows/driver/trace_provider.h"
#include "windows/harness/administrator.h"
#include "windows/harness/etw.h"
#include "windows/harness/scenarios/observe.h"
#include "windows/harness/scenarios/stored.h"

namespace harness {
namespace {

const std::u16string kPolicyValue = u"DsmLoadBalancePolicy";

bool reported(const std::string& text) {
  return std::any_of(machine().messages.begin(), machine().messages.end(),
                     [&](const std::string& said) { return said.find(text) != said.npos; });
}

std::string ascii(const std::u16string& text) {
  return {text.begin(), text.end()};
}

// Told as an event and as a message. `below`: the key, below Parameters.
void expect_ignored(const std::string& below, const std::string& name, const std::string& why,
                    ULONG type, size_t bytes) {
  expect_event("SettingIgnored", {{"Key", ascii(Scene::parameters()) + below},
                                  {"Name", name},
                                  {"Why", why},
                                  {"Type", std::to_string(type)},
                                  {"Bytes", std::to_string(bytes)}});
  expect(reported(name + " " + why), name + " is told in the kernel's messages");
}
constexpr char kOfAnotherKind[] = "is not of the type and size that it must have";
constexpr char kOutOfRange[] = "is out of range";

void forget_what_was_told() {
  machine().messages.clear();
  etw().want(TRACE_LEVEL_WARNING, driver::keyword::kSettings);
  etw().forget();
}

void nonsense(const std::string& driver) {
  Scene scene(driver);
  set_value(kPolicyValue, REG_DWORD, uint32_t{6});
  for (const uint32_t policy : {0U, 8U, 99U, 256U, 258U, UINT32_MAX}) {
    forget_what_was_told();
    set_value(u"DsmTargetsLoadBalanceSetting\\DSMKIT\\" + kPolicyValue, REG_DWORD, policy);
    expect_equal(policy_at_arrival(scene), 6U, "a level that says nonsense says nothing");
    expect_ignored("\\DsmTargetsLoadBalanceSetting\\DSMKIT", "DsmLoadBalancePolicy",
                   policy == 0 || policy > 255 ? kOutOfRange : "is the number of no policy",
                   REG_DWORD, sizeof(policy));
  }
  machine().registry.remove_tree(Scene::parameters() + u"\\DsmTargetsLoadBalanceSetting");
  forget_what_was_told();
  set_value(kPolicyValue, REG_BINARY, uint32_t{6});
  expect_equal(policy_at_arrival(scene), 2U, "a policy of another type");
  expect_ignored("", "DsmLoadBalancePolicy", kOfAnotherKind, REG_BINARY, sizeof(uint32_t));
  forget_what_was_told();
  set_value(kPolicyValue, REG_DWORD, uint64_t{6});
  expect_equal(policy_at_arrival(scene), 2U, "a policy of another size");
  expect_ignored("", "DsmLoadBalancePolicy", kOfAnotherKind, REG_DWORD, sizeof(uint64_t));
  set_value(kPolicyValue, REG_DWORD, uint8_t{6});
  expect_equal(policy_at_arrival(scene), 2U, "a policy that is cut");
  expect_ignored("", "DsmLoadBalancePolicy", kOfAnotherKind, REG_DWORD, sizeof(uint8_t));
}

void nonsense_options(const std::string& driver) {
  Scene scene(driver);
  set_value(u"DsmDisableStatistics", REG_BINARY, uint8_t{1});
  set_value(u"DsmMaximumStateTransitionTime", REG_DWORD, uint32_t{1'000'000});
  set_value(u"DsmUseCacheForLeastBlocks", REG_BINARY, uint32_t{0});
  set_value(u"DsmCacheSizeForLeastBlocks", REG_BINARY, uint64_t{1} << 40);
  forget_what_was_told();
  expect_equal(policy_at_arrival(scene), 2U, "it works without");
  expect_ignored("", "DsmDisableStatistics", kOfAnotherKind, REG_BINARY, 1);
  expect_ignored("", "DsmMaximumStateTransitionTime", kOutOfRange, REG_DWORD, 4);
  expect_ignored("", "DsmUseCacheForLeastBlocks", kOfAnotherKind, REG_BINARY, 4);
  expect_ignored("", "DsmCacheSizeForLeastBlocks", kOutOfRange, REG_BINARY, 8);
}

// Of a LUN and of its paths: which LUN, and which path.
void nonsense_of_a_lun(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  PolicyV2 policy = Administrator(scene).policy();
  policy.head.LoadBalancePolicy = kWeightedPaths;
  policy.paths[1].PathWeight = 7;
  expect_equal(Administrator(scene).set(policy), STATUS_SUCCESS, "weights");
  scene.unload();
  const std::u16string lun = lun_key();
  const auto read_again = [&] {
    forget_what_was_told();
    policy_at_arrival(scene);
  };
  const auto told = [&](const std::string& name, const std::string& why) {
    const TracedEvent* const event = etw().find("SettingIgnored", {{"Name", name}, {"Why", why}});
    expect(event != nullptr, name + " " + why + " is told");
    return event->fields.at("Key");
  };
  machine().registry[lun + u"\\DsmPendingSettings"] = {REG_BINARY, {1, 2, 3}};
  read_again();
  const std::string key = told("DsmPendingSettings", "makes no sense");
  expect(key.size() == lun.size() && key.find("\\DsmLoadBalanceSettings\\") != key.npos,
         "the key that is named is the LUN's");
  machine().registry.remove_tree(lun + u"\\DsmPendingSettings");
  const std::u16string path = path_keys().at(0);
  machine().registry[path + u"\\DsmPathWeight"] = {REG_BINARY, {1}};
  read_again();
  expect(told("DsmPathWeight", kOfAnotherKind).find(key + "\\DSMPath#") == 0,
         "the key that is named is the path's");
  machine().registry.make_key(lun + u"\\DSMPath#");
  machine().registry.deny(path);
  read_again();
  expect_text(told("DSMPath#", "stands among the paths and is none"), key, "the key above it");
  const std::string digits = ascii(path.substr(path.rfind(u'#') + 1));
  expect_text(told("DSMPath#" + digits, "cannot be opened"), key,
              "the key above the one that cannot be opened");
  machine().registry.deny(lun);
  read_again();
  told(key.substr(key.rfind('\\') + 1), "cannot be opened");
  machine().registry.deny({});
  constexpr unsigned kMostPaths = 64;
  for (unsigned i = 0; i <= kMostPaths; ++i) {
    std::u16string number = u"00000000000000FF";
    number[0] = static_cast<char16_t>(u'0' + i / 10);
    number[1] = static_cast<char16_t>(u'0' + i % 10);
    machine().registry.make_key(lun + u"\\DSMPath#" + number);
  }
  read_again();
  expect(etw().find("SettingIgnored", {{"Why", "and what follows are more paths than are read"}}) !=
             nullptr,
         "more paths than are read are told");
}

void nonsense_of_makes(const std::string& driver) {
  Scene scene(driver);
  const std::u16string makes = u"DsmTargetsLoadBalanceSetting\\";
  constexpr unsigned kMostMakes = 128;
  for (unsigned i = 0; i < kMostMakes; ++i) {
    const std::string number = std::to_string(i);
    set_value(makes + u"MAKE" + std::u16string(number.begin(), number.end()) + u"\\" + kPolicyValue,
              REG_DWORD, uint32_t{4});
  }
  forget_what_was_told();
  policy_at_arrival(scene);
  expect_equal(etw().count("SettingIgnored"), 0U, "as many makes as are read");
  set_value(makes + u"ZULU\\" + kPolicyValue, REG_DWORD, uint32_t{4});
  machine().registry.make_key(Scene::parameters() + u"\\" + makes + u"A MAKE WITH A NAME TOO LONG");
  forget_what_was_told();
  policy_at_arrival(scene);
  expect_event("SettingIgnored", {{"Name", "A MAKE WITH A NAME TOO LONG"},
                                  {"Why", "stands among the hardware ids and is none"}});
  expect_event("SettingIgnored",
               {{"Name", "ZULU"}, {"Why", "and what follows are more makes than are read"}});
  machine().registry.deny(Scene::parameters() + u"\\DsmTargetsLoadBalanceSetting");
  forget_what_was_told();
  policy_at_arrival(scene);
  expect_event("SettingIgnored",
               {{"Name", "DsmTargetsLoadBalanceSetting"}, {"Why", "cannot be opened"}});
  machine().registry.deny({});
}

// The list of devices: what is left out of it, and what can match nothing, is told.
void nonsense_list(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  constexpr uint32_t kOneText = 1;  // REG_SZ
  const auto must_tell = [&](const char* why, bool is_claimed) {
    forget_what_was_told();
    const bool claimed = scene.mpio.arrive(scene.device(0));
    expect(claimed == is_claimed, std::string(why) + ": claimed or not");
    const Registry::Value& list =
        *machine().registry.find(Scene::parameters() + u"\\DsmSupportedDeviceList");
    expect_ignored("", "DsmSupportedDeviceList", why, list.type, list.bytes.size());
    if (claimed) {
      scene.mpio.remove(scene.device(0), true);
    }
  };
  Registry::Value& list = machine().registry[Scene::parameters() + u"\\DsmSupportedDeviceList"];
  list.type = kOneText;
  must_tell("is no list of texts", false);
  scene.support(std::vector<std::u16string>(700, u"SOMEBODY"));
  must_tell("has more entries than are read", false);
  scene.support(std::vector<std::u16string>(2000, u"SOMEBODY"));
  must_tell("is longer than is read", false);
  scene.support({u"DSMKIT", u"A TEXT OF MORE THAN 24 CHARACTERS"});
  must_tell("has an entry that is no vendor and product in ASCII", true);
  scene.support({u"\u00c4BC", u"DSMKIT"});
  must_tell("has an entry that is no vendor and product in ASCII", true);
  scene.support({u"DSMKIT", u"DSMKIT"});
  list.bytes.resize(list.bytes.size() - 4);  // the last two zeros
  must_tell("has a last entry without a zero at its end", true);
  scene.support(std::vector<std::u16string>(256, u"DSMKIT"));
  forget_what_was_told();
  scene.arrive(1);
  expect(machine().messages.empty() && etw().writes() == 0, "nothing is wrong with 256 entries");
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"settings/nonsense", nonsense},
    {"settings/nonsense-options", nonsense_options},
    {"settings/nonsense-of-a-lun", nonsense_of_a_lun},
    {"settings/nonsense-of-makes", nonsense_of_makes},
    {"settings/nonsense-list", nonsense_list},
};

}  // namespace

std::span<const Scenario> settings_nonsense_scenarios() {
  return kScenarios;
}

}  // namespace harness
