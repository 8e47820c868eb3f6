#include "windows/setup/testing/fake_system.h"

#include <algorithm>

#include "windows/setup/device_list.h"

namespace setup::testing {
namespace {

constexpr const char* kService = "acmedsm";
constexpr const char* kWmiClass = "02133F01-A03B-55AA-B228-E084155FF3B7";
constexpr const char* kWmiKey = "SYSTEM\\CurrentControlSet\\Control\\WMI\\Security";

std::string parameters_key() {
  return std::string("SYSTEM\\CurrentControlSet\\Services\\") + kService + "\\Parameters";
}

std::string inf_text(const std::string& version, const std::vector<std::string>& entries) {
  std::string text = R"inf([Version]
Signature   = "$WINDOWS NT$"
Class       = System
ClassGuid   = {4D36E97D-E325-11CE-BFC1-08002BE10318}
Provider    = %VENDOR%
CatalogFile = acmedsm.cat
DriverVer   = 02/29/2024,)inf" +
                     version + R"inf(
PnpLockdown = 1
[DestinationDirs]
DefaultDestDir = 12
[SourceDisksNames]
1 = %VENDOR%
2 = %VENDOR%,,,\arm64
[SourceDisksFiles.amd64]
acmedsm.sys = 1,bin
[SourceDisksFiles.arm64]
acmedsm.sys = 2
[Manufacturer]
%VENDOR% = Acme,NTamd64.10.0...14393,NTarm64.10.0...16299
[Acme.NTamd64.10.0...14393]
%VENDOR% = Acme_Install, Root\ACMEDSM
[Acme.NTarm64.10.0...16299]
%VENDOR% = Acme_Install, Root\ACMEARM
[Acme_Install]
CopyFiles = @acmedsm.sys
[Acme_Install.Services]
AddService = acmedsm,2,Acme_Service
[Acme_Install.WMI]
WMIInterface = {)inf" +
                     kWmiClass + R"inf(},0,Acme_Security
[Acme_Security]
Security = "O:BAG:BAD:(A;;0x120fff;;;BA)"
[Acme_Service]
ServiceType    = 1
StartType      = 0
ErrorControl   = 1
ServiceBinary  = %12%\acmedsm.sys
LoadOrderGroup = "System Bus Extender"
AddReg         = Acme_AddReg
[Acme_AddReg]
)inf";
  for (const std::string& entry : entries) {
    text += "HKR,Parameters,DsmSupportedDeviceList,0x00010008,\"" + entry + "\"\n";
  }
  return text + "[Strings]\nVENDOR = \"Acme\"\n";
}

// Everything, one line each.
std::set<std::string> lines_of(const MachineState& state) {
  std::set<std::string> lines = {"mpio " + std::to_string(static_cast<int>(state.mpio))};
  for (const auto& [path, bytes] : state.files) {
    lines.insert("file " + path + ": " + bytes);
  }
  for (const std::string& folder : state.folders) {
    lines.insert("folder " + folder);
  }
  for (const auto& [key, values] : state.registry) {
    lines.insert("key " + key);
    for (const auto& [name, value] : values) {
      std::string line =
          "value " + key + "\\" + name + " of type " + std::to_string(value.type) + ":";
      for (const std::string& text : strings_of(value)) {
        line += " '" + text + "'";
      }
      lines.insert(line + " in " + std::to_string(value.bytes.size()) + " bytes");
    }
  }
  for (const auto& [id, nodes] : state.devices) {
    for (const DeviceNode& node : nodes) {
      lines.insert("device " + id + ": " + node.instance + " by '" + node.published + "'");
    }
  }
  for (const std::string& service : state.services) {
    lines.insert("service " + service);
  }
  return lines;
}

std::string above(const std::string& path) {
  return path.substr(0, path.rfind('\\'));
}

}  // namespace

std::string differences(const MachineState& expected, const MachineState& found) {
  std::string out;
  const std::set<std::string> before = lines_of(expected);
  const std::set<std::string> now = lines_of(found);
  for (const std::string& line : before) {
    out += now.contains(line) ? "" : "- " + line + "\n";
  }
  for (const std::string& line : now) {
    out += before.contains(line) ? "" : "+ " + line + "\n";
  }
  return out.empty() && !(expected == found) ? "in the bytes of a value" : out;
}

FakeSystem::FakeSystem() {
  state.folders = {"C:\\Program Files", "C:\\Windows\\INF", "C:\\Windows\\System32\\drivers"};
  state.files["C:\\Windows\\INF\\oem0.inf"] = "[Version]\nof another vendor\n";
  state.files["C:\\Windows\\INF\\msdsm.inf"] = "of Microsoft";
  state.files[own_path()] = "this program";
  state.registry["SOFTWARE\\Other"]["Path"] = multi_string({"C:\\Other"});
  state.registry[kWmiKey]["B0F7C954-B396-54A6-B944-BBECB0FD5667"] = {3, "of another vendor"};
  state.services = {"msdsm"};
  set_list({"Vendor 8Product       16"});
  volumes["C:\\"] = {
      {"SCSI\\DISK&VEN_LOCAL\\1", "PCI\\RAID", "PCI\\BRIDGE", "ROOT\\ACPI_HAL\\0000"}};
  all_adapters = {{"PCI\\RAID", "RAID", {"SCSI\\DISK&VEN_LOCAL&PROD_DISK\\1"}},
                  {"PCI\\FC1", "FC 1", {"SCSI\\DISK&VEN_ACME&PROD_ARRAY\\2"}},
                  {"PCI\\FC2", "FC 2", {}}};
}

void FakeSystem::begin(const std::string& what) {
  ++changes;
  if (changes == trouble.killed_before) {
    throw Killed();
  }
  if (changes == trouble.fails) {
    throw Failure{what, 5};
  }
}

void FakeSystem::end() const {
  if (changes == trouble.killed_after) {
    throw Killed();
  }
}

void FakeSystem::put_package(const std::string& folder, const std::string& version,
                             const std::vector<std::string>& entries) {
  state.files[folder + "\\acmedsm.inf"] = inf_text(version, entries);
  state.files[folder + "\\acmedsm.cat"] = "catalog of " + version;
  state.files[folder + "\\bin\\acmedsm.sys"] = "driver of " + version;
}

void FakeSystem::set_list(const std::vector<std::string>& entries) {
  state.registry[kMpioKey][kMpioList] = multi_string(entries);
}

std::vector<std::string> FakeSystem::list() {
  return strings_of(state.registry[kMpioKey][kMpioList]);
}

std::string FakeSystem::folder(Folder which) {
  switch (which) {
    case Folder::program_files:
      return "C:\\Program Files";
    case Folder::drivers:
      return "C:\\Windows\\System32\\drivers";
    case Folder::published:
      break;
  }
  return "C:\\Windows\\INF";
}

std::string FakeSystem::open_log(const std::string& file, const std::string& name) {
  return file.empty() ? "C:\\Windows\\Logs\\" + name + ".log" : file;
}

std::string FakeSystem::absolute(const std::string& path) {
  return path.find(':') == std::string::npos ? "D:\\" + path : path;
}

std::string FakeSystem::read_file(const std::string& path) {
  if (!has_file(path)) {
    throw Failure{path, 2};
  }
  return state.files[path];
}

std::vector<std::string> FakeSystem::files_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& [path, bytes] : state.files) {
    if (above(path) == folder) {
      names.push_back(path.substr(folder.size() + 1));
    }
  }
  return names;
}

void FakeSystem::make_folder(const std::string& path) {
  begin(path);
  if (!has_folder(above(path))) {
    throw Failure{path, 3};
  }
  state.folders.insert(path);
  end();
}

void FakeSystem::copy_file(const std::string& from, const std::string& to) {
  begin(to);
  if (!has_folder(above(to))) {
    throw Failure{to, 3};
  }
  state.files[to] = read_file(from);
  end();
}

bool FakeSystem::delete_file(const std::string& path) {
  begin(path);
  state.files.erase(path);
  end();
  return false;
}

bool FakeSystem::delete_folder(const std::string& path) {
  begin(path);
  for (const auto& [file, bytes] : state.files) {
    if (file.starts_with(path + "\\")) {
      end();
      return false;
    }
  }
  state.folders.erase(path);
  end();
  return false;
}

std::optional<RegistryValue> FakeSystem::value(const std::string& key, const std::string& name) {
  const auto found = state.registry.find(key);
  if (found == state.registry.end() || !found->second.contains(name)) {
    return std::nullopt;
  }
  return found->second.at(name);
}

std::vector<std::string> FakeSystem::subkeys(const std::string& key) {
  std::set<std::string> names;
  for (const auto& [each, values] : state.registry) {
    if (each.starts_with(key)) {
      names.insert(each.substr(key.size(), each.find('\\', key.size()) - key.size()));
    }
  }
  return {names.begin(), names.end()};
}

void FakeSystem::set_value(const std::string& key, const std::string& name,
                           const RegistryValue& value) {
  begin(key + "\\" + name);
  state.registry[key][name] = value;
  end();
}

void FakeSystem::delete_value(const std::string& key, const std::string& name) {
  begin(key + "\\" + name);
  if (state.registry.contains(key)) {
    state.registry[key].erase(name);
  }
  end();
}

void FakeSystem::delete_empty_key(const std::string& key) {
  if (state.registry.contains(key) && state.registry[key].empty()) {
    begin(key);
    state.registry.erase(key);
    end();
  }
}

std::vector<DeviceNode> FakeSystem::devices_with(const std::string& hardware_id) {
  const auto found = state.devices.find(hardware_id);
  return found == state.devices.end() ? std::vector<DeviceNode>() : found->second;
}

void FakeSystem::create_device(const std::string& hardware_id, const std::string&) {
  begin(hardware_id);
  state.devices[hardware_id].push_back({"ROOT\\SYSTEM\\0007", {}});
  end();
}

bool FakeSystem::remove_device(const std::string& instance) {
  begin(instance);
  for (auto device = state.devices.begin(); device != state.devices.end();) {
    std::erase_if(device->second,
                  [&](const DeviceNode& node) { return node.instance == instance; });
    device = device->second.empty() ? state.devices.erase(device) : std::next(device);
  }
  end();
  return wants_restart;
}

std::string FakeSystem::published_as(const std::string& text) {
  for (const std::string& name : files_in(folder(Folder::published))) {
    if (state.files[folder(Folder::published) + "\\" + name] == text) {
      return name;
    }
  }
  return {};
}

std::string FakeSystem::stage(const std::string& inf) {
  begin(inf);
  std::string name = published_as(read_file(inf));
  for (unsigned i = 0; name.empty(); ++i) {
    const std::string free = "oem" + std::to_string(i) + ".inf";
    name = has_file("C:\\Windows\\INF\\" + free) ? "" : free;
  }
  state.files["C:\\Windows\\INF\\" + name] = read_file(inf);
  end();
  return name;
}

void FakeSystem::unstage(const std::string& published) {
  begin(published);
  for (const auto& [id, nodes] : state.devices) {
    for (const DeviceNode& node : nodes) {
      if (node.published == published) {
        throw Failure{published + " is in use", 0xe0000235};
      }
    }
  }
  state.files.erase("C:\\Windows\\INF\\" + published);
  end();
}

// In two changes, between which it may stop.
bool FakeSystem::install_driver(const std::string& hardware_id, const std::string& inf) {
  begin(inf);
  if (devices_with(hardware_id).empty()) {
    throw Failure{hardware_id, 0xe000020b};
  }
  const std::string text = read_file(inf);
  state.services.insert(kService);
  state.registry[parameters_key()]["DsmSupportedDeviceList"] = multi_string({"of " + text});
  if (!value(kWmiKey, kWmiClass)) {
    state.registry[kWmiKey][kWmiClass] = {3, "descriptor"};
  }
  end();
  begin(hardware_id);
  if (copies_drivers) {
    state.files["C:\\Windows\\System32\\drivers\\acmedsm.sys"] = "driver by " + text;
  }
  for (DeviceNode& node : state.devices[hardware_id]) {
    node.published = published_as(text);
  }
  if (loads_drivers) {
    running.insert(kService);
  }
  end();
  return wants_restart;
}

void FakeSystem::delete_service(const std::string& name) {
  begin(name);
  state.services.erase(name);
  state.registry.erase(parameters_key());
  end();
}

bool FakeSystem::enable_mpio() {
  begin("MPIO");
  state.mpio = Feature::enabled;
  end();
  return true;
}

bool FakeSystem::disable_mpio() {
  begin("MPIO");
  state.mpio = Feature::disabled;
  end();
  return false;
}

std::vector<std::vector<std::string>> FakeSystem::disks_of_volume(const std::string& volume) {
  const auto found = volumes.find(volume);
  return found == volumes.end() ? std::vector<std::vector<std::string>>() : found->second;
}

bool FakeSystem::restart_adapter(const std::string& instance) {
  restarted.push_back(instance);
  return !stubborn_adapters.contains(instance);
}

}  // namespace setup::testing
