// The layout for today's Windows: the package stays in the driver store and runs from there, and
// nothing is written but what is the driver's own.
#include <array>
#include <string>

#include "package/inf_parts.h"

namespace package {
namespace {

struct Machine {
  const char* decoration;
  const char* name;    // of the sections of files
  const char* people;  // call it so
  const char* folder;  // of the package, where its driver lies
};
constexpr std::array<Machine, 2> kMachines = {
    {{"NTamd64", "amd64", "x64", ""}, {"NTarm64", "arm64", "ARM64", kArm64Folder}}};
// Windows 10 1709, the first that runs drivers from the store.
constexpr const char* kFirstBuild = ".10.0...16299";

class Modern {
 public:
  explicit Modern(InfBuilder& inf) : inf_(inf), out_(inf.out()) {}

  void write() {
    inf_.opening(
        "For Windows 10 1709, Windows Server 2019 and later, x64 and ARM64: the driver runs from "
        "the\n"
        "driver store, and only keys of its own are written. MPIO's list of devices, which all\n"
        "modules share, is for the installer to append to.");
    inf_.version("%Provider%");
    files();
    models();
    for (const Machine& machine : kMachines) {
      install(machine);
    }
    out_.section(inf_.named("_Parameters"));
    inf_.parameters();
    security();
    strings();
  }

 private:
  bool is_first(const Machine& machine) const { return &machine == kMachines.data(); }
  std::string files_of(const Machine& machine) const {
    return inf_.named("_Files_" + std::string(machine.name));
  }
  std::string install_of(const Machine& machine) const {
    return inf_.named("_Install." + std::string(machine.decoration));
  }
  std::string security_of(WmiAccess access) const {
    switch (access) {
      case WmiAccess::part:
      case WmiAccess::query:
        return inf_.named("_Query");
      case WmiAccess::set:
        return inf_.named("_Set");
      case WmiAccess::execute:
        return inf_.named("_Execute");
    }
    return {};
  }

  void files() {
    out_.section("DestinationDirs");
    out_.comment(
        "13 is the driver store: the files stay where Windows has put the package, each in\n"
        "the folder that it has there.");
    inf_.pad_keys_to(files_of(kMachines[1]).size());
    inf_.entry("DefaultDestDir", {"13"});
    for (const Machine& machine : kMachines) {
      if (*machine.folder != '\0') {
        inf_.entry(files_of(machine), {"13", machine.folder});
      }
    }
    out_.section("SourceDisksNames");
    out_.comment("Where the files come from: 1 is the folder of this INF.");
    inf_.pad_keys_to(0);
    inf_.entry("1", {"%DiskName%"});
    for (const Machine& machine : kMachines) {
      out_.section("SourceDisksFiles." + std::string(machine.name));
      const std::string& driver = inf_.source().files.driver;
      if (*machine.folder == '\0') {
        out_.comment("The file, and what it is on: beside this INF.");
        inf_.entry(driver, {"1"});
      } else {
        out_.comment("The same for " + std::string(machine.people) + ", in a folder of its own.");
        inf_.entry(driver, {"1", machine.folder});
      }
    }
  }

  void models() {
    out_.section("Manufacturer");
    out_.comment(
        "Who makes the device, the section of models, and the systems that have one: a\n"
        "machine and the first build of Windows.");
    const std::string models = inf_.named("_Models");
    const std::string x64 = kMachines[0].decoration + std::string(kFirstBuild);
    const std::string arm64 = kMachines[1].decoration + std::string(kFirstBuild);
    inf_.entry("%Provider%", {models, x64, arm64});
    for (const Machine& machine : kMachines) {
      out_.section(models + "." + machine.decoration + kFirstBuild);
      if (is_first(machine)) {
        out_.comment(
            "The device, the section that installs it, and its hardware ID. It is no\n"
            "hardware: the installer makes it, so that Windows has a device to install\n"
            "the driver for.");
      }
      inf_.entry("%DeviceName%", {inf_.named("_Install"), inf_.source().identity.hardware_id()});
    }
  }

  void install(const Machine& machine) {
    const bool first = is_first(machine);
    const std::string section = install_of(machine);
    const std::string service = inf_.named("_Service_" + std::string(machine.name));
    out_.section(section);
    if (!first) {
      out_.comment("The same for " + std::string(machine.people) + ".");
    }
    inf_.pad_keys_to(0);
    inf_.entry("CopyFiles", {files_of(machine)});
    out_.section(files_of(machine));
    out_.line(std::array<std::string_view, 1>{inf_.source().files.driver});
    out_.section(section + ".Services");
    if (first) {
      out_.comment(
          "The service, 2 for \"it is the driver of this device\", and what describes it.");
    }
    inf_.entry("AddService", {inf_.source().identity.service, "%SPSVCINST_ASSOCSERVICE%", service});
    out_.section(service);
    const bool has_folder = *machine.folder != '\0';
    inf_.service(has_folder ? "%13%\\" + std::string(machine.folder) : "%13%", "%ServiceName%",
                 inf_.named("_Parameters"), first);
    out_.section(section + ".WMI");
    wmi(first);
  }

  void wmi(bool explained) {
    if (explained) {
      out_.comment(
          "Each WMI class that the driver registers, by its GUID, and the section that says\n"
          "who may do what with it. What an administrator has set before stays. The classes\n"
          "that MPIO defines for all modules get their rights from MPIO.");
    }
    inf_.pad_keys_to(0);
    inf_.for_each_class([this, explained](size_t index, WmiAccess access) {
      const profile::Identity& identity = inf_.source().identity;
      if (explained) {
        out_.comment(identity.class_name(index));
      }
      inf_.entry("WMIInterface", {"{" + profile::guid_text(identity.class_guids[index]) + "}", "",
                                  security_of(access)});
    });
  }

  void security() {
    bool first = true;
    for (const WmiAccess access : {WmiAccess::query, WmiAccess::set, WmiAccess::execute}) {
      out_.section(security_of(access));
      if (first) {
        out_.comment(
            "Owner (O) and group (G) are the administrators (BA), and of the list (D) each entry\n"
            "allows (A) rights to somebody: to the administrators and to the system itself (SY).\n"
            "The rights are a sum: query 0x1, set 0x2, be told of events 0x4, read the "
            "description\n"
            "0x8, execute 0x10; 0x120000 goes with all of them. Who is not in the list may "
            "nothing.");
        first = false;
      }
      out_.comment("To " + std::string(name_of(access)) + ".");
      inf_.entry("Security", {inf::sddl_of(descriptor_of(access))});
    }
  }

  void strings() {
    const profile::Identity& identity = inf_.source().identity;
    out_.section("Strings");
    out_.comment("What people read. Another language has a section of its own: [Strings.0407].");
    inf_.pad_keys_to(22);
    inf_.entry("Provider", {identity.company});
    inf_.entry("DeviceName", {identity.product + " Multi-Path Device Specific Module"});
    inf_.entry("ServiceName", {identity.display_name});
    inf_.entry("DiskName", {identity.product + " driver package"});
    out_.blank_line();
    out_.comment("Names for numbers.");
    inf_.number_strings();
  }

  InfBuilder& inf_;
  inf::Writer& out_;
};

}  // namespace

void write_modern(InfBuilder& inf) {
  Modern(inf).write();
}

}  // namespace package
