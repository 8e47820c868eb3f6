// The layout of Microsoft's sample, section by section, with what is missing there: the header of
// the registry values, where the files come from, and a decoration without which the models would
// be for 32 bits.
#include <array>
#include <string>
#include <vector>

#include "inf/device_lists.h"
#include "package/inf_parts.h"

namespace package {
namespace {

class Classic {
 public:
  explicit Classic(InfBuilder& inf) : inf_(inf), out_(inf.out()) {}

  void write() {
    inf_.opening(
        "In the layout of Microsoft's sample, for x64 and ARM64: the driver is copied to\n"
        "system32\\drivers, and the INF itself appends the devices to MPIO's list.");
    inf_.version("%VNDR%");
    files();
    models();
    install();
    values();
    strings();
  }

 private:
  void files() {
    out_.section("DestinationDirs");
    out_.comment("12 is system32\\drivers.");
    inf_.pad_keys_to(0);
    inf_.entry("DefaultDestDir", {"12"});
    out_.section("SourceDisksNames");
    out_.comment("Where the files come from: 1 is the folder of this INF.");
    inf_.entry("1", {"%disk_name%"});
    const std::string& driver = inf_.source().files.driver;
    out_.section("SourceDisksFiles");
    out_.comment("The file, and what it is on: beside this INF.");
    inf_.entry(driver, {"1"});
    out_.section("SourceDisksFiles.arm64");
    out_.comment("The same for ARM64, in a folder of its own.");
    inf_.entry(driver, {"1", kArm64Folder});
  }

  void models() {
    out_.blank_line();
    out_.comment("\nMulti-Path Device-Specific Module\n");
    out_.section("Manufacturer");
    out_.comment(
        "Who makes the device, the section of models, and the machines that have one. Models\n"
        "without a machine would be for 32-bit Windows.");
    inf_.entry("%std_mfg%", {"std_mfg", "NTamd64", "NTarm64"});
    const std::string device = "%" + inf_.named("_devicedesc") + "%";
    const std::string hardware_id = inf_.source().identity.hardware_id();
    out_.section("std_mfg.NTamd64");
    out_.comment(
        "The device, the section that installs it, and its hardware ID. It is no hardware:\n"
        "the installer makes it, so that Windows has a device to install the driver for.");
    inf_.entry(device, {inf_.named("_install"), hardware_id});
    out_.section("std_mfg.NTarm64");
    inf_.entry(device, {inf_.named("_install"), hardware_id});
  }

  void install() {
    const std::string& service = inf_.source().identity.service;
    out_.section(inf_.named("_install"));
    out_.comment("@ is one file, without a section that lists files.");
    inf_.pad_keys_to(0);
    inf_.entry("CopyFiles", {"@" + inf_.source().files.driver});
    out_.section(inf_.named("_install.Services"));
    out_.comment("The service, 2 for \"it is the driver of this device\", and what describes it.");
    inf_.entry("AddService", {service, "%SPSVCINST_ASSOCSERVICE%", inf_.named("_service")});
    out_.section(inf_.named("_service"));
    inf_.service("%12%", "%" + inf_.named("_desc") + "%", inf_.named("_addreg"), true);
  }

  void values() {
    out_.section(inf_.named("_addreg"));
    inf_.parameters();
    out_.blank_line();
    out_.comment(
        "The same devices in MPIO's own list, which all modules share: so each is appended, and a "
        "line\n"
        "can append one only. A device is claimed when both lists have it.");
    for (const profile::Device& device : inf_.source().profile.devices) {
      out_.line(std::array<std::string_view, 5>{"HKLM", "SYSTEM\\CurrentControlSet\\Control\\MPDEV",
                                                inf::name_of(inf::DeviceList::of_mpio),
                                                "%REG_MULTI_SZ_APPEND%", in_line(device.id)});
    }
    out_.blank_line();
    out_.comment(
        "Who may do what with each WMI class that the driver registers: a security descriptor "
        "under\n"
        "its GUID. What an administrator has set before stays (NOCLOBBER). The classes that MPIO\n"
        "defines for all modules get their rights from MPIO.");
    inf_.for_each_class([this](size_t index, WmiAccess access) { descriptor(index, access); });
  }

  void descriptor(size_t index, WmiAccess access) {
    const profile::Identity& identity = inf_.source().identity;
    const inf::SecurityDescriptor descriptor = descriptor_of(access);
    std::vector<std::string> bytes;
    for (const uint8_t byte : inf::bytes_of(descriptor)) {
      bytes.push_back(byte_text(byte));
    }
    out_.comment(identity.class_name(index) + ": administrators and the system may " +
                 name_of(access) + " it.\n" + inf::sddl_of(descriptor));
    const std::string guid = profile::guid_text(identity.class_guids[index]);
    out_.wrapped_line(
        std::array<std::string_view, 4>{"HKLM", "SYSTEM\\CurrentControlSet\\Control\\WMI\\Security",
                                        guid, "%REG_BINARY_NOCLOBBER%"},
        std::vector<std::string_view>(bytes.begin(), bytes.end()), 16);
  }

  void strings() {
    const profile::Identity& identity = inf_.source().identity;
    out_.blank_line();
    out_.comment("\nLocalizable Strings\n");
    out_.section("Strings");
    inf_.pad_keys_to(22);
    inf_.entry("VNDR", {identity.company});
    inf_.entry("std_mfg", {"(Standard system devices)"});
    inf_.entry("disk_name", {identity.product + " driver package"});
    inf_.entry(inf_.named("_devicedesc"),
               {identity.product + " Multi-Path Device Specific Module"});
    out_.comment("What the module and its service are called.");
    inf_.entry(inf_.named("_desc"), {identity.display_name});
    out_.blank_line();
    out_.comment("\nHandy macro substitutions (non-localizable)\n");
    inf_.number_strings();
  }

  InfBuilder& inf_;
  inf::Writer& out_;
};

}  // namespace

void write_classic(InfBuilder& inf) {
  Classic(inf).write();
}

}  // namespace package
