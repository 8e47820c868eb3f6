#include "package/msi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace package {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

profile::Identity acme(std::array<uint16_t, 4> version = {1, 2, 3, 4}) {
  profile::Identity identity;
  identity.vendor = "ACME";
  identity.service = "acmedsm";
  identity.binary = "acmedsm.sys";
  identity.company = "Acme <Storage> & \"Sons\"";
  identity.display_name = "Acme [fast] DSM";
  identity.version = version;
  return identity;
}

// What stands behind `before` up to a quote.
std::string after(const std::string& text, const std::string& before) {
  const size_t at = text.find(before);
  EXPECT_NE(at, std::string::npos) << before;
  const size_t begin = at + before.size();
  return text.substr(begin, text.find('"', begin) - begin);
}

TEST(Msi, names_the_files_of_the_package) {
  const std::string wxs = wxs_of(acme());
  for (const char* const file :
       {"Source=\"acmedsm.inf\"", "Source=\"acmedsm.cat\"", "Source=\"acmedsm.sys\"",
        "Source=\"acmedsm-setup.exe\"", "$(var.Build)/acmedsm-setup.dll"}) {
    EXPECT_THAT(wxs, HasSubstr(file));
  }
  EXPECT_EQ(after(wxs, "Property=\"Install\" Value=\""),
            "[PackageFolder]|acmedsm.inf|Root\\acmedsm");
}

TEST(Msi, texts_are_those_of_xml) {
  const std::string wxs = wxs_of(acme());
  EXPECT_EQ(after(wxs, "Manufacturer=\""), "Acme &lt;Storage&gt; &amp; &quot;Sons&quot;");
  EXPECT_EQ(after(wxs, "\"CompanyFolder\" Name=\""), "Acme -Storage- &amp; -Sons-");
}

TEST(Msi, one_upgrade_code_and_a_product_per_version) {
  const std::string one = wxs_of(acme());
  const std::string two = wxs_of(acme({1, 2, 3, 5}));
  EXPECT_EQ(one, wxs_of(acme()));
  EXPECT_EQ(after(one, "UpgradeCode=\""), after(two, "UpgradeCode=\""));
  EXPECT_EQ(after(one, "UpgradeCode=\"").find_first_of("abcdef"), std::string::npos);
  EXPECT_NE(after(one, "Product Id=\""), after(two, "Product Id=\""));
  // A component is one file in one place, and the place has the version in it.
  EXPECT_NE(after(one, "\"Component1\" Guid=\""), after(two, "\"Component1\" Guid=\""));
  profile::Identity other = acme();
  other.service = "otherdsm";
  EXPECT_NE(after(one, "UpgradeCode=\""), after(wxs_of(other), "UpgradeCode=\""));
}

TEST(Msi, replaces_older_ones_and_refuses_to_replace_newer_ones) {
  EXPECT_THAT(wxs_of(acme()), HasSubstr("Maximum=\"1.2.4\" Property=\"FORMER\""));
  EXPECT_THAT(wxs_of(acme()),
              HasSubstr("Minimum=\"1.2.3\" IncludeMinimum=\"no\" OnlyDetect=\"yes\""));
  EXPECT_THAT(wxs_of(acme({1, 2, 65535, 4})), HasSubstr("Maximum=\"1.3.0\""));
  EXPECT_THAT(wxs_of(acme({1, 255, 65535, 4})), HasSubstr("Maximum=\"2.0.0\""));
}

TEST(Msi, has_no_version_that_windows_installer_has_not) {
  EXPECT_EQ(unfit_for_msi(acme({255, 255, 65535, 65535})), "");
  EXPECT_THAT(unfit_for_msi(acme({256, 0, 0, 0})), HasSubstr("version 256.0.0.0"));
  EXPECT_THAT(unfit_for_msi(acme({0, 256, 0, 0})), HasSubstr("above 255"));
}

}  // namespace
}  // namespace package
