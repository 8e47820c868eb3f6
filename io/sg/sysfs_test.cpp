// Names of ports and the state of the device, from trees such as the kernel makes them.
#include "io/sg/sysfs.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace io::sg {
namespace {

namespace fs = std::filesystem;

class SgSysfs : public ::testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) const {
    const fs::path path = dir.path() + "/" + file;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text << "\n";
  }
  // The node 21:3 leads to this device.
  void device(const std::string& path) {
    const fs::path folder = dir.path() + "/devices/" + path;
    fs::create_directories(folder);
    write("devices/" + path + "/state", "running");
    fs::create_directories(dir.path() + "/dev/char/21:3");
    fs::create_directory_symlink(folder, dir.path() + "/dev/char/21:3/device");
    sysfs.find("21:3");
    EXPECT_TRUE(sysfs.found());
  }
  test_support::TempDir dir;
  Sysfs sysfs{dir.path()};
};

TEST_F(SgSysfs, NamesFibreChannelPorts) {
  write("class/fc_host/host3/port_name", "0x21000024ff111111");
  write("class/fc_remote_ports/rport-3:0-2/port_name", "0x500a098111111111");
  device("pci0000:00/0000:03:00.0/host3/rport-3:0-2/target3:0:2/3:0:2:0");
  EXPECT_EQ(sysfs.ports().initiator, "naa.21000024ff111111");
  EXPECT_EQ(sysfs.ports().target, "naa.500a098111111111");
  EXPECT_EQ(sysfs.state(), "running");
}

TEST_F(SgSysfs, NamesSasPorts) {
  write("class/sas_device/end_device-6:1/sas_address", "0x5000c50012345679");
  write("class/scsi_host/host6/host_sas_address", "0x500605b00ab00000");
  device("pci0000:00/0000:04:00.0/host6/port-6:1/end_device-6:1/target6:0:1/6:0:1:0");
  EXPECT_EQ(sysfs.ports().initiator, "naa.500605b00ab00000");
  EXPECT_EQ(sysfs.ports().target, "naa.5000c50012345679");
}

TEST_F(SgSysfs, NamesIscsiNodesAsIscsiDoes) {
  write("class/iscsi_session/session4/initiatorname", "iqn.2026-11.example:host");
  write("class/iscsi_session/session4/targetname", "iqn.2026-11.example:array");
  write("class/iscsi_connection/connection4:0/persistent_address", "192.0.2.1");
  write("class/iscsi_connection/connection4:0/persistent_port", "3260");
  device("platform/host9/session4/target9:0:0/9:0:0:1");
  EXPECT_EQ(sysfs.ports().initiator, "iqn.2026-11.example:host");
  EXPECT_EQ(sysfs.ports().target, "iqn.2026-11.example:array");
  EXPECT_EQ(sysfs.ports().portal, "192.0.2.1:3260");
}

TEST_F(SgSysfs, NamesTheAdapterWhereTheTransportHasNoNames) {
  device("pseudo_0/adapter1/host4/target4:0:0/4:0:0:0");
  EXPECT_EQ(sysfs.ports().initiator, "adapter1");
  EXPECT_EQ(sysfs.ports().target, "");
  EXPECT_EQ(sysfs.ports().portal, "scsi-0:0");
}

TEST_F(SgSysfs, KnowsNothingOfWhatHasGone) {
  device("pseudo_0/adapter1/host4/target4:0:0/4:0:0:0");
  fs::remove(dir.path() + "/devices/pseudo_0/adapter1/host4/target4:0:0/4:0:0:0/state");
  EXPECT_EQ(sysfs.state(), "");
  sysfs.find("21:9");
  EXPECT_FALSE(sysfs.found());
  EXPECT_EQ(sysfs.state(), "");
  EXPECT_EQ(sysfs.ports().initiator, "");
}

}  // namespace
}  // namespace io::sg
