// The installer: a list of devices, the installer's own records and an INF that somebody else
// wrote. Others' devices stay; whatever it installs it takes away again.
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "windows/setup/device_list.h"
#include "windows/setup/installer.h"
#include "windows/setup/testing/fake_system.h"

namespace {

class Silent : public setup::Teller {
 public:
  void say(const std::string&) override {}
  void complain(const std::string&) override {}
};

setup::ExitCode run(setup::testing::FakeSystem& system, const std::vector<std::string>& arguments) {
  Silent silent;
  return setup::run_installer(system, {"acmedsm", "acmedsm.sys", "Acme DSM", "Acme", "1.0.0.0"},
                              silent, arguments);
}

void check_list(const std::string& bytes) {
  const setup::RegistryValue list{setup::kRegMultiSz, bytes};
  const std::string entry = "ACME    ARRAY";
  const setup::RegistryValue longer = with_entry(list, entry);
  std::vector<std::u16string> expected = entries_of(list);
  expected.push_back(u"ACME    ARRAY");
  BASE_ASSERT(entries_of(longer) == expected);
  if (!has_entry(list, entry)) {
    BASE_ASSERT(entries_of(without_entry(longer, entry)) == entries_of(list));
  }
}

// As texts, so that the input shows what it is.
void check_records(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (end != at) {
      lines.push_back(text.substr(at, end - at));
    }
    at = end + 1;
  }
  for (const char* const value : {"Run", "Installed"}) {
    setup::testing::FakeSystem system;
    system.state.registry["SOFTWARE\\acmedsm-setup"][value] = setup::multi_string(lines);
    run(system, {"/status"});
    run(system, {"/uninstall", "/dry-run"});
    run(system, {"/uninstall"});
    run(system, {"/rollback"});
  }
}

// What the fake Windows puts there whatever the INF says.
void forget_driver(setup::testing::MachineState& state) {
  state.registry.erase("SYSTEM\\CurrentControlSet\\Control\\WMI\\Security");
  state.files.erase("C:\\Windows\\System32\\drivers\\acmedsm.sys");
}

void check_inf(const std::string& text) {
  setup::testing::FakeSystem system;
  system.put_package("D:\\1", "1.0.0.0", {"ACME    ARRAY"});
  system.state.files["D:\\1\\acmedsm.inf"] = text;
  setup::testing::MachineState before = system.state;
  const setup::ExitCode code = run(system, {"D:\\1", "acmedsm.inf", "Root\\ACMEDSM"});
  if (code == setup::ExitCode::done || code == setup::ExitCode::restart_needed) {
    run(system, {"/uninstall"});
  }
  forget_driver(before);
  forget_driver(system.state);
  const std::string left = differences(before, system.state);
  BASE_ASSERT(left.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      check_list(rest);
      break;
    case 1:
      check_records(rest);
      break;
    default:
      check_inf(rest);
  }
  return 0;
}
