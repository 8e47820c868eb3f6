// Keys and names, which must outlive everything that a restart may change; and the levels' changes.
#include "mpio/settings.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "scsi/designator.h"

namespace mpio {
namespace {

using enum dsm::PolicyId;

dsm::Identity identity(uint8_t type, uint8_t code_set, std::string_view bytes) {
  dsm::Identity made{
      .type = type, .code_set = code_set, .size = static_cast<uint16_t>(bytes.size())};
  std::copy(bytes.begin(), bytes.end(), made.bytes.begin());
  return made;
}

TEST(LunKey, SaysWhatKindOfNameItIs) {
  EXPECT_EQ(lun_key(identity(3, 1, "\x60\x01\xff")), "naa.6001ff");
  EXPECT_EQ(lun_key(identity(2, 1, "\x01\x02")), "eui.0102");
  EXPECT_EQ(lun_key(identity(1, 2, "DSMKIT  disk 7")), "t10.DSMKIT  disk 7");
  EXPECT_EQ(lun_key(identity(8, 3, "iqn.x,L,0")), "name.iqn.x,L,0");
  EXPECT_EQ(lun_key(identity(dsm::kSerialIdentity, 2, "V P S")), "serial.V P S");
}

TEST(LunKey, DiffersWhereIdentitiesDiffer) {
  std::set<std::string> keys;
  size_t count = 0;
  for (const unsigned type : {0U, 1U, 2U, 3U, 4U, 8U, 0x80U}) {
    for (const unsigned code_set : {0U, 1U, 2U, 3U}) {
      for (const std::string_view bytes : {"ab", "6162", "a\x01", "6101", "a\xff", "ab "}) {
        keys.insert(
            lun_key(identity(static_cast<uint8_t>(type), static_cast<uint8_t>(code_set), bytes)));
        ++count;
      }
    }
  }
  EXPECT_EQ(keys.size(), count);
}

dsm::ClaimResult claim_of_port(uint16_t port) {
  dsm::ClaimResult claim;
  claim.has_port = true;
  claim.relative_target_port = port;
  return claim;
}

const PathPorts kPorts{"iqn.i", "iqn.t", "10.0.0.1:3260"};

TEST(PathNames, FollowTheTargetPortAndNotItsAddress) {
  const PathPorts moved{"iqn.i", "iqn.t", "10.9.9.9:860"};
  EXPECT_EQ(path_names(kPorts, claim_of_port(2), "x").by_port, "iqn.i+iqn.t,port-2");
  EXPECT_EQ(path_names(moved, claim_of_port(2), "x").by_port, "iqn.i+iqn.t,port-2");
  EXPECT_NE(path_names(kPorts, claim_of_port(3), "x").by_port, "iqn.i+iqn.t,port-2");
}

// What a transport does not tell of the target's port, page 83h may.
TEST(PathNames, TakeTheTargetPortFromTheIdentificationPage) {
  const auto target_of = [](std::vector<scsi::Designator> designators) {
    std::vector<uint8_t> page(256);
    scsi::DesignatorPageWriter writer(page);
    for (const scsi::Designator& designator : designators) {
      writer.add(designator);
    }
    page.resize(writer.finish());
    PathPorts ports{"adapter0", "", "scsi-0:0"};
    add_target_port_name(ports, page);
    return ports.target;
  };
  const std::vector<uint8_t> lun = {0x60, 0, 0, 0, 0, 0, 0, 1};
  const std::vector<uint8_t> port = {0x50, 0, 0, 0, 0, 0, 0, 2};
  const std::vector<uint8_t> text = {'2', '1', ',', 't', '\0', '\0', '\0', '\0'};
  const scsi::Designator of_lun{
      .code_set = scsi::CodeSet::binary, .type = scsi::DesignatorType::naa, .bytes = lun};
  const scsi::Designator of_port{.code_set = scsi::CodeSet::binary,
                                 .association = scsi::Association::target_port,
                                 .type = scsi::DesignatorType::naa,
                                 .bytes = port};
  const scsi::Designator as_text{.code_set = scsi::CodeSet::utf8,
                                 .association = scsi::Association::target_port,
                                 .type = scsi::DesignatorType::scsi_name,
                                 .bytes = text};
  EXPECT_EQ(target_of({of_lun, as_text, of_port}), "naa.5000000000000002");
  EXPECT_EQ(target_of({of_lun, as_text}), "21,t");
  EXPECT_EQ(target_of({of_lun}), "scsi-0:0");
  EXPECT_EQ(target_of({}), "scsi-0:0");
}

TEST(PathNames, HaveTheAddressWhereNothingElseIsKnown) {
  const PathNames names = path_names(kPorts, {}, "x");
  EXPECT_EQ(names.by_port, "");
  EXPECT_EQ(names.by_portal, "iqn.i+iqn.t,10.0.0.1:3260");
  EXPECT_EQ(path_names({}, claim_of_port(2), "x").by_portal, "x");
}

TEST(PathNames, TwoPortalsOfOnePortAreToldApartOnlyWhereTheyMeet) {
  Settings settings;
  const PathNames names = path_names(kPorts, claim_of_port(2), "x");
  EXPECT_EQ(name_to_store(settings, "lun", names, false), names.by_port);
  EXPECT_EQ(name_to_store(settings, "lun", names, true), names.by_portal);
  set_path(settings, "lun", names.by_port, {.weight = 1});
  EXPECT_EQ(path_settings(settings, "lun", names).weight, 1U);
  set_path(settings, "lun", names.by_portal, {.weight = 0});
  EXPECT_EQ(path_settings(settings, "lun", names).weight, 0U)
      << "the narrower one, even if it is 0";
  EXPECT_EQ(name_to_store(settings, "lun", names, false), names.by_portal) << "where it stands";
  EXPECT_EQ(path_settings(settings, "other", names).weight, 0U);
}

TEST(Settings, ThePolicyOfALunComesFromItsLevels) {
  Settings settings;
  constexpr std::string_view kModel = "DSMKIT  ARRAY           ";
  const auto now = [&](dsm::PolicyId run = none) {
    return policy_in_force(settings, run, "lun", kModel);
  };
  EXPECT_EQ(now().origin, dsm::SettingsOrigin::capability);
  set_policy(settings, {Scope::everything, ""}, {least_blocks, ""});
  EXPECT_EQ(now().policy, least_blocks);
  set_policy(settings, {Scope::hardware, "dsmkit  array"}, {least_queue_depth, ""});
  EXPECT_EQ(now().policy, least_queue_depth);
  set_policy(settings, {Scope::lun, "lun"}, {fail_over_only, "p"});
  EXPECT_EQ(now().policy, fail_over_only);
  EXPECT_EQ(now().preferred, "p");
  EXPECT_EQ(now(weighted_paths).origin, dsm::SettingsOrigin::run);
  set_policy(settings, {Scope::lun, "lun"}, {});
  EXPECT_EQ(now().policy, least_queue_depth);
  set_policy(settings, {Scope::hardware, "DSMKIT  ARRAY "}, {});
  EXPECT_EQ(now().policy, least_blocks) << "the same make of device in other letters";
  set_policy(settings, {Scope::everything, ""}, {});
  EXPECT_EQ(settings, Settings{});
}

TEST(Settings, AMakeOfDeviceStandsThereOnce) {
  Settings settings;
  set_policy(settings, {Scope::hardware, "DSMKIT"}, {least_blocks, ""});
  set_policy(settings, {Scope::hardware, "dsmkit  "}, {weighted_paths, ""});
  ASSERT_EQ(settings.hardware.size(), 1U);
  EXPECT_EQ(settings.hardware["dsmkit"].policy, weighted_paths);
  set_policy(settings, {Scope::hardware, "DSMKIT  A"}, {least_blocks, ""});
  EXPECT_EQ(settings.hardware.size(), 2U);
}

TEST(Settings, ClearingALunsPolicyKeepsTheWeightsOfItsPaths) {
  Settings settings;
  set_policy(settings, {Scope::lun, "lun"}, {round_robin_subset, ""});
  set_path(settings, "lun", "p", {.weight = 5, .desire = dsm::Desire::standby});
  set_policy(settings, {Scope::lun, "lun"}, {weighted_paths, ""});
  EXPECT_EQ(settings.luns["lun"].paths["p"].desire, dsm::Desire::standby) << "another policy: kept";
  set_policy(settings, {Scope::lun, "lun"}, {});
  EXPECT_EQ(settings.luns["lun"].paths["p"], (StoredPath{.weight = 5}));
}

TEST(Settings, RestoreUndoesWhatWasChangedAndNothingElse) {
  Settings before;
  set_policy(before, {Scope::hardware, "DSMKIT"}, {least_blocks, ""});
  set_path(before, "lun", "p", {.weight = 5});
  const auto check = [&](const ScopeOf& whom) {
    Settings now = before;
    set_policy(now, whom, {weighted_paths, ""});
    ASSERT_NE(now, before);
    Settings wanted = before;
    if (whom.scope != Scope::everything) {
      set_policy(now, {Scope::everything, ""}, {least_queue_depth, ""});  // by somebody else
      wanted.everything = now.everything;
    }
    restore(now, whom, before);
    EXPECT_EQ(now, wanted);
  };
  check({Scope::everything, ""});
  check({Scope::hardware, "dsmkit"});
  check({Scope::hardware, "other"});
  check({Scope::lun, "lun"});
  check({Scope::lun, "another"});
}

TEST(HardwareId, IsChecked) {
  EXPECT_EQ(check_hardware_id("DSMKIT  ARRAY"), "");
  for (const std::string_view bad : {"", "   ", "1234567890123456789012345", "a\nb", "\xc3\xa4"}) {
    EXPECT_NE(check_hardware_id(bad), "") << bad;
  }
}

}  // namespace
}  // namespace mpio
