#include "windows/setup/installer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "windows/setup/device_list.h"
#include "windows/setup/testing/installation.h"

namespace setup {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::InstallationTest;
using testing::kEntry;
using ::testing::Not;

TEST_F(InstallationTest, lays_everything_down) {
  EXPECT_EQ(install("D:\\1"), ExitCode::done);
  const testing::MachineState& now = system_.state;
  EXPECT_TRUE(now.files.contains("C:\\Program Files\\Acme\\acmedsm\\1.0.0.0\\bin\\acmedsm.sys"));
  EXPECT_TRUE(now.files.contains("C:\\Program Files\\Acme\\acmedsm\\1.0.0.0\\acmedsm-setup.exe"));
  EXPECT_THAT(system_.list(), ElementsAre("Vendor 8Product       16", kEntry));
  ASSERT_EQ(system_.devices_with("Root\\ACMEDSM").size(), 1U);
  EXPECT_EQ(system_.devices_with("Root\\ACMEDSM")[0].published, "oem1.inf");
  EXPECT_TRUE(now.services.contains("acmedsm"));
  EXPECT_THAT(system_.restarted, ElementsAre("PCI\\FC1", "PCI\\FC2"));
  EXPECT_EQ(run({"/status"}), ExitCode::done);
}

TEST_F(InstallationTest, again_changes_nothing) {
  ASSERT_EQ(install("D:\\1"), ExitCode::done);
  const testing::MachineState once = system_.state;
  EXPECT_EQ(install("D:\\1"), ExitCode::done);
  EXPECT_EQ(differences(once, system_.state), "");
}

TEST_F(InstallationTest, again_from_where_it_was_copied_to_changes_nothing) {
  ASSERT_EQ(install("D:\\1"), ExitCode::done);
  testing::MachineState once = system_.state;
  EXPECT_EQ(install("C:\\Program Files\\Acme\\acmedsm\\1.0.0.0"), ExitCode::done);
  EXPECT_EQ(system_.state.files, once.files);
  EXPECT_EQ(run({"/uninstall"}), ExitCode::restart_needed);
  EXPECT_EQ(differences(clean_, system_.state), "");
}

TEST_F(InstallationTest, uninstalling_leaves_the_machine_as_it_was) {
  ASSERT_EQ(install("D:\\1"), ExitCode::done);
  EXPECT_EQ(run({"/uninstall"}), ExitCode::restart_needed);  // the driver was loaded
  EXPECT_EQ(differences(clean_, system_.state), "");
  EXPECT_TRUE(system_.restart_noted);
  EXPECT_EQ(run({"/uninstall"}), ExitCode::done);
  EXPECT_EQ(run({"/status"}), ExitCode::absent);
}

TEST_F(InstallationTest, what_goes_at_the_next_start_is_not_installed_before) {
  const std::string driver = "C:\\Windows\\System32\\drivers\\acmedsm.sys";
  ASSERT_EQ(install("D:\\1"), ExitCode::done);
  system_.loaded = {driver};
  ASSERT_EQ(run({"/uninstall"}), ExitCode::restart_needed);
  const testing::MachineState before = system_.state;
  EXPECT_EQ(install("D:\\1"), ExitCode::restart_first);
  EXPECT_EQ(differences(before, system_.state), "");
  EXPECT_THAT(complaints_, Contains(HasSubstr(driver)));
  system_.state.files.erase(driver);
  system_.loaded = system_.waiting = system_.running = {};
  EXPECT_EQ(install("D:\\1"), ExitCode::done);
}

TEST_F(InstallationTest, an_upgrade_takes_the_old_away) {
  ASSERT_EQ(install("D:\\1"), ExitCode::done);
  EXPECT_EQ(install("D:\\2"), ExitCode::restart_needed);  // the old driver is still loaded
  EXPECT_THAT(system_.list(), ElementsAre("Vendor 8Product       16", "ACME    NEW"));
  EXPECT_FALSE(system_.has_folder("C:\\Program Files\\Acme\\acmedsm\\1.0.0.0"));
  EXPECT_FALSE(system_.has_file("C:\\Windows\\INF\\oem1.inf"));
  ASSERT_EQ(system_.devices_with("Root\\ACMEDSM").size(), 1U);
  EXPECT_EQ(system_.devices_with("Root\\ACMEDSM")[0].published, "oem2.inf");
  EXPECT_EQ(run({"/uninstall"}), ExitCode::restart_needed);
  EXPECT_EQ(differences(clean_, system_.state), "");
}

TEST_F(InstallationTest, uninstalls_only_what_comes_from_a_folder) {
  ASSERT_EQ(install("D:\\1"), ExitCode::done);
  const testing::MachineState installed = system_.state;
  EXPECT_EQ(run({"/uninstall", "C:\\Program Files\\Acme\\acmedsm\\0.9.0.0"}), ExitCode::done);
  EXPECT_EQ(differences(installed, system_.state), "");
  EXPECT_EQ(run({"/uninstall", "C:\\Program Files\\Acme\\acmedsm\\1.0.0.0"}),
            ExitCode::restart_needed);
  EXPECT_EQ(differences(clean_, system_.state), "");
}

TEST_F(InstallationTest, an_upgrade_in_one_folder_works_too) {
  const std::string folder = "C:\\Program Files\\Acme DSM";
  system_.state.folders.insert(folder);
  system_.put_package(folder, "1.0.0.0", {kEntry});
  ASSERT_EQ(install(folder), ExitCode::done);
  system_.put_package(folder, "2.0.0.0", {kEntry});
  EXPECT_EQ(install(folder), ExitCode::restart_needed);
  EXPECT_FALSE(system_.has_file("C:\\Windows\\INF\\oem1.inf"));
  EXPECT_TRUE(system_.has_file("C:\\Windows\\INF\\oem2.inf"));
  EXPECT_EQ(run({"/uninstall"}), ExitCode::restart_needed);
  EXPECT_FALSE(system_.has_file("C:\\Windows\\INF\\oem2.inf"));
}

TEST_F(InstallationTest, a_damaged_file_is_repaired) {
  ASSERT_EQ(install("D:\\1"), ExitCode::done);
  system_.state.files["C:\\Program Files\\Acme\\acmedsm\\1.0.0.0\\acmedsm.cat"] = "bad";
  EXPECT_EQ(run({"/status"}), ExitCode::damaged);
  EXPECT_EQ(install("D:\\1"), ExitCode::done);
  EXPECT_EQ(run({"/status"}), ExitCode::done);
  EXPECT_EQ(run({"/uninstall"}), ExitCode::restart_needed);
  EXPECT_EQ(differences(clean_, system_.state), "");
}

TEST_F(InstallationTest, others_entries_stay_whatever_they_look_like) {
  system_.set_list({"acme    array", "ACME    ARRAY   ", "OTHER   BOX"});
  const testing::MachineState before = system_.state;
  ASSERT_EQ(install("D:\\1"), ExitCode::done);
  EXPECT_THAT(system_.list(),
              ElementsAre("acme    array", "ACME    ARRAY   ", "OTHER   BOX", kEntry));
  ASSERT_EQ(run({"/uninstall"}), ExitCode::restart_needed);
  EXPECT_EQ(differences(before, system_.state), "");
}

TEST_F(InstallationTest, an_entry_that_was_there_is_not_its_own) {
  system_.set_list({kEntry, "OTHER   BOX"});
  const testing::MachineState before = system_.state;
  ASSERT_EQ(install("D:\\1"), ExitCode::done);
  ASSERT_EQ(run({"/uninstall"}), ExitCode::restart_needed);
  EXPECT_EQ(differences(before, system_.state), "");
}

TEST_F(InstallationTest, an_entry_that_another_module_needs_by_now_stays) {
  ASSERT_EQ(install("D:\\1"), ExitCode::done);
  system_.state.registry["SYSTEM\\CurrentControlSet\\Services\\msdsm\\Parameters"]
                        ["DsmSupportedDeviceList"] = multi_string({kEntry});
  ASSERT_EQ(run({"/uninstall"}), ExitCode::restart_needed);
  EXPECT_THAT(system_.list(), ElementsAre("Vendor 8Product       16", kEntry));
  EXPECT_THAT(said_, Contains(HasSubstr("it is one of msdsm")));
}

TEST_F(InstallationTest, says_who_else_claims_a_device) {
  system_.state.registry["SYSTEM\\CurrentControlSet\\Services\\msdsm\\Parameters"]
                        ["DsmSupportedDeviceList"] = multi_string({kEntry});
  EXPECT_EQ(install("D:\\1"), ExitCode::done);
  EXPECT_THAT(said_, Contains(HasSubstr("is also one of msdsm")));
}

TEST_F(InstallationTest, a_device_that_was_there_is_used_and_left) {
  system_.state.devices["Root\\ACMEDSM"] = {{"ROOT\\SYSTEM\\0002", {}}};
  ASSERT_EQ(install("D:\\1"), ExitCode::done);
  EXPECT_EQ(system_.devices_with("Root\\ACMEDSM").size(), 1U);
  EXPECT_EQ(run({"/uninstall", "/quiet"}), ExitCode::unfinished);  // its driver is in use there
  EXPECT_EQ(system_.devices_with("Root\\ACMEDSM")[0].instance, "ROOT\\SYSTEM\\0002");
}

TEST_F(InstallationTest, a_list_of_another_type_is_not_touched) {
  system_.state.registry[kMpioKey][kMpioList].type = 1;
  const testing::MachineState before = system_.state;
  EXPECT_EQ(install("D:\\1"), ExitCode::undone);
  EXPECT_EQ(differences(before, system_.state), "");
  EXPECT_THAT(complaints_, Contains(HasSubstr("instead of REG_MULTI_SZ")));
}

TEST_F(InstallationTest, makes_the_list_and_deletes_it_again) {
  system_.state.registry.erase(kMpioKey);
  const testing::MachineState before = system_.state;
  ASSERT_EQ(install("D:\\1"), ExitCode::done);
  EXPECT_THAT(system_.list(), ElementsAre(kEntry));
  ASSERT_EQ(run({"/uninstall"}), ExitCode::restart_needed);
  EXPECT_EQ(differences(before, system_.state), "");
}

TEST_F(InstallationTest, a_list_that_it_made_stays_when_others_are_in_it) {
  system_.state.registry.erase(kMpioKey);
  ASSERT_EQ(install("D:\\1"), ExitCode::done);
  system_.set_list({kEntry, "OTHER   BOX"});
  ASSERT_EQ(run({"/uninstall"}), ExitCode::restart_needed);
  EXPECT_THAT(system_.list(), ElementsAre("OTHER   BOX"));
}

TEST_F(InstallationTest, goes_back_to_what_windows_has_of_an_upgrade_in_one_folder) {
  const std::string folder = "C:\\Program Files\\Acme DSM";
  system_.state.folders.insert(folder);
  system_.put_package(folder, "1.0.0.0", {kEntry});
  ASSERT_EQ(install(folder), ExitCode::done);
  const testing::MachineState installed = system_.state;
  system_.put_package(folder, "2.0.0.0", {kEntry});
  ASSERT_EQ(install(folder, {"/pending"}), ExitCode::done);
  ASSERT_EQ(run({"/rollback"}), ExitCode::done);
  system_.put_package(folder, "1.0.0.0", {kEntry});
  EXPECT_EQ(differences(installed, system_.state), "");
}

TEST_F(InstallationTest, enables_the_feature_and_leaves_it) {
  system_.state.mpio = Feature::disabled;
  EXPECT_EQ(install("D:\\1"), ExitCode::restart_needed);
  EXPECT_EQ(system_.state.mpio, Feature::enabled);
  ASSERT_EQ(run({"/uninstall"}), ExitCode::restart_needed);
  EXPECT_EQ(differences(clean_, system_.state), "");
  EXPECT_THAT(said_, Contains(HasSubstr("stays enabled")));
}

TEST_F(InstallationTest, says_when_the_machine_must_be_restarted) {
  system_.wants_restart = true;
  EXPECT_EQ(install("D:\\1"), ExitCode::restart_needed);
  EXPECT_EQ(run({"/status"}), ExitCode::restart_needed);
}

TEST_F(InstallationTest, a_driver_that_does_not_run_needs_a_restart) {
  system_.loads_drivers = false;
  EXPECT_EQ(install("D:\\1"), ExitCode::restart_needed);
}

TEST_F(InstallationTest, does_not_believe_in_a_driver_that_is_not_there) {
  system_.copies_drivers = false;
  EXPECT_EQ(install("D:\\1"), ExitCode::undone);
  EXPECT_THAT(complaints_, Contains(HasSubstr("and has no C:\\Windows\\System32\\drivers\\")));
  EXPECT_EQ(differences(clean_, system_.state), "");
}

TEST_F(InstallationTest, an_adapter_in_use_needs_a_restart) {
  system_.stubborn_adapters = {"PCI\\FC2"};
  EXPECT_EQ(install("D:\\1"), ExitCode::restart_needed);
}

TEST_F(InstallationTest, norestart_leaves_the_adapters) {
  EXPECT_EQ(install("D:\\1", {"/norestart"}), ExitCode::restart_needed);
  EXPECT_TRUE(system_.restarted.empty());
}

TEST_F(InstallationTest, dry_run_says_it_all_and_changes_nothing) {
  system_.elevated = false;
  system_.state.mpio = Feature::disabled;
  const testing::MachineState before = system_.state;
  EXPECT_EQ(install("D:\\1", {"/dry-run"}), ExitCode::done);
  EXPECT_EQ(differences(before, system_.state), "");
  EXPECT_EQ(system_.changes, 0U);
  EXPECT_TRUE(system_.restarted.empty());
  for (const char* const line : {"would enable the feature Multipath I/O",
                                 "would add 'ACME    ARRAY           ' to MPIO's devices",
                                 "would make the device Root\\ACMEDSM",
                                 "would make the folder C:\\Program Files\\Acme\\acmedsm\\1.0.0.0",
                                 "would restart FC 1 (PCI\\FC1)"}) {
    EXPECT_THAT(said_, Contains(line));
  }
  EXPECT_THAT(said_, Contains(HasSubstr("would not restart RAID")));
  EXPECT_THAT(said_, Not(Contains("would ")));
}

TEST_F(InstallationTest, refuses_before_it_changes_anything) {
  const std::vector<std::pair<ExitCode, std::function<void()>>> cases = {
      {ExitCode::not_elevated, [this] { system_.elevated = false; }},
      {ExitCode::busy, [this] { system_.elevated = system_.locked = true; }},
      {ExitCode::wrong_machine, [this] { system_.native = Machine::arm64; }},
      {ExitCode::no_mpio,
       [this] {
         system_.native = Machine::x64;
         system_.locked = false;
         system_.state.mpio = Feature::absent;
       }},
      {ExitCode::bad_package, [this] {
         system_.state.mpio = Feature::enabled;
         system_.state.files.erase("D:\\1\\acmedsm.cat");
       }}};
  for (const auto& [code, arrange] : cases) {
    arrange();
    EXPECT_EQ(install("D:\\1"), code);
    EXPECT_EQ(system_.changes, 0U);
    EXPECT_FALSE(complaints_.empty());
  }
  EXPECT_EQ(run({"/frob"}), ExitCode::usage);
}

TEST_F(InstallationTest, quiet_tells_the_log_only) {
  EXPECT_EQ(install("D:\\1", {"/quiet"}), ExitCode::done);
  EXPECT_TRUE(said_.empty());
  EXPECT_THAT(system_.lines, Contains("make the device Root\\ACMEDSM"));
  EXPECT_THAT(system_.lines, Contains("ended with 0"));
}

TEST_F(InstallationTest, what_waits_can_be_made_final) {
  EXPECT_EQ(install("D:\\1", {"/pending"}), ExitCode::done);
  EXPECT_TRUE(system_.restarted.empty());
  EXPECT_EQ(run({"/status"}), ExitCode::unfinished);
  EXPECT_EQ(run({"/commit"}), ExitCode::done);
  EXPECT_EQ(system_.restarted.size(), 2U);
  EXPECT_EQ(run({"/status"}), ExitCode::done);
  EXPECT_EQ(run({"/rollback"}), ExitCode::done);  // there is nothing to take back
  EXPECT_EQ(run({"/status"}), ExitCode::done);
}

TEST_F(InstallationTest, what_waits_can_be_taken_back) {
  EXPECT_EQ(install("D:\\1", {"/pending"}), ExitCode::done);
  EXPECT_EQ(run({"/rollback"}), ExitCode::done);
  EXPECT_EQ(differences(clean_, system_.state), "");

  ASSERT_EQ(install("D:\\1"), ExitCode::restart_needed);  // the driver is still loaded
  const testing::MachineState installed = system_.state;
  EXPECT_EQ(install("D:\\2", {"/pending"}), ExitCode::done);
  EXPECT_EQ(run({"/rollback"}), ExitCode::done);
  EXPECT_EQ(differences(installed, system_.state), "");
  EXPECT_EQ(run({"/uninstall", "/pending"}), ExitCode::done);
  EXPECT_EQ(run({"/rollback"}), ExitCode::done);
  EXPECT_EQ(differences(installed, system_.state), "");
}

TEST_F(InstallationTest, a_name_that_is_another_vendors_by_now_stays) {
  ASSERT_EQ(install("D:\\1"), ExitCode::done);
  // Somebody deleted the package, and Windows gave its name to the next.
  system_.state.devices.clear();
  system_.state.files["C:\\Windows\\INF\\oem1.inf"] = "[Version]\nof a third vendor\n";
  EXPECT_EQ(run({"/uninstall"}), ExitCode::restart_needed);
  EXPECT_TRUE(system_.has_file("C:\\Windows\\INF\\oem1.inf"));
}

TEST_F(InstallationTest, a_record_that_is_not_its_own_is_an_error) {
  system_.state.registry["SOFTWARE\\acmedsm-setup"]["Installed"] = multi_string({"owns world"});
  EXPECT_EQ(run({"/uninstall"}), ExitCode::undone);
  EXPECT_THAT(complaints_, Contains(HasSubstr("did not write")));
}

}  // namespace
}  // namespace setup
