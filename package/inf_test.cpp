// The INF that is made of a profile: nothing is found in it, and it says what the profile says.
#include "package/inf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "dsm/claim.h"
#include "inf/device_lists.h"
#include "inf/index.h"
#include "inf/read.h"
#include "inf/strings.h"
#include "inf/testing/good_package.h"
#include "package/wmi_access.h"
#include "profile/identity.h"
#include "profile/parse.h"
#include "profile/testing/sample.h"

namespace package {
namespace {

constexpr inf::Date kDate = {2026, 11, 26};
constexpr InfLayout kLayouts[] = {InfLayout::modern, InfLayout::classic};

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file);
  EXPECT_TRUE(in) << file;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

const std::filesystem::path kRoot = DSMKIT_SOURCE_DIR;

// The findings, and the entries of both lists.
void expect_good(const profile::Profile& profile, InfLayout layout) {
  const std::string text = inf_of(profile, layout, kDate);
  const inf::Document document = inf::read_bytes(text);
  const std::vector<inf::Finding> findings = inf::check(document, expectations_of(profile));
  std::set<inf::Rule> rules;
  for (const inf::Finding& finding : findings) {
    rules.insert(finding.rule);
  }
  // What the classic layout is: notes.
  const std::set<inf::Rule> expected =
      layout == InfLayout::modern
          ? std::set<inf::Rule>()
          : std::set<inf::Rule>{inf::Rule::files_directory, inf::Rule::registry_global};
  EXPECT_EQ(rules, expected) << inf::testing::text_of(findings);
  std::vector<std::string> own;
  std::vector<std::string> mpio;
  for (const inf::ListedDevice& device : inf::listed_devices(document)) {
    (device.list == inf::DeviceList::of_module ? own : mpio).push_back(device.entry);
  }
  std::vector<std::string> wanted;
  for (const profile::Device& device : profile.devices) {
    wanted.push_back(device.id);
  }
  EXPECT_EQ(own, wanted);
  EXPECT_EQ(mpio, layout == InfLayout::modern ? std::vector<std::string>() : wanted);
}

TEST(Inf, OfEachExampleHasNothingToBeFound) {
  unsigned count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kRoot / "vendors")) {
    SCOPED_TRACE(entry.path().string());
    profile::Parsed parsed = profile::parse_profile(content(entry.path()), "f");
    ASSERT_TRUE(parsed.profile.has_value());
    for (const InfLayout layout : kLayouts) {
      expect_good(*parsed.profile, layout);
    }
    ++count;
  }
  EXPECT_GE(count, 4U);
}

// Visual Studio's project stamps it with a date of its own.
TEST(Inf, OfMyDsmIsTheOneBesideTheProjectForWindows) {
  const profile::Parsed parsed =
      profile::parse_profile(content(kRoot / "vendors/mydsm.toml"), "mydsm.toml");
  ASSERT_TRUE(parsed.profile.has_value());
  EXPECT_EQ(content(kRoot / "windows/mydsm.inf"), inf_of(*parsed.profile, InfLayout::modern, kDate))
      << "make it anew: build/dev/dsmkit inf new vendors/mydsm.toml --date 2026-11-26 -o "
         "windows/mydsm.inf";
}

// Whatever a profile may have in its names stands in the INF as it is.
TEST(Inf, OddNamesAreTakenAsTheyAre) {
  const std::string company = R"(A "B", 100% ;[x] %C% Ltd.\)";
  const std::string text = "[names]\nvendor = \"Odd\"\nproduct = '" + company + "'\ncompany = '" +
                           company +
                           "'\nservice = \"o-d_d\"\nversion = \"1.02.3.65535\"\n"
                           "[driver]\ndisplay_name = 'Odd \\'\nbinary = \"other.sys\"\n"
                           "[[device]]\nvendor = 'A%B%'\nproduct = '50% \";,='\n"
                           "[[device]]\nvendor = '\"\"'\nproduct_prefix = 'ENDS\\'\n"
                           "[[device]]\nvendor = \"BLANKS\"\nproduct_prefix = \"RAID 5 \"\n"
                           "[[device]]\nvendor = \"MERIDIAN\"\nproduct_prefix = \"[M\"\n";
  profile::Parsed parsed = profile::parse_profile(text, "f");
  ASSERT_TRUE(parsed.profile.has_value()) << profile::text_of(parsed.mistakes.list()[0], "f");
  for (const InfLayout layout : kLayouts) {
    expect_good(*parsed.profile, layout);
    const inf::Document document = inf::read_bytes(inf_of(*parsed.profile, layout, kDate));
    const inf::Index index(document);
    const inf::Strings strings(index);
    const auto value = [&](const char* section, const char* name) {
      return strings.replaced(index.find(section, name)->value(0).text);
    };
    EXPECT_EQ(value("Version", "Provider"), company);
    EXPECT_EQ(value("Version", "CatalogFile"), "other.cat");
    EXPECT_EQ(index.find("Version", "DriverVer")->value(1).text, "1.2.3.65535");
    const bool modern = layout == InfLayout::modern;
    EXPECT_EQ(value(modern ? "o-d_d_Service_arm64" : "o-d_d_service", "DisplayName"), "Odd \\");
    EXPECT_EQ(value(modern ? "o-d_d_Service_arm64" : "o-d_d_service", "ServiceBinary"),
              modern ? "%13%\\arm64\\other.sys" : "%12%\\other.sys");
  }
}

TEST(Inf, IsTheSameForTheSameDate) {
  const profile::Profile profile = profile::testing::profile_of(profile::testing::sample());
  for (const InfLayout layout : kLayouts) {
    const std::string text = inf_of(profile, layout, kDate);
    EXPECT_EQ(text, inf_of(profile, layout, kDate));
    EXPECT_NE(text.find("DriverVer   = 11/26/2026,1.2.3.4\r\n"), std::string::npos) << text;
    EXPECT_NE(text, inf_of(profile, layout, {2026, 11, 27}));
    EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) {
      return (c >= ' ' && c <= '~') || c == '\r' || c == '\n';
    }));
  }
}

TEST(Inf, HasTheParametersThatTheProfileDecides) {
  const auto lines = [](const std::string& policy) {
    const profile::Profile profile =
        profile::testing::profile_of(profile::testing::sample("[policy]\n" + policy));
    return inf_of(profile, InfLayout::modern, kDate);
  };
  EXPECT_EQ(lines("").find("HKR,Parameters,DsmUseCache"), std::string::npos);
  EXPECT_EQ(lines("").find("HKR,Parameters,DsmCacheSize"), std::string::npos);
  EXPECT_NE(lines("least_blocks_sequential = false\n")
                .find("\r\nHKR,Parameters,DsmUseCacheForLeastBlocks,%REG_BINARY%,00\r\n"),
            std::string::npos);
  EXPECT_NE(lines("least_blocks_sequential_bytes = 2_097_152\n")
                .find("\r\nHKR,Parameters,DsmCacheSizeForLeastBlocks,%REG_BINARY%,"
                      "00,00,20,00,00,00,00,00\r\n"),
            std::string::npos);
}

// The names under which the driver looks for them.
TEST(Inf, NamesParametersAsTheDriverDoes) {
  const std::string names = content(kRoot / "windows/driver/settings/value_names.h");
  const std::string text =
      inf_of(profile::testing::profile_of(profile::testing::sample()), InfLayout::modern, kDate);
  for (const char* const name :
       {"DsmSupportedDeviceList", "DsmDisableStatistics", "DsmMaximumStateTransitionTime",
        "DsmUseCacheForLeastBlocks", "DsmCacheSizeForLeastBlocks"}) {
    EXPECT_NE(names.find("\"" + std::string(name) + "\""), std::string::npos) << name;
    EXPECT_NE(text.find(name), std::string::npos) << name;
  }
}

// Each section that the documentation of Microsoft's sample shows.
TEST(Inf, TheClassicLayoutHasTheSectionsOfTheSample) {
  const inf::Document document = inf::read_bytes(
      inf_of(profile::testing::profile_of(profile::testing::sample()), InfLayout::classic, kDate));
  const inf::Index index(document);
  for (const char* const section :
       {"Version", "DestinationDirs", "Manufacturer", "std_mfg.NTamd64", "std_mfg.NTarm64",
        "exampledsm_install", "exampledsm_install.Services", "exampledsm_service",
        "exampledsm_addreg", "Strings", "SourceDisksNames", "SourceDisksFiles"}) {
    EXPECT_TRUE(index.has(section)) << section;
    EXPECT_FALSE(index.lines_of(section).empty()) << section;
  }
  for (const char* const name : {"VNDR", "std_mfg", "exampledsm_devicedesc", "exampledsm_desc"}) {
    EXPECT_NE(index.find("Strings", name), nullptr) << name;
  }
}

// The modern one writes below the driver's own keys only.
TEST(Inf, TheModernLayoutHasNothingBelowHklm) {
  const std::string text =
      inf_of(profile::testing::profile_of(profile::testing::sample()), InfLayout::modern, kDate);
  EXPECT_EQ(text.find("HKLM"), std::string::npos);
  const inf::Document document = inf::read_bytes(text);
  const inf::Index index(document);
  for (const char* const machine : {"NTamd64", "NTarm64"}) {
    const std::string install = "exampledsm_Install." + std::string(machine);
    EXPECT_TRUE(index.has("exampledsm_Models." + std::string(machine) + ".10.0...16299"));
    EXPECT_EQ(index.lines_of(install + ".WMI").size(), 6U);
    EXPECT_TRUE(index.has(install + ".Services"));
  }
}

// Each class its own rights, on both machines.
TEST(Inf, TheModernLayoutGivesEachClassItsRights) {
  const profile::Profile profile = profile::testing::profile_of(profile::testing::sample());
  const profile::Identity identity = profile::identity_of(profile);
  const inf::Document document = inf::read_bytes(inf_of(profile, InfLayout::modern, kDate));
  const inf::Index index(document);
  for (const char* const section :
       {"exampledsm_Install.NTamd64.WMI", "exampledsm_Install.NTarm64.WMI"}) {
    size_t at = 0;
    for (size_t i = 0; i < profile::kWmiClassCount; ++i) {
      if (access_of(i) == WmiAccess::part) {
        continue;
      }
      const inf::Line& line = *index.lines_of(section).at(at++);
      EXPECT_EQ(line.value(0).text, "{" + profile::guid_text(identity.class_guids[i]) + "}");
      EXPECT_EQ(index.find(line.value(2).text, "Security")->value(0).text,
                inf::sddl_of(descriptor_of(access_of(i))));
    }
  }
}

}  // namespace
}  // namespace package
