// What the tests of whole installations have in common: a machine with two versions of a package.
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "windows/setup/installer.h"
#include "windows/setup/testing/fake_system.h"

namespace setup {

inline void PrintTo(ExitCode code, std::ostream* out) {
  *out << static_cast<int>(code);
}

}  // namespace setup

namespace setup::testing {

inline constexpr const char* kEntry = "ACME    ARRAY           ";

class InstallationTest : public ::testing::Test, public Teller {
 protected:
  InstallationTest() {
    system_.put_package("D:\\1", "1.0.0.0", {kEntry});
    system_.put_package("D:\\2", "2.0.0.0", {"ACME    NEW"});
    clean_ = system_.state;
  }

  ExitCode run(const std::vector<std::string>& arguments) {
    said_.clear();
    complaints_.clear();
    return run_installer(system_, {"acmedsm", "acmedsm.sys", "Acme DSM", "Acme", "1.0.0.0"}, *this,
                         arguments);
  }
  ExitCode install(const std::string& folder, std::vector<std::string> options = {}) {
    options.insert(options.begin(), {folder, "acmedsm.inf", "Root\\ACMEDSM"});
    return run(options);
  }

  void say(const std::string& line) override { said_.push_back(line); }
  void complain(const std::string& line) override { complaints_.push_back(line); }

  FakeSystem system_;
  MachineState clean_;
  std::vector<std::string> said_;
  std::vector<std::string> complaints_;
};

}  // namespace setup::testing
