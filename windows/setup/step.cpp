#include "windows/setup/step.h"

#include <algorithm>

#include "inf/check/package.h"
#include "inf/read.h"
#include "windows/setup/device_list.h"
#include "windows/setup/driver_package.h"

namespace setup {
namespace {

constexpr const char* kWmiSecurityKey = "SYSTEM\\CurrentControlSet\\Control\\WMI\\Security";

RegistryValue device_list(System& system) {
  const std::optional<RegistryValue> list = system.value(kMpioKey, kMpioList);
  if (list && list->type != kRegMultiSz) {
    throw Failure{std::string("HKLM\\") + kMpioKey + "\\" + kMpioList + " has type " +
                  std::to_string(list->type) +
                  " instead of REG_MULTI_SZ: repair it, then run this again"};
  }
  return list.value_or(multi_string({}));
}

bool undo_entry(System& system, const Step& step) {
  if (system.value(kMpioKey, kMpioList)) {
    const RegistryValue before = device_list(system);
    const RegistryValue after = without_entry(before, step.argument(0));
    if (!(before == after)) {
      system.set_value(kMpioKey, kMpioList, after);
    }
  }
  return false;
}

bool undo_list(System& system) {
  const std::optional<RegistryValue> list = system.value(kMpioKey, kMpioList);
  if (list && entries_of(*list).empty()) {
    system.delete_value(kMpioKey, kMpioList);
    system.delete_empty_key(kMpioKey);
  }
  return false;
}

bool undo_service(System& system, const Step& step) {
  if (!system.has_service(step.argument(0))) {
    return false;
  }
  const bool runs = system.service_runs(step.argument(0));
  system.delete_service(step.argument(0));
  return runs;
}

// Names of published packages are used again: what now has ours may be another vendor's.
bool is_ours(System& system, const std::string& published, const std::string& hardware_id) {
  const std::string path = joined(system.folder(Folder::published), published);
  if (published.empty() || !system.has_file(path)) {
    return false;
  }
  const inf::Document document = inf::read_bytes(system.read_file(path));
  const inf::Package package(document);
  return std::any_of(package.devices().begin(), package.devices().end(),
                     [&hardware_id](const inf::Device& device) {
                       return inf::same_name(device.hardware_id, hardware_id);
                     });
}

// A run that was killed while Windows took the package does not know its name.
bool undo_package(System& system, const Step& step) {
  std::string name = step.argument(2);
  if (name.empty()) {
    name = published_name(system, step.argument(0));
  } else if (!is_ours(system, name, step.argument(1))) {
    name.clear();
  }
  if (!name.empty()) {
    system.unstage(name);
  }
  return false;
}

bool undo_device(System& system, const Step& step) {
  bool restart = false;
  for (const DeviceNode& node : system.devices_with(step.argument(0))) {
    restart |= system.remove_device(node.instance);
  }
  return restart;
}

bool undo_driver(System& system, const Step& step) {
  return !step.argument(2).empty() && !system.devices_with(step.argument(0)).empty() &&
         system.install_driver(step.argument(0), step.argument(2));
}

bool perform_device(System& system, const Step& step) {
  if (system.devices_with(step.argument(0)).empty()) {
    system.create_device(step.argument(0), step.argument(1));
  }
  return false;
}

bool perform_entry(System& system, const Step& step) {
  const RegistryValue list = device_list(system);
  if (!has_entry(list, step.argument(0))) {
    system.set_value(kMpioKey, kMpioList, with_entry(list, step.argument(0)));
  }
  return false;
}

// Windows calls it oemN.inf, Wine leaves it its name if it can.
bool may_be_published(const std::string& name, const std::string& inf) {
  const size_t suffix = name.size() < 4 ? 0 : name.size() - 4;
  return inf::same_name(name.substr(suffix), ".inf") &&
         (inf::same_name(name.substr(0, 3), "oem") ||
          inf::same_name(name, inf.substr(inf.rfind('\\') + 1)));
}

}  // namespace

std::string published_name(System& system, const std::string& inf) {
  if (!system.has_file(inf)) {
    return {};
  }
  const std::string wanted = system.read_file(inf);
  const std::string folder = system.folder(Folder::published);
  for (const std::string& name : system.files_in(folder)) {
    if (may_be_published(name, inf) && system.read_file(joined(folder, name)) == wanted) {
      return name;
    }
  }
  return {};
}

bool perform(System& system, Step& step) {
  switch (step.kind) {
    case Kind::folder:
      system.make_folder(step.argument(0));
      return false;
    case Kind::file:
      system.copy_file(step.argument(1), step.argument(0));
      return false;
    case Kind::feature:
      return system.enable_mpio();
    case Kind::entry:
      return perform_entry(system, step);
    case Kind::package:
      step.arguments = {step.argument(0), step.argument(1), system.stage(step.argument(0))};
      return false;
    case Kind::device:
      return perform_device(system, step);
    case Kind::driver:
      return system.install_driver(step.argument(0), step.argument(1));
    case Kind::list:
    case Kind::service:
    case Kind::driver_file:
    case Kind::wmi_value:
      return false;
  }
  return false;
}

bool undo(System& system, const Step& step) {
  switch (step.kind) {
    case Kind::folder:
      return system.has_folder(step.argument(0)) && system.delete_folder(step.argument(0));
    case Kind::file:
    case Kind::driver_file:
      return system.has_file(step.argument(0)) && system.delete_file(step.argument(0));
    case Kind::feature:
      return system.disable_mpio();
    case Kind::list:
      return undo_list(system);
    case Kind::entry:
      return undo_entry(system, step);
    case Kind::service:
      return undo_service(system, step);
    case Kind::wmi_value:
      if (system.value(kWmiSecurityKey, step.argument(0))) {
        system.delete_value(kWmiSecurityKey, step.argument(0));
      }
      return false;
    case Kind::package:
      return undo_package(system, step);
    case Kind::device:
      return undo_device(system, step);
    case Kind::driver:
      return undo_driver(system, step);
  }
  return false;
}

bool is_there(System& system, const Step& step) {
  switch (step.kind) {
    case Kind::folder:
      return system.has_folder(step.argument(0));
    case Kind::file:
      // Where it came from may be gone.
      return system.has_file(step.argument(0)) &&
             (!system.has_file(step.argument(1)) ||
              system.read_file(step.argument(0)) == system.read_file(step.argument(1)));
    case Kind::feature:
      return system.mpio() == Feature::enabled;
    case Kind::list:
      return system.value(kMpioKey, kMpioList).has_value();
    case Kind::entry:
      return has_entry(device_list(system), step.argument(0));
    case Kind::service:
      return system.has_service(step.argument(0));
    case Kind::driver_file:
      return system.has_file(step.argument(0));
    case Kind::wmi_value:
      return system.value(kWmiSecurityKey, step.argument(0)).has_value();
    case Kind::package:
      return system.has_file(joined(system.folder(Folder::published), step.argument(2)));
    case Kind::device:
      return !system.devices_with(step.argument(0)).empty();
    case Kind::driver:
      return false;  // installing it again repairs it
  }
  return false;
}

}  // namespace setup
