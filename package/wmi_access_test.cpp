// The rights fit what the classes are, as windows/mof describes them.
#include "package/wmi_access.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "profile/profile.h"

namespace package {
namespace {

// By its own name what each class is for.
std::map<std::string, WmiAccess> classes_of(const std::string& file) {
  std::ifstream in(DSMKIT_SOURCE_DIR "/windows/mof/" + file);
  EXPECT_TRUE(in) << file;
  std::map<std::string, WmiAccess> classes;
  WmiAccess access = WmiAccess::part;
  WmiAccess* current = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("[WMI")) {
      access = line.find("Dynamic") != std::string::npos ? WmiAccess::query : WmiAccess::part;
    } else if (line.starts_with("class VENDOR_")) {
      std::istringstream words(line.substr(std::string("class VENDOR_").size()));
      std::string name;
      words >> name;
      current = &(classes[name] = access);
    } else if (current != nullptr && line.find("WmiMethodId") != std::string::npos) {
      *current = WmiAccess::execute;
    } else if (current != nullptr && *current == WmiAccess::query &&
               line.find("write") != std::string::npos) {
      *current = WmiAccess::set;
    }
  }
  return classes;
}

TEST(WmiAccess, IsWhatTheClassesAreFor) {
  std::map<std::string, WmiAccess> classes = classes_of("lun.mof");
  classes.merge(classes_of("dsm.mof"));
  EXPECT_EQ(classes.size(), profile::kWmiClassCount);
  for (size_t i = 0; i < profile::kWmiClassCount; ++i) {
    const std::string name(profile::kWmiClasses[i]);
    ASSERT_EQ(classes.count(name), 1U) << name;
    EXPECT_STREQ(name_of(access_of(i)), name_of(classes[name])) << name;
  }
}

TEST(WmiAccess, IsForAdministratorsAndTheSystem) {
  EXPECT_EQ(inf::sddl_of(descriptor_of(WmiAccess::query)),
            "O:BAG:BAD:(A;;0x12000d;;;BA)(A;;0x12000d;;;SY)");
  EXPECT_EQ(inf::sddl_of(descriptor_of(WmiAccess::set)),
            "O:BAG:BAD:(A;;0x12000f;;;BA)(A;;0x12000f;;;SY)");
  EXPECT_EQ(inf::sddl_of(descriptor_of(WmiAccess::execute)),
            "O:BAG:BAD:(A;;0x12001f;;;BA)(A;;0x12001f;;;SY)");
}

}  // namespace
}  // namespace package
