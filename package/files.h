// What a driver package consists of, by file name: everything else that is made for it (INF,
// catalog, installer) refers to these.
#pragma once

#include <string>

#include "profile/identity.h"

namespace package {

// All of them are the driver's name with something behind it, so that the packages of two vendors
// can lie in one folder.
struct Files {
  std::string driver;   // acmedsm.sys: x64, at the top
  std::string symbols;  // acmedsm.pdb
  std::string inf;
  std::string catalog;
  std::string setup;  // acmedsm-setup.exe
  std::string msi;
  std::string test_certificate;  // of a package that is signed for tests only
  std::string actions;           // acmedsm-setup.dll: in the MSI, for it to call
};

Files files_of(const profile::Identity& identity);

// Below it the driver and the symbols for ARM64 lie, by the same names.
inline constexpr const char* kArm64Folder = "arm64";

}  // namespace package
