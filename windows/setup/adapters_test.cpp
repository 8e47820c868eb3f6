#include "windows/setup/adapters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "windows/setup/device_list.h"
#include "windows/setup/testing/fake_system.h"

namespace setup {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kMemoryKey =
    "SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management";

class AdaptersTest : public ::testing::Test {
 protected:
  std::vector<std::string> restarted(const std::vector<std::string>& entries = {"ACME    ARRAY"}) {
    std::vector<std::string> names;
    plan_ = plan_adapters(system_, entries);
    for (const AdapterChoice& choice : plan_.adapters) {
      if (choice.kept_because.empty()) {
        names.push_back(choice.adapter.instance);
      }
    }
    return names;
  }
  void set(const char* key, const char* name, const std::vector<std::string>& texts) {
    system_.state.registry[key][name] = multi_string(texts);
  }

  testing::FakeSystem system_;
  AdapterPlan plan_;
};

TEST_F(AdaptersTest, the_one_with_windows_stays) {
  EXPECT_THAT(restarted(), ElementsAre("PCI\\FC1", "PCI\\FC2"));
  EXPECT_FALSE(plan_.restart_needed);
}

TEST_F(AdaptersTest, so_do_those_of_paging_dump_and_the_system_partition) {
  set("SYSTEM\\Setup", "SystemPartition", {"\\Device\\HarddiskVolume1"});
  set(kMemoryKey, "ExistingPageFiles", {"\\??\\C:\\pagefile.sys", "\\??\\P:\\pagefile.sys"});
  set(kMemoryKey, "PagingFiles", {"c:\\pagefile.sys 0 0", "Q:\\pagefile.sys 4096 4096"});
  set("SYSTEM\\CurrentControlSet\\Control\\CrashControl", "DumpFile", {"%SystemRoot%\\MEMORY.DMP"});
  set("SYSTEM\\CurrentControlSet\\Control\\CrashControl", "DedicatedDumpFile",
      {"D:\\dedicated.dmp"});
  EXPECT_THAT(critical_volumes(system_),
              ElementsAre("C:\\", "\\Device\\HarddiskVolume1", "P:\\", "Q:\\", "D:\\"));
  system_.all_adapters.push_back({"PCI\\FC3", "FC 3", {}});
  system_.volumes["\\Device\\HarddiskVolume1"] = {{"PCI\\RAID"}};
  system_.volumes["P:\\"] = {{"SCSI\\X", "PCI\\RAID"}, {"SCSI\\Y", "pci\\fc1"}};
  system_.volumes["Q:\\"] = {{"PCI\\RAID"}};
  system_.volumes["D:\\"] = {{"PCI\\FC2"}};
  EXPECT_THAT(restarted(), ElementsAre("PCI\\FC3"));
  EXPECT_TRUE(plan_.restart_needed);  // behind FC1 is a disk of ours
}

TEST_F(AdaptersTest, a_kept_adapter_without_our_disks_needs_no_restart) {
  EXPECT_THAT(restarted({"OTHER   "}), ElementsAre("PCI\\FC1", "PCI\\FC2"));
  system_.volumes["C:\\"] = {{"PCI\\FC1"}};
  EXPECT_THAT(restarted({"OTHER   "}), ElementsAre("PCI\\RAID", "PCI\\FC2"));
  EXPECT_FALSE(plan_.restart_needed);
}

TEST_F(AdaptersTest, nothing_is_restarted_when_nobody_knows) {
  system_.volumes["C:\\"] = {{"MPIO\\DISK&VEN_ACME\\1", "ROOT\\MPIO\\0000"}};
  EXPECT_THAT(restarted(), ElementsAre());
  EXPECT_THAT(plan_.adapters[1].kept_because, HasSubstr("hides its adapters"));
  EXPECT_TRUE(plan_.restart_needed);
  system_.volumes["C:\\"] = {};
  EXPECT_THAT(restarted(), ElementsAre());
  EXPECT_THAT(plan_.adapters[1].kept_because, HasSubstr("is not known"));
  system_.volumes["C:\\"] = {{"PCI\\RAID"}};
  set(kMemoryKey, "PagingFiles", {"?:\\pagefile.sys"});
  EXPECT_THAT(restarted(), ElementsAre());
  EXPECT_THAT(plan_.adapters[1].kept_because, HasSubstr("any volume"));
}

TEST_F(AdaptersTest, disks_are_known_by_vendor_and_product) {
  const std::string disk = "SCSI\\DISK&VEN_ACME&PROD_BIG_ARRAY_2\\5&1";
  EXPECT_TRUE(is_named_by(disk, "ACME    BIG ARRAY 2     "));
  EXPECT_TRUE(is_named_by(disk, "ACME    BIG"));
  EXPECT_TRUE(is_named_by(disk, "acme"));
  EXPECT_FALSE(is_named_by(disk, "ACME    ARRAY"));
  EXPECT_FALSE(is_named_by(disk, "ACM     BIG"));
  EXPECT_FALSE(is_named_by("SCSI\\DISK", "ACME    BIG"));
}

}  // namespace
}  // namespace setup
