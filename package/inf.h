// The INF of a vendor's driver, out of his profile: what Windows installs it by.
#pragma once

#include <cstdint>
#include <string>

#include "inf/check/check.h"
#include "inf/date.h"
#include "profile/profile.h"

namespace package {

enum class InfLayout : uint8_t {
  // For Windows 10 1709, Windows Server 2019 and later: the driver runs from the driver store, WMI
  // classes get their rights as SDDL, and nothing is written outside of the driver's own keys.
  // MPIO's list of devices is the installer's to write.
  modern,
  // The sections of Microsoft's sample: the driver in system32\drivers, and everything that MPIO
  // needs in the INF itself, as values below HKLM.
  classic,
};

// The file, in ASCII, with comments for who has never seen an INF. The same arguments give the same
// bytes. `date` is that of DriverVer; the version there is the profile's.
std::string inf_of(const profile::Profile& profile, InfLayout layout, inf::Date date);

// What any INF for this driver must agree on with it.
inf::Expectations expectations_of(const profile::Profile& profile);

}  // namespace package
