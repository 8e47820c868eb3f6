#include "windows/setup/driver_package.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "windows/setup/testing/fake_system.h"

namespace setup {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Vendor kAcme = {"acmedsm", "acmedsm.sys", "Acme Multi-Path DSM", "Acme", "1.2.3.4"};
constexpr const char* kInf = "D:\\pkg\\acmedsm.inf";

class DriverPackageTest : public ::testing::Test {
 protected:
  DriverPackageTest() {
    system_.put_package("D:\\pkg", "1.2.3.4", {"ACME    ARRAY", "ACME    B_"});
  }

  std::string refusal(const std::string& hardware_id = "Root\\ACMEDSM") {
    try {
      read_package(system_, kAcme, "pkg", "acmedsm.inf", hardware_id);
    } catch (const Failure& failure) {
      return failure.what;
    }
    return "none";
  }
  void replace(const std::string& what, const std::string& by) {
    std::string& text = system_.state.files[kInf];
    ASSERT_NE(text.find(what), std::string::npos) << what;
    text.replace(text.find(what), what.size(), by);
  }

  testing::FakeSystem system_;
};

TEST_F(DriverPackageTest, is_read_out_of_its_inf) {
  const DriverPackage package = read_package(system_, kAcme, "pkg", "acmedsm.inf", "root\\acmedsm");
  EXPECT_EQ(package.inf_path(), kInf);
  EXPECT_EQ(package.version, "1.2.3.4");
  EXPECT_THAT(package.files, ElementsAre("acmedsm.inf", "acmedsm.cat", "bin\\acmedsm.sys"));
  EXPECT_THAT(package.driver_files, ElementsAre("acmedsm.sys"));
  EXPECT_THAT(package.entries, ElementsAre("ACME    ARRAY", "ACME    B_"));
  EXPECT_THAT(package.wmi_classes, ElementsAre("02133F01-A03B-55AA-B228-E084155FF3B7"));
}

TEST_F(DriverPackageTest, the_driver_store_keeps_files_of_directory_13) {
  replace("DefaultDestDir = 12", "DefaultDestDir = 13");
  EXPECT_TRUE(
      read_package(system_, kAcme, "pkg", "acmedsm.inf", "Root\\ACMEDSM").driver_files.empty());
}

TEST_F(DriverPackageTest, arm64_has_its_own_models_and_files) {
  system_.native = Machine::arm64;
  EXPECT_THAT(refusal(), HasSubstr("no device Root\\ACMEDSM for arm64"));
  EXPECT_THAT(refusal("Root\\ACMEARM"), HasSubstr("D:\\pkg\\arm64\\acmedsm.sys: is not there"));
}

TEST_F(DriverPackageTest, refuses_what_it_would_not_install) {
  EXPECT_THAT(refusal("Root\\OTHER"), HasSubstr("no device Root\\OTHER for amd64"));
  EXPECT_THAT(refusal("Root\\ACMEARM"), HasSubstr("no device Root\\ACMEARM for amd64"));
  system_.state.files.erase("D:\\pkg\\acmedsm.cat");
  EXPECT_EQ(refusal(), "D:\\pkg\\acmedsm.cat: is not there, and acmedsm.inf names it");
  system_.state.files.erase(kInf);
  EXPECT_THAT(refusal(), HasSubstr("D:\\pkg\\acmedsm.inf: is not there"));
}

TEST_F(DriverPackageTest, refuses_another_services_inf) {
  replace("AddService = acmedsm", "AddService = otherdsm");
  EXPECT_THAT(refusal(), HasSubstr("does not install the service acmedsm"));
}

TEST_F(DriverPackageTest, refuses_another_class_no_version_and_no_devices) {
  replace("DriverVer   = 02/29/2024,1.2.3.4", "DriverVer   = 02/29/2024");
  EXPECT_THAT(refusal(), HasSubstr("no version"));
  system_.put_package("D:\\pkg", "1.2.3.4", {});
  EXPECT_THAT(refusal(), HasSubstr("lists no device"));
  replace("{4D36E97D", "{4D36E97B");
  EXPECT_THAT(refusal(), HasSubstr("not of the class System"));
  system_.state.files[kInf] = "MZ\x90";
  EXPECT_THAT(refusal(), HasSubstr("no INF that can be read"));
}

TEST_F(DriverPackageTest, refuses_files_outside_of_the_package) {
  replace("acmedsm.sys = 1,bin", "acmedsm.sys = 1,bin\\..\\..");
  EXPECT_THAT(refusal(), HasSubstr("leads out of the package"));
}

}  // namespace
}  // namespace setup
