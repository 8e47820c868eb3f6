// The MSI of a driver package, as source for wixl (a compiler for the WiX language): it lays the
// package down below Program Files and has the installer (windows/setup) install it, which is taken
// back when Windows Installer rolls back.
#pragma once

#include <string>

#include "profile/identity.h"

namespace package {

// Windows Installer compares three numbers of a version, of which the first two are at most 255.
// "": they are; else what is wrong and what to do.
std::string unfit_for_msi(const profile::Identity& identity);

// For tools/windows_msi.py, which has wixl compile it where INF, catalog, driver and installer lie
// by the names of files_of(). The same identity gives the same text.
std::string wxs_of(const profile::Identity& identity);

}  // namespace package
