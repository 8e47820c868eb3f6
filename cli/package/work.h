// What the steps of `dsmkit package` work with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "inf/date.h"
#include "package/files.h"
#include "profile/profile.h"

namespace cli {

struct Signing {
  std::string certificate;  // PEM; "": one for tests
  std::string key;
  std::string timestamp_url;
  std::optional<int64_t> time;  // seconds since 1970; none: now
};

struct Work {
  const profile::Profile& profile;
  profile::Identity identity;
  package::Files files;
  inf::Date date;
  Signing signing;
  std::string source;  // dsmkit's source tree
  std::string build;   // what was compiled stays there for the next time
  std::string folder;  // the package, under construction

  std::string tool(const std::string& name) const { return source + "/tools/" + name; }
  std::string in_package(const std::string& name) const { return folder + "/" + name; }
  std::string in_build(const std::string& name) const { return build + "/" + name; }
  std::string test_certificate() const { return in_build("test-certificate"); }
  // What the catalog answers for: the drivers and the INF, by their places in the package.
  std::vector<std::string> catalogued() const {
    return {files.driver, std::string(package::kArm64Folder) + "/" + files.driver, files.inf};
  }
};

inline constexpr size_t kMostFileBytes = 64U << 20;

// A step makes its files in the package, signed. "" when it did, else what went wrong.
std::string make_driver(Work& work);   // step_driver.cpp
std::string make_inf(Work& work);      // step_inf.cpp
std::string make_catalog(Work& work);  // step_catalog.cpp
std::string make_setup(Work& work);    // step_setup.cpp
std::string make_msi(Work& work);      // step_msi.cpp

// Midnight of the day in UTC, seconds since 1970.
int64_t seconds_of(inf::Date date);

// What the steps share (work.cpp).
// "": the tool ended well; else what it said.
std::string run_step(const Work& work, const std::vector<std::string>& command);
// Options of tools/windows_sign.py and tools/windows_driver.py.
std::vector<std::string> signing_options(const Signing& signing);
// Signs a file of the package.
std::string sign(const Work& work, const std::string& name);
// From the build folder into the package. Both are paths below them.
std::string take(const Work& work, const std::string& built, const std::string& name);

}  // namespace cli
