// What an INF must agree on with the driver that it is for.
#include <gtest/gtest.h>

#include "inf/testing/good_package.h"

namespace inf {
namespace {

using testing::faults;
using testing::good_package;
using testing::line_of;
using testing::replaced;

Expectations acme() {
  Expectations out;
  out.wmi_classes = {"04517f7e-92bb-4ebe-aed0-54339fa5f544"};
  out.version = "1.2.3.4";
  out.service = "acmedsm";
  out.binary = "acmedsm.sys";
  out.catalog = "acmedsm.cat";
  out.hardware_id = "Root\\acmedsm";
  out.devices = {"ACME    ARRAY           ", "ACME    BOX_"};
  return out;
}

TEST(Expected, AllOfItIsThere) {
  EXPECT_EQ(testing::text_of(faults(good_package(), acme())), "");
}

// What is changed in the INF, and the only finding.
struct Change {
  const char* from;
  const char* to;
  Rule rule;
  const char* at;  // in its line
};
void PrintTo(const Change& change, std::ostream* out) {
  *out << text_of(change.rule).id << ": " << change.to;
}

class ExpectedChange : public ::testing::TestWithParam<Change> {};

TEST_P(ExpectedChange, IsFound) {
  const Change& change = GetParam();
  const std::string text = replaced(good_package(), change.from, change.to);
  const std::vector<Finding> found = faults(text, acme());
  ASSERT_EQ(found.size(), 1U) << testing::text_of(found);
  EXPECT_EQ(found[0].rule, change.rule) << testing::text_of(found);
  EXPECT_EQ(found[0].place.line, line_of(text, change.at));
  EXPECT_EQ(testing::text_of(faults(text)), "") << "nobody else minds";
}

constexpr const char* kOwnList =
    "\"ACME    ARRAY           \",\"ACME    BOX_\"\nHKLM,SYSTEM\\CurrentControlSet\\Control\\MPDEV,"
    "MPIOSupportedDeviceList,0x00010008,\"ACME    ARRAY           \"\nHKLM,SYSTEM\\"
    "CurrentControlSet\\Control\\MPDEV,MPIOSupportedDeviceList,0x00010008,\"ACME    BOX_\"";

INSTANTIATE_TEST_SUITE_P(
    All, ExpectedChange,
    ::testing::Values(
        Change{"AddService = acmedsm,", "AddService = acmedsm2,", Rule::expected_service,
               "AddService"},
        Change{"CatalogFile = acmedsm.cat", "CatalogFile = acme.cat", Rule::expected_catalog,
               "CatalogFile"},
        Change{"CatalogFile = ", "CatalogFile.NTamd64 = x.cat\nCatalogFile = ",
               Rule::expected_catalog, "CatalogFile.NTamd64"},
        Change{"Root\\ACMEDSM", "Root\\ACME", Rule::expected_hardware_id, "Root\\ACME\n"},
        Change{"1.2.3.4", "1.2.3.5", Rule::version_driver_ver, "DriverVer"},
        Change{"WMIInterface = ",
               "WMIInterface = {d6dc1bf0-95fa-4246-afd7-40a030458f48},,Acme_Security\n"
               "WMIInterface = ",
               Rule::expected_class, "{d6dc1bf0"},
        Change{kOwnList, "\"ACME    BOX_\",\"ACME    ARRAY           \"", Rule::expected_devices,
               "DsmSupportedDeviceList"},
        Change{kOwnList,
               "\"ACME    ARRAY           \",\"ACME    BOX_\",\"ACME    ARRAY           \"",
               Rule::expected_devices, "DsmSupportedDeviceList"},
        Change{kOwnList, "\"ACME    ARRAY           \"", Rule::expected_devices,
               "DsmSupportedDeviceList"},
        Change{kOwnList,
               "\"ACME    ARRAY           \",\"ACME    BOX_\",\"ACME    CUBE            \"",
               Rule::expected_devices, "DsmSupportedDeviceList"}));

TEST(Expected, TheBinaryIsCopiedAndStarted) {
  std::string text = good_package();
  for (size_t at = text.find("acmedsm.sys"); at != std::string::npos;
       at = text.find("acmedsm.sys", at)) {
    text.replace(at, 7, "acme");
  }
  const std::vector<Finding> found = faults(text, acme());
  ASSERT_EQ(found.size(), 2U) << testing::text_of(found);
  EXPECT_EQ(found[0].rule, Rule::expected_binary);
  EXPECT_EQ(found[0].place.line, line_of(text, "CopyFiles"));
  EXPECT_EQ(found[1].rule, Rule::expected_binary);
  EXPECT_EQ(found[1].place.line, line_of(text, "ServiceBinary"));
}

TEST(Expected, EachClassHasADescriptor) {
  Expectations expectations = acme();
  expectations.wmi_classes.push_back("b80fcbe2-0000-4000-8000-000000000001");
  const std::vector<Finding> found = faults(good_package(), expectations);
  ASSERT_EQ(found.size(), 1U) << testing::text_of(found);
  EXPECT_EQ(found[0].rule, Rule::wmi_none);
}

// A prefix that ends in a blank is mostly a slip; not when the profile says so.
TEST(Expected, DevicesOfTheDriverAreNotDoubted) {
  Expectations expectations = acme();
  expectations.devices[1] = "ACME    A BOX ";
  std::string text = good_package();
  for (int i = 0; i < 2; ++i) {
    text = replaced(text, "ACME    BOX_", "ACME    A BOX ");
  }
  EXPECT_EQ(faults(text).size(), 2U);
  const std::vector<Finding> all = faults(text, expectations);
  EXPECT_EQ(testing::text_of(all), "");
}

}  // namespace
}  // namespace inf
