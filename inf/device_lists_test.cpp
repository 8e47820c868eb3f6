#include "inf/device_lists.h"

#include <gtest/gtest.h>

#include "inf/read.h"

namespace inf {
namespace {

TEST(DeviceLists, BothListsInTheOrderOfTheFile) {
  const std::vector<ListedDevice> devices = listed_devices(
      read("[Manufacturer]\nm = d\n[d]\nx = i,Root\\X\n[i.Services]\nAddService = "
           "s,2,v\n[i]\nAddReg = r\n"
           "[v]\n[r]\nHKR,Parameters,dsmSupportedDeviceList,0x00010000,%A%,\"B       C\"\n"
           "HKLM,MPDEV,MPIOSupportedDeviceList,0x00010008,%A%\nHKR,Parameters,Other,,x\n"
           "[Strings]\nA = \"ACME    BOX             \"\n"));
  ASSERT_EQ(devices.size(), 3u);
  EXPECT_EQ(devices[0].list, DeviceList::of_module);
  EXPECT_EQ(devices[0].entry, "ACME    BOX             ");
  EXPECT_EQ(devices[0].place, (Place{11, 50}));
  EXPECT_EQ(devices[1].entry, "B       C");
  EXPECT_EQ(devices[2].list, DeviceList::of_mpio);
}

TEST(DeviceLists, NoneIsNoList) {
  EXPECT_TRUE(
      listed_devices(read("[a]\nHKR,Parameters,DsmSupportedDeviceList,0x00010000,x\n")).empty());
}

}  // namespace
}  // namespace inf
