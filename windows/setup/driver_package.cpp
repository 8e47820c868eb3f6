#include "windows/setup/driver_package.h"

#include <algorithm>

#include "inf/check/package.h"
#include "inf/decoration.h"
#include "inf/device_lists.h"
#include "inf/driver_names.h"
#include "inf/read.h"

namespace setup {
namespace {

constexpr std::string_view kWmiSecurityKey = "SYSTEM\\CurrentControlSet\\Control\\WMI\\Security";
constexpr std::string_view kSystemClass = "{4D36E97D-E325-11CE-BFC1-08002BE10318}";
constexpr std::string_view kDriversDirectory = "12";

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (!text.empty() && std::none_of(list.begin(), list.end(), [&text](const std::string& each) {
        return inf::same_name(each, text);
      })) {
    list.push_back(text);
  }
}

class Reader {
 public:
  Reader(System& system, const Vendor& vendor, DriverPackage& out)
      : system_(system),
        vendor_(vendor),
        out_(out),
        machine_(system.machine() == Machine::arm64 ? inf::Machine::arm64 : inf::Machine::amd64),
        document_(inf::read_bytes(read_inf())),
        package_(document_) {}

  void read() {
    read_version();
    check_models();
    check_service();
    read_files();
    read_devices();
    read_wmi_classes();
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Failure{out_.inf_path() + ": " + what};
  }

  std::string read_inf() const {
    if (!system_.has_file(out_.inf_path())) {
      refuse("is not there: give the folder that holds the driver package, and its INF's name");
    }
    return system_.read_file(out_.inf_path());
  }

  std::string text(const inf::Field& field) const {
    return package_.strings().replaced(field.text);
  }

  // Of [Version]; empty: it is not there.
  std::string version_value(std::string_view name, size_t index = 0) const {
    const inf::Line* const line = package_.index().find("Version", name);
    return line == nullptr ? std::string() : text(line->value(index));
  }

  void read_version() {
    if (!document_.problems.empty() || !package_.index().has("Version")) {
      refuse("is no INF that can be read: `dsmkit inf check` says why");
    }
    if (!inf::same_name(version_value("ClassGuid"), kSystemClass)) {
      refuse("is not of the class System, as those of device-specific modules are");
    }
    out_.version = version_value("DriverVer", 1);
    if (!inf::is_driver_version(out_.version)) {
      refuse("DriverVer has no version w.x.y.z");
    }
  }

  bool serves(const inf::Line& manufacturer, size_t index) const {
    const auto decoration = inf::parse_decoration(text(manufacturer.value(index)));
    return decoration && decoration->machine == machine_;
  }

  void check_models() const {
    for (const inf::Line* line : package_.index().lines_of("Manufacturer")) {
      for (size_t i = 1; i < line->values.size(); ++i) {
        if (!serves(*line, i)) {
          continue;
        }
        const std::string models = text(line->value(0)) + "." + text(line->value(i));
        for (const inf::Line* model : package_.index().lines_of(models)) {
          if (inf::same_name(text(model->value(1)), out_.hardware_id)) {
            return;
          }
        }
      }
    }
    refuse("has no device " + out_.hardware_id + " for " + inf::name_of(machine_) +
           ": give the hardware id that stands in its models section");
  }

  void check_service() const {
    for (const inf::AddedService& service : package_.services()) {
      if (inf::same_name(service.name, vendor_.service)) {
        return;
      }
    }
    refuse("does not install the service " + vendor_.service +
           ", which this installer is for: use the one that came with the INF");
  }

  // A line of a section, or of its variant for this machine.
  const inf::Line* find_for_machine(const std::string& section, std::string_view name) const {
    const inf::Line* const line =
        package_.index().find(section + "." + inf::name_of(machine_), name);
    return line != nullptr ? line : package_.index().find(section, name);
  }

  // Where a copied file lies in the package: disk and file may each name a folder.
  std::string place_of(const std::string& name) const {
    const inf::Line* const file = find_for_machine("SourceDisksFiles", name);
    if (file == nullptr) {
      return name;
    }
    const inf::Line* const disk = find_for_machine("SourceDisksNames", text(file->value(0)));
    std::string place;
    for (const std::string& part :
         {disk == nullptr ? std::string() : text(disk->value(3)), text(file->value(1)), name}) {
      const size_t begin = part.find_first_not_of("\\.");
      if (begin != std::string::npos) {
        place = joined(place, part.substr(begin));
      }
    }
    return place;
  }

  bool goes_to_drivers(const inf::Package::CopiedFile& file) const {
    const inf::Line* line =
        file.list.empty() ? nullptr : package_.index().find("DestinationDirs", file.list);
    line = line == nullptr ? package_.index().find("DestinationDirs", "DefaultDestDir") : line;
    return line != nullptr && text(line->value(0)) == kDriversDirectory && line->values.size() == 1;
  }

  void read_files() {
    add_once(out_.files, out_.inf);
    const std::string mine = std::string("CatalogFile.NT") + inf::name_of(machine_);
    for (const std::string& key :
         {mine, std::string("CatalogFile.NT"), std::string("CatalogFile")}) {
      if (const std::string catalog = version_value(key); !catalog.empty()) {
        add_once(out_.files, catalog);
        break;
      }
    }
    for (const inf::Package::CopiedFile& file : package_.copied()) {
      add_once(out_.files, place_of(file.name));
      if (goes_to_drivers(file)) {
        add_once(out_.driver_files, file.name);
      }
    }
    for (const std::string& file : out_.files) {
      if (file.find("..") != std::string::npos || file.find(':') != std::string::npos) {
        refuse(file + " leads out of the package");
      }
      if (!system_.has_file(joined(out_.folder, file))) {
        throw Failure{joined(out_.folder, file) + ": is not there, and " + out_.inf + " names it"};
      }
    }
  }

  // Those of both lists: an INF may leave MPIO's to its installer.
  void read_devices() {
    for (const inf::ListedDevice& device : inf::listed_devices(document_)) {
      if (device.entry.find_first_of("\t\r\n") != std::string::npos) {
        refuse("the device '" + device.entry + "' has a character that no device has");
      }
      if (std::find(out_.entries.begin(), out_.entries.end(), device.entry) == out_.entries.end() &&
          !device.entry.empty()) {
        out_.entries.push_back(device.entry);
      }
    }
    if (out_.entries.empty()) {
      refuse("lists no device, so the driver would claim none");
    }
  }

  void add_wmi_class(std::string guid) {
    if (guid.starts_with('{') && guid.ends_with('}')) {
      guid = guid.substr(1, guid.size() - 2);
    }
    add_once(out_.wmi_classes, guid);
  }

  void read_wmi_classes() {
    for (const inf::RegistryValue& value : package_.registry()) {
      if (inf::same_name(value.root, "HKLM") && inf::same_name(value.key, kWmiSecurityKey)) {
        add_wmi_class(value.name);
      }
    }
    for (const inf::Section& section : document_.sections) {
      for (const inf::Line& line : section.lines) {
        if (inf::same_name(line.key.text, "WMIInterface")) {
          add_wmi_class(text(line.value(0)));
        }
      }
    }
  }

  System& system_;
  const Vendor& vendor_;
  DriverPackage& out_;
  const inf::Machine machine_;
  const inf::Document document_;
  const inf::Package package_;
};

}  // namespace

std::string joined(const std::string& folder, const std::string& name) {
  return folder.empty() || folder.ends_with('\\') ? folder + name : folder + "\\" + name;
}

std::string DriverPackage::inf_path() const {
  return joined(folder, inf);
}

DriverPackage read_package(System& system, const Vendor& vendor, const std::string& folder,
                           const std::string& inf, const std::string& hardware_id) {
  DriverPackage package;
  package.folder = system.absolute(folder);
  package.inf = inf;
  package.hardware_id = hardware_id;
  Reader(system, vendor, package).read();
  return package;
}

}  // namespace setup
