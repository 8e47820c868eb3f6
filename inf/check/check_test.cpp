#include "inf/check/check.h"

#include <gtest/gtest.h>

#include <set>

#include "inf/markdown.h"
#include "inf/read.h"
#include "inf/testing/good_package.h"

namespace inf {
namespace {

using testing::faults;
using testing::good_package;
using testing::line_of;
using testing::replaced;

const std::string& kGood = good_package();

std::string text_of(const std::vector<Finding>& findings) {
  return testing::text_of(findings);
}

TEST(Check, AGoodPackageIsClean) {
  EXPECT_EQ(text_of(faults(kGood, {{"04517F7E-92bb-4ebe-aed0-54339fa5f544"}, "1.2.3.4"})), "");
  const std::vector<Finding> all = check(read(kGood));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].rule, Rule::registry_global);
}

TEST(Check, ANameThatBeginsLikeAPlaceholderIsNone) {
  EXPECT_EQ(text_of(faults(replaced(kGood, "VENDOR = \"Acme\"", "VENDOR = \"Todorov Storage\""))),
            "");
  EXPECT_EQ(faults(replaced(kGood, "VENDOR = \"Acme\"",
                            "VENDOR = \"a To"
                            "Do-list\""))
                .size(),
            1U);
}

// What is changed, and the only finding that it leads to (beside notes, unless it is one), where.
struct Change {
  const char* from;
  const char* to;
  Rule rule;
  const char* at;  // in the line of the finding; null: line 1
};
class CheckChange : public ::testing::TestWithParam<Change> {};

TEST_P(CheckChange, IsFoundAndNothingElse) {
  const Change& change = GetParam();
  const std::string text = replaced(kGood, change.from, change.to);
  std::vector<Finding> findings =
      text_of(change.rule).level == Level::note ? check(read_bytes(text)) : faults(text);
  if (change.rule != Rule::registry_global) {
    std::erase_if(findings, [](const Finding& each) { return each.rule == Rule::registry_global; });
  }
  ASSERT_EQ(findings.size(), 1u) << text_of(findings);
  EXPECT_EQ(text_of(findings[0].rule).id, text_of(change.rule).id) << text_of(findings);
  EXPECT_EQ(findings[0].place.line, change.at == nullptr ? 1u : line_of(text, change.at))
      << text_of(findings);
}

const char kSecondDevice[] =
    "HKLM,SYSTEM\\CurrentControlSet\\Control\\MPDEV,MPIOSupportedDeviceList,0x00010008,\"ACME    "
    "BOX_\"";

const Change kChanges[] = {
    {"[Strings]", "[Strings", Rule::syntax_section, "[Strings"},
    {"[Version]", "a = b\n[Version]", Rule::syntax_outside, "a = b"},
    {"DEVICE = \"Acme DSM\"", "DEVICE = \"Acme DSM", Rule::syntax_quote, "DEVICE = \"Acme DSM"},
    {"ASSOCIATED = 2\n", "ASSOCIATED = 2 \\", Rule::syntax_continuation, "ASSOCIATED = 2 \\"},
    {"[Acme_AddReg]", "[Acme_Service]\nDescription = d\n[Acme_AddReg]", Rule::section_duplicate,
     "[Acme_Service]\nDescription"},
    {"AddReg         = Acme_AddReg", "AddReg = Acme_AddReg,Acme_More", Rule::section_dangling,
     "Acme_More"},
    {"[Strings]", "[Acme_More]\na = b\n[Strings]", Rule::section_unused, "[Acme_More]"},
    {"ServiceType ", "Type = 1\nServiceType ", Rule::section_line, "Type = 1"},
    {"AddService =", "AddServices = a\nAddService =", Rule::section_line, "AddServices"},
    {"DISK = \"Acme disk\"\n", "", Rule::string_undefined, "%DISK%"},
    {"ASSOCIATED = 2\n", "ASSOCIATED = 2\nmore = 1\n", Rule::string_unused, "more"},
    {"ASSOCIATED = 2\n", "ASSOCIATED = 2\nassociated = 2\n", Rule::string_duplicate, "associated"},
    {"\"Acme disk\"", "\"<Your disk>\"", Rule::name_placeholder, "<Your"},
    {"\"Acme disk\"", "\"better than msdsm\"", Rule::name_reserved, "msdsm"},
    {"$WINDOWS NT$", "$Windows 95$", Rule::version_signature, "Signature"},
    {"Class       = System", "Class = SCSIAdapter", Rule::version_class, "Class = "},
    {"10318", "10319", Rule::version_class, "ClassGuid"},
    {"Provider    = %VENDOR%\n", "", Rule::version_provider, "[Version]"},
    {"02/29/2024", "02/29/2023", Rule::version_driver_ver, "DriverVer"},
    {"02/29/2024", "MM/DD/YYYY", Rule::version_driver_ver, "DriverVer"},
    {",1.2.3.4", ",1.2.3", Rule::version_driver_ver, "DriverVer"},
    {",1.2.3.4", ",1.2.3.65536", Rule::version_driver_ver, "DriverVer"},
    {",1.2.3.4", "", Rule::version_driver_ver, "DriverVer"},
    {"CatalogFile = acmedsm.cat\n", "", Rule::version_catalog, "[Version]"},
    {"acmedsm.cat", "mpio.cat", Rule::version_catalog, "CatalogFile"},
    {"PnpLockdown = 1", "PnpLockdown = 0", Rule::version_pnp_lockdown, "PnpLockdown"},
    {"NTarm64.10.0...16299\n\n[Acme.NTamd64",
     "NTarm64.10.0...16299,NTx\n\n[Acme.NTx]\n%DEVICE% = Acme_Install,Root\\ACMEDSM\n[Acme.NTamd64",
     Rule::models_decoration, "NTarm64.10.0...16299,NTx"},
    {"Acme_Install, Root\\ACMEDSM", "Acme_Install, ROOT\\ACME DSM", Rule::models_hardware_id,
     "ACME DSM"},
    {"Acme_Install, Root\\ACMEDSM", "Acme_Install, PCI\\ACMEDSM", Rule::models_hardware_id, "PCI"},
    {"acmedsm.sys = 1", "other.sys = 1", Rule::files_source, "CopyFiles"},
    {"acmedsm.sys = 1", "acmedsm.sys = 2", Rule::files_disk, "acmedsm.sys = 2"},
    {"DefaultDestDir = 13", "Acme_List = 13", Rule::files_destination, "CopyFiles"},
    {"DefaultDestDir = 13", "DefaultDestDir = drivers", Rule::files_destination, "DefaultDestDir"},
    {"ASSOCIATED = 2", "ASSOCIATED = 0", Rule::service_none, "Acme_Install, Root"},
    {"ServiceType    = 1", "ServiceType = 2", Rule::service_type, "ServiceType"},
    {"StartType      = 0", "StartType = 3", Rule::service_start, "StartType"},
    {"StartType      = 0\n", "", Rule::service_start, "AddService"},
    {"ErrorControl   = 1", "ErrorControl = 3", Rule::service_error_control, "ErrorControl"},
    {"\"System Bus Extender\"", "\"Boot Bus Extender\"", Rule::service_group, "LoadOrderGroup"},
    {"%13%\\acmedsm.sys", "%12%\\acmedsm.sys", Rule::service_binary, "ServiceBinary"},
    {"%13%\\acmedsm.sys", "%13%\\other.sys", Rule::service_binary, "ServiceBinary"},
    {"%13%\\acmedsm.sys", "%13%\\x64\\acmedsm.sys", Rule::service_binary, "ServiceBinary"},
    {"acmedsm.sys = 1", "acmedsm.sys = 1,x64", Rule::files_folder, "DefaultDestDir"},
    {"%13%\\acmedsm.sys", "system32\\acmedsm.sys", Rule::service_binary, "ServiceBinary"},
    {"HKR,Parameters,Dsm", "HKX,Parameters,x,,y\nHKR,Parameters,Dsm", Rule::registry_root, "HKX"},
    {"HKR,Parameters,Dsm", "HKR,Parameters,x,\\0x00010001,y\nHKR,Parameters,Dsm",
     Rule::registry_flags, "\\0x"},
    {"HKR,Parameters,Dsm", "HKR,Parameters,x,0x00010001,y\nHKR,Parameters,Dsm", Rule::registry_data,
     ",y"},
    {"HKR,Parameters,Dsm", "HKR,Parameters,x,0x00000001,0g\nHKR,Parameters,Dsm",
     Rule::registry_data, "0g"},
    {"HKR,Parameters,Dsm", "HKR,,x,,y\nHKR,Parameters,Dsm", Rule::registry_parameters, "HKR,,x"},
    {"HKR,Parameters,Dsm", "HKR,Settings,x,,y\nHKR,Parameters,Dsm", Rule::registry_parameters,
     "HKR,Settings"},
    {"DsmSupportedDeviceList", "SupportedDeviceList", Rule::devices_none, "0x00010008"},
    {"0x00010008", "0x00010000", Rule::devices_append, "MPIOSupportedDeviceList"},
    {kSecondDevice,
     "HKLM,SYSTEM\\CurrentControlSet\\Control\\MPDEV,MPIOSupportedDeviceList,0x00010008,\"ACME    "
     "BOX_\",\"ACME    ARRAY           \"",
     Rule::devices_append, "\"ACME    BOX_\",\"ACME    ARRAY "},
    {",\"ACME    BOX_\"\n", ",\"ACME    BOX_\",\"ACME\"\n", Rule::devices_entry, "\"ACME\""},
    {"HKR,Parameters,Dsm",
     "HKLM,x,MPIOSupportedDeviceList,0x00010008,\"ACME    NEW_\"\nHKR,Parameters,Dsm",
     Rule::devices_lists_differ, "NEW_"},
    {"{04517f7e-92bb-4ebe-aed0-54339fa5f544},,Acme_Security",
     "{04517f7e-92bb-4ebe-aed0-54339fa5f544},,Acme_Securit", Rule::section_dangling,
     "WMIInterface"},
    {"(A;;0x120fff;;;SY)", "(A;;0x120fff;;SY)", Rule::wmi_descriptor, "Security = "},
    {"(A;;0x120fff;;;SY)", "(A;;0x120001;;;WD)", Rule::wmi_open, "Security = "},
    {"D:(A;;0x120fff;;;BA)(A;;0x120fff;;;SY)", "", Rule::wmi_open, "Security = "},
};

INSTANTIATE_TEST_SUITE_P(All, CheckChange, ::testing::ValuesIn(kChanges));

// Those that one change of a good package does not show.
struct Other {
  std::string text;
  Rule rule;
};
const std::vector<Other>& others() {
  static const std::vector<Other> kOthers = {
      {"\xef\xbb\xbf[Version]\nProvider = \xff\n", Rule::syntax_bytes},
      {std::string("[Version]\nProvider = a\0b\n", 25), Rule::syntax_bytes},
      {"", Rule::version_missing},
      {"[Version]\n", Rule::models_none},
      {replaced(kGood, "Acme,NTamd64.10.0...16299,NTarm64.10.0...16299", "Acme"),
       Rule::models_architecture},
      {replaced(kGood, "[Acme_Install.WMI]", "[Other.WMI]"), Rule::section_unused},
      {replaced(kGood, "WMIInterface", "Interface"), Rule::wmi_none},
      {replaced(kGood, "DefaultDestDir = 13", "DefaultDestDir = 12"), Rule::files_directory},
      {replaced(kGood, "\"ACME    BOX_\"\n", "\"ACME    A BOX\"\n"), Rule::devices_blank},
      {replaced(kGood, "\"ACME    BOX_\"\n", "\"ACME    BOX \"\n"), Rule::devices_entry},
      {replaced(kGood, "\"ACME    BOX_\"\n", "\"ACME BOX_ARRAY\"\n"), Rule::devices_blank},
      {replaced(kGood, "0x00010008", "0x00010000"), Rule::registry_global},
      {replaced(kGood, "\"ACME    BOX_\"\n", "\"ACME     BOX\"\n"), Rule::devices_entry},
      {replaced(
           kGood, "[Acme_Install.WMI]",
           "HKLM,SYSTEM\\CurrentControlSet\\Control\\WMI\\Security,x,1,01\n[Acme_Install.WMI]"),
       Rule::wmi_clobbers},
  };
  return kOthers;
}

TEST(Check, TheOtherRules) {
  for (const Other& other : others()) {
    const std::vector<Finding> findings = check(read_bytes(other.text));
    EXPECT_TRUE(
        std::any_of(findings.begin(), findings.end(),
                    [&other](const Finding& finding) { return finding.rule == other.rule; }))
        << text_of(other.rule).id << "\n"
        << text_of(findings);
  }
}

TEST(Check, EveryRuleHasBeenSeen) {
  std::set<Rule> seen;
  for (const Change& change : kChanges) {
    seen.insert(change.rule);
  }
  for (const Other& other : others()) {
    seen.insert(other.rule);
  }
  std::set<std::string> ids;
  for (const RuleText& rule : rule_texts()) {
    // Those are in expected_test.cpp.
    const bool of_expectations = std::string_view(rule.id).starts_with("expected-");
    EXPECT_EQ(seen.count(rule.rule), of_expectations ? 0u : 1u) << rule.id;
    EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
    EXPECT_TRUE(std::string_view(rule.why).ends_with('.'));
    EXPECT_TRUE(std::string_view(rule.remedy).ends_with('.'));
  }
}

TEST(Check, WhatTheDriverIsExpectedToHave) {
  const std::vector<Finding> findings = faults(
      kGood, {{"04517f7e-92bb-4ebe-aed0-54339fa5f544", "b80fcbe2-0000-4000-8000-000000000001"},
              "1.2.3.5"});
  ASSERT_EQ(findings.size(), 2u) << text_of(findings);
  EXPECT_EQ(findings[0].rule, Rule::wmi_none);
  EXPECT_EQ(findings[1].rule, Rule::version_driver_ver);
}

// The shape of the fragments in the public sample's documentation, in which the header of the
// AddReg section is missing and a backslash stands before the flags of a descriptor.
TEST(Check, FragmentsInADocument) {
  const std::string text =
      "# How to\n```inf\n[Version]\nSignature = \"$WINDOWS NT$\"\nClass = System\n"
      "ClassGuid = {4D36E97D-E325-11CE-BFC1-08002BE10318}\nProvider = %V%\nCatalogFile = "
      "mydsm.cat\n"
      "DriverVer = MM/DD/YYYY,x.x.xxxx\n[DestinationDirs]\nDefaultDestDir = "
      "12\n[Manufacturer]\n%V% = std\n"
      "```\nThen\n```inf\n[std]\n%V% = inst, Root\\MYDSM\n[inst]\ncopyfiles = "
      "@mydsm.sys\n[inst.Services]\n"
      "AddService = mydsm,2,svc\n[svc]\nServiceType = 1\nStartType = 0\nErrorControl = 1\n"
      "ServiceBinary = %12%\\mydsm.sys\nLoadOrderGroup = \"System Bus Extender\"\nAddReg = "
      "mydsm_addreg\n```\n"
      "```inf\nHKLM,\"SYSTEM\\CurrentControlSet\\Control\\MPDEV\",\"MPIOSupportedDeviceList\","
      "0x00010008,\"V1      P\"\n"
      "HKLM,\"SYSTEM\\CurrentControlSet\\Control\\WMI\\Security\",\"04517f7e-92bb-4ebe-aed0-"
      "54339fa5f544\",\\%B%,\\\n01,00\n"
      "[Strings]\nV = \"Your Company Name Here\"\nB = 0x00030003\n```\n";
  ASSERT_TRUE(is_markdown(text));
  std::set<Rule> found;
  for (const Finding& finding : check(read(blocks_of_markdown(text)))) {
    found.insert(finding.rule);
  }
  for (const Rule rule : {Rule::section_dangling, Rule::section_line, Rule::files_source,
                          Rule::models_architecture, Rule::registry_flags, Rule::version_driver_ver,
                          Rule::version_pnp_lockdown, Rule::name_placeholder, Rule::devices_none}) {
    EXPECT_EQ(found.count(rule), 1u) << text_of(rule).id;
  }
}

}  // namespace
}  // namespace inf
