// A Windows machine for tests of the installer: what can be compared before and after, and fails or
// ends the program at any change that it is told to.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "windows/setup/system.h"

namespace setup::testing {

// What an installation may change.
struct MachineState {
  std::map<std::string, std::string> files;  // by path
  std::set<std::string> folders;
  std::map<std::string, std::map<std::string, RegistryValue>> registry;  // by key
  std::map<std::string, std::vector<DeviceNode>> devices;                // by hardware id
  std::set<std::string> services;
  Feature mpio = Feature::enabled;

  friend bool operator==(const MachineState&, const MachineState&) = default;
};

// One line for each thing that one of them has otherwise; empty: they are the same.
std::string differences(const MachineState& expected, const MachineState& found);

// Thrown where the program would have been killed.
struct Killed {};

// When: the n-th change from now, from 1; 0: never.
struct Trouble {
  unsigned fails = 0;  // does not change anything, and fails
  unsigned killed_before = 0;
  unsigned killed_after = 0;
};

class FakeSystem : public System {
 public:
  FakeSystem();

  MachineState state;
  Trouble trouble;
  unsigned changes = 0;            // counted since it was last set
  std::vector<std::string> lines;  // of the log
  bool elevated = true;
  bool locked = false;
  bool loads_drivers = true;   // a new service runs at once
  bool copies_drivers = true;  // else it says so only
  bool wants_restart = false;  // for whatever is done with drivers
  bool restart_noted = false;
  std::set<std::string> running;
  Machine native = Machine::x64;
  std::vector<Adapter> all_adapters;
  std::set<std::string> stubborn_adapters;
  std::vector<std::string> restarted;
  std::map<std::string, std::vector<std::vector<std::string>>> volumes;

  // A package in a folder: INF, catalog, driver. `version` is w.x.y.z.
  void put_package(const std::string& folder, const std::string& version,
                   const std::vector<std::string>& entries);
  void set_list(const std::vector<std::string>& entries);
  std::vector<std::string> list();

  bool is_elevated() override { return elevated; }
  Machine machine() override { return native; }
  Machine own_machine() override { return Machine::x64; }
  std::string folder(Folder which) override;
  std::string own_path() override { return "D:\\acmedsm-setup.exe"; }
  bool take_lock(const std::string&) override { return !locked; }
  std::string open_log(const std::string& file, const std::string& name) override;
  void log(const std::string& line) override { lines.push_back(line); }

  std::string absolute(const std::string& path) override;
  bool has_file(const std::string& path) override { return state.files.contains(path); }
  bool has_folder(const std::string& path) override { return state.folders.contains(path); }
  std::string read_file(const std::string& path) override;
  std::vector<std::string> files_in(const std::string& folder) override;
  void make_folder(const std::string& path) override;
  void copy_file(const std::string& from, const std::string& to) override;
  bool delete_file(const std::string& path) override;
  bool delete_folder(const std::string& path) override;

  std::optional<RegistryValue> value(const std::string& key, const std::string& name) override;
  std::vector<std::string> subkeys(const std::string& key) override;
  void set_value(const std::string& key, const std::string& name,
                 const RegistryValue& value) override;
  void delete_value(const std::string& key, const std::string& name) override;
  void delete_empty_key(const std::string& key) override;
  void note_restart() override { restart_noted = true; }
  bool restart_is_noted() override { return restart_noted; }

  std::vector<DeviceNode> devices_with(const std::string& hardware_id) override;
  void create_device(const std::string& hardware_id, const std::string& inf) override;
  bool remove_device(const std::string& instance) override;
  std::string stage(const std::string& inf) override;
  void unstage(const std::string& published) override;
  bool install_driver(const std::string& hardware_id, const std::string& inf) override;

  bool has_service(const std::string& name) override { return state.services.contains(name); }
  bool service_runs(const std::string& name) override { return running.contains(name); }
  void delete_service(const std::string& name) override;

  Feature mpio() override { return state.mpio; }
  bool enable_mpio() override;
  bool disable_mpio() override;

  std::vector<Adapter> adapters() override { return all_adapters; }
  std::vector<std::vector<std::string>> disks_of_volume(const std::string& volume) override;
  bool restart_adapter(const std::string& instance) override;

 private:
  void begin(const std::string& what);
  void end() const;
  std::string published_as(const std::string& text);
};

}  // namespace setup::testing
