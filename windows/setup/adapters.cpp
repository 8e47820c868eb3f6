#include "windows/setup/adapters.h"

#include <algorithm>

#include "inf/document.h"
#include "windows/setup/device_list.h"

namespace setup {
namespace {

constexpr const char* kMemoryKey =
    "SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management";
constexpr const char* kCrashKey = "SYSTEM\\CurrentControlSet\\Control\\CrashControl";
constexpr const char* kSetupKey = "SYSTEM\\Setup";
constexpr const char* kAnywhere = "?";
constexpr size_t kVendorLength = 8;

void add_once(std::vector<std::string>& volumes, const std::string& volume) {
  if (!volume.empty() && std::none_of(volumes.begin(), volumes.end(), [&](const std::string& each) {
        return inf::same_name(each, volume);
      })) {
    volumes.push_back(volume);
  }
}

// "C:\pagefile.sys 0 0", "\??\D:\pagefile.sys", "%SystemRoot%\MEMORY.DMP": "C:\", "D:\", nothing
// (the system's own volume is in the list anyway).
std::string root_of(std::string_view path) {
  if (path.starts_with("\\??\\")) {
    path.remove_prefix(4);
  }
  if (path.starts_with('?')) {
    return kAnywhere;
  }
  if (path.size() < 2 || path[1] != ':') {
    return {};
  }
  return std::string(path.substr(0, 2)) + "\\";
}

void add_roots(System& system, const char* key, const char* name,
               std::vector<std::string>& volumes) {
  if (const std::optional<RegistryValue> value = system.value(key, name)) {
    for (const std::string& path : strings_of(*value)) {
      add_once(volumes, root_of(path));
    }
  }
}

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::any_of(list.begin(), list.end(),
                     [&text](const std::string& each) { return inf::same_name(each, text); });
}

// Which nodes the critical volumes stand on; or why nobody can tell.
struct Ground {
  std::vector<std::string> nodes;
  std::string unknown;
};

// A disk whose parent software made says nothing of the adapters it needs: MPIO's disks, those of
// Storage Spaces, disks out of files. (Far above, everything has such a node.)
bool hides_adapters(const std::vector<std::string>& disk) {
  return disk.size() > 1 && inf::same_name(disk[1].substr(0, 5), "ROOT\\");
}

Ground ground_of(System& system) {
  Ground ground;
  for (const std::string& volume : critical_volumes(system)) {
    if (volume == kAnywhere) {
      ground.unknown = "a paging file may be on any volume";
      continue;
    }
    const std::vector<std::vector<std::string>> disks = system.disks_of_volume(volume);
    if (disks.empty()) {
      ground.unknown = "what volume " + volume + " stands on is not known";
    }
    for (const std::vector<std::string>& disk : disks) {
      if (hides_adapters(disk)) {
        ground.unknown =
            "volume " + volume + " stands on " + disk[1] + ", which hides its adapters";
      }
      ground.nodes.insert(ground.nodes.end(), disk.begin(), disk.end());
    }
  }
  return ground;
}

// As in an instance: without blanks at the end, the others as "_".
std::string as_in_instance(std::string_view text) {
  std::string out(text.substr(0, text.find_last_not_of(' ') + 1));
  std::replace(out.begin(), out.end(), ' ', '_');
  return out;
}

// What stands behind "&VEN_" or "&PROD_".
std::string part_of(const std::string& instance, std::string_view mark) {
  for (size_t at = 0; at + mark.size() <= instance.size(); ++at) {
    if (inf::same_name(std::string_view(instance).substr(at, mark.size()), mark)) {
      const size_t begin = at + mark.size();
      return instance.substr(begin, instance.find_first_of("&\\", begin) - begin);
    }
  }
  return {};
}

}  // namespace

std::vector<std::string> critical_volumes(System& system) {
  std::vector<std::string> volumes;
  add_once(volumes, root_of(system.folder(Folder::drivers)));
  if (const auto boots = system.value(kSetupKey, "SystemPartition")) {
    for (const std::string& device : strings_of(*boots)) {
      add_once(volumes, device);
    }
  }
  add_roots(system, kMemoryKey, "ExistingPageFiles", volumes);
  add_roots(system, kMemoryKey, "PagingFiles", volumes);
  add_roots(system, kCrashKey, "DumpFile", volumes);
  add_roots(system, kCrashKey, "DedicatedDumpFile", volumes);
  return volumes;
}

bool is_named_by(const std::string& disk_instance, const std::string& entry) {
  const std::string vendor = as_in_instance(std::string_view(entry).substr(0, kVendorLength));
  const std::string product = entry.size() > kVendorLength
                                  ? as_in_instance(std::string_view(entry).substr(kVendorLength))
                                  : std::string();
  return inf::same_name(part_of(disk_instance, "&VEN_"), vendor) &&
         inf::same_name(part_of(disk_instance, "&PROD_").substr(0, product.size()), product);
}

AdapterPlan plan_adapters(System& system, const std::vector<std::string>& entries) {
  AdapterPlan plan;
  const Ground ground = ground_of(system);
  for (const Adapter& adapter : system.adapters()) {
    AdapterChoice choice{adapter, ground.unknown};
    if (contains(ground.nodes, adapter.instance)) {
      choice.kept_because = "Windows boots from it, or pages, dumps or hibernates to it";
    }
    for (const std::string& disk : adapter.disks) {
      for (const std::string& entry : entries) {
        choice.has_our_disks |= is_named_by(disk, entry);
      }
    }
    plan.restart_needed |= choice.has_our_disks && !choice.kept_because.empty();
    plan.adapters.push_back(choice);
  }
  return plan;
}

}  // namespace setup
