#include "inf/check/rules.h"

#include "base/assert.h"

namespace inf {
namespace {

using enum Level;

constexpr RuleText kRules[] = {
    {Rule::syntax_bytes, error, "syntax-bytes",
     "Windows reads an INF as UTF-16LE with a byte order mark, UTF-8 or ANSI; these bytes are not "
     "text in the file's encoding.",
     "Save the file again, as UTF-8 or as UTF-16LE with a byte order mark."},
    {Rule::syntax_section, error, "syntax-section",
     "A section begins with its name in brackets, alone on its line; what is written here hides "
     "the section or loses text.",
     "Write [name], and a comment behind it only after a semicolon."},
    {Rule::syntax_outside, error, "syntax-outside",
     "What stands before the first section belongs to none and is ignored.",
     "Move it below a section's header, or make it a comment with a semicolon."},
    {Rule::syntax_quote, error, "syntax-quote",
     "A quoted text must end on its line; without the second quote everything to the line's end, "
     "commas too, is one text.",
     "Close the quote; a quote within quotes is written twice."},
    {Rule::syntax_continuation, error, "syntax-continuation",
     "The last line says that it goes on, and the file ends.",
     "Take the backslash away, or bring back the lines that followed."},
    {Rule::section_duplicate, warning, "section-duplicate",
     "Windows reads sections of one name as one; a second one is mostly a slip, and InfVerif warns "
     "of it.",
     "Put the lines into one section."},
    {Rule::section_dangling, error, "section-dangling",
     "The section is named and is not there, so its directive does nothing.",
     "Write the section, or its missing header above the lines that belong to it."},
    {Rule::section_unused, note, "section-unused",
     "Nothing refers to the section, so Windows does not read it.", "Refer to it, or remove it."},
    {Rule::section_line, error, "section-line",
     "The line is no directive of this kind of section and has no effect here.",
     "Look for a missing section header above it, or correct the directive's name."},
    {Rule::string_undefined, error, "string-undefined",
     "A %name% that no [Strings] section defines stays in the text as it is.",
     "Define it in [Strings], or write %% for a percent sign."},
    {Rule::string_unused, note, "string-unused", "Nothing uses the string.",
     "Remove it, or use it."},
    {Rule::string_duplicate, warning, "string-duplicate",
     "The string is defined twice; Windows takes the first.", "Keep one definition."},
    {Rule::name_placeholder, error, "name-placeholder", "The text of the template is still there.",
     "Replace it by the name of your company, product or driver."},
    {Rule::name_reserved, error, "name-reserved",
     "GENDSM, MSISCDSM, MSDSM and SampleDSM are Microsoft's modules or its sample; two modules of "
     "one name replace each other.",
     "Give names of your own: service, binary, catalog, hardware ID, sections."},
    {Rule::version_missing, error, "version-missing",
     "Without [Version] Windows takes the file for no INF.", "Write a [Version] section."},
    {Rule::version_signature, error, "version-signature",
     "The signature tells which Windows the INF is for.", "Write Signature = \"$WINDOWS NT$\"."},
    {Rule::version_class, error, "version-class",
     "A device-specific module is of the class System; Class and ClassGuid must agree, or "
     "installing fails.",
     "Write Class = System and ClassGuid = {4D36E97D-E325-11CE-BFC1-08002BE10318}."},
    {Rule::version_provider, error, "version-provider",
     "Provider says who made the driver; InfVerif demands it.",
     "Write Provider = %VNDR% and define that string."},
    {Rule::version_driver_ver, error, "version-driver-ver",
     "DriverVer decides which of two drivers is newer: a date that is one, and four numbers of 0 "
     "to 65535.",
     "Write DriverVer = MM/DD/YYYY,w.x.y.z, with the version of the driver's version resource."},
    {Rule::version_catalog, error, "version-catalog",
     "Without a catalog of its own the package cannot be signed.",
     "Write CatalogFile = NAME.cat, named after the driver; never that of MPIO's own files."},
    {Rule::version_pnp_lockdown, warning, "version-pnp-lockdown",
     "Without it installed files can be replaced by anybody who is an administrator; InfVerif "
     "warns.",
     "Write PnpLockdown = 1."},
    {Rule::models_none, error, "models-none",
     "Without a manufacturer and a device in its models section there is nothing to install.",
     "Write [Manufacturer] and the models section that it names."},
    {Rule::models_decoration, error, "models-decoration",
     "The decoration is of no form that Windows knows, so it ignores the section.",
     "Write NT, the machine, and the version behind it, as in NTamd64.10.0...16299."},
    {Rule::models_architecture, error, "models-architecture",
     "Models without a decoration are for x86, for which no Windows Server has MPIO: on x64 and "
     "ARM64 there is nothing to install.",
     "Decorate them: %MFG% = Models,NTamd64,NTarm64, and [Models.NTamd64], [Models.NTarm64]."},
    {Rule::models_hardware_id, error, "models-hardware-id",
     "A module is installed on a device of its own that the installer makes below Root; each "
     "hardware ID stands for one.",
     "Give one hardware ID of the form Root\\NAME."},
    {Rule::files_source, error, "files-source",
     "A file that is copied must be in [SourceDisksFiles], or Windows does not know where it is.",
     "Add NAME = 1 to [SourceDisksFiles]."},
    {Rule::files_disk, error, "files-disk", "A file's disk must be in [SourceDisksNames].",
     "Add 1 = %DISK% to [SourceDisksNames]."},
    {Rule::files_destination, error, "files-destination",
     "Without a destination Windows does not know where files go.",
     "Write [DestinationDirs] with DefaultDestDir = 13 (the driver store) or 12 "
     "(system32\\drivers)."},
    {Rule::files_directory, note, "files-directory",
     "Drivers run from the driver store since Windows 10 1709 (directory 13); InfVerif /w refuses "
     "directory 12, /h takes it.",
     "Use directory 13 in an INF for Windows Server 2019 and later, with models decorated "
     "NTamd64.10.0...16299."},
    {Rule::files_folder, error, "files-folder",
     "In the driver store (directory 13) a file stays in the folder that it has in the package, so "
     "its destination must name that folder.",
     "Write the same folder in [SourceDisksFiles] and in [DestinationDirs]."},
    {Rule::service_none, error, "service-none",
     "A hardware ID without a service (AddService with flag 2) installs no driver.",
     "Write a .Services section for the install section, with AddService = NAME,2,SECTION."},
    {Rule::service_type, error, "service-type", "A driver is a service of type 1.",
     "Write ServiceType = 1."},
    {Rule::service_start, error, "service-start",
     "The module must be there when disks are: MPIO itself starts at boot, and a disk that arrives "
     "earlier is not claimed.",
     "Write StartType = 0 (boot start)."},
    {Rule::service_error_control, warning, "service-error-control",
     "Normal error control (1) reports a failure and boots on; with 2 or 3 a module that fails "
     "keeps the machine from booting.",
     "Write ErrorControl = 1."},
    {Rule::service_group, error, "service-group",
     "MPIO is in Boot Bus Extender; the group after it, System Bus Extender, starts the module "
     "when MPIO is up.",
     "Write LoadOrderGroup = \"System Bus Extender\"."},
    {Rule::service_binary, error, "service-binary",
     "The binary that the service starts must be the file that is copied, below the directory it "
     "is copied to.",
     "Write ServiceBinary = %13%\\NAME.sys, or %12% when files go there."},
    {Rule::registry_root, error, "registry-root", "A key's root is HKR, HKLM, HKCR, HKCU or HKU.",
     "Write one of them; values of the driver belong below HKR."},
    {Rule::registry_flags, error, "registry-flags",
     "The flags are no number: Windows then takes the value for a text, and what follows for more "
     "of it.",
     "Write a number or one %name% that stands for one, and nothing else between the commas."},
    {Rule::registry_data, error, "registry-data",
     "The data does not fit the type that the flags name.",
     "Write numbers for REG_DWORD, bytes in hexadecimal for REG_BINARY, texts for the others."},
    {Rule::registry_global, note, "registry-global",
     "An INF that writes below HKLM is no isolated driver package: InfVerif /u and /w refuse it, "
     "/h takes SYSTEM\\CurrentControlSet.",
     "Let the installer write MPIO's list, and give WMI classes their rights in a .WMI section."},
    {Rule::registry_parameters, warning, "registry-parameters",
     "A service's own values belong below HKR,Parameters; InfVerif refuses others.",
     "Write HKR,Parameters,NAME,..."},
    {Rule::devices_none, error, "devices-none",
     "The module claims the devices in its list DsmSupportedDeviceList; without one it claims "
     "none, and MPIO asks it for none that is not in MPIOSupportedDeviceList.",
     "Write HKR,Parameters,DsmSupportedDeviceList, and have the installer or the INF append the "
     "same to MPIO's list."},
    {Rule::devices_append, error, "devices-append",
     "MPIO's list belongs to all modules: a line that does not append (0x00010008) deletes the "
     "others' devices, and a line can append one device only.",
     "Write one line per device, with the flags 0x00010008."},
    {Rule::devices_entry, error, "devices-entry",
     "An entry is the vendor, padded with blanks to 8 characters, and up to 16 of the product, as "
     "INQUIRY has them; any other length matches nothing or too much.",
     "Pad the vendor to 8 characters and the product to 16, or end the entry within the product "
     "for a prefix."},
    {Rule::devices_blank, note, "devices-blank",
     "Blanks within a product are rare and underscores common; neither stands for the other.",
     "Compare it with the INQUIRY data of the device, byte by byte."},
    {Rule::devices_lists_differ, error, "devices-lists-differ",
     "A device is claimed only when both lists have it: MPIO's and the module's own.",
     "Write the same entries to DsmSupportedDeviceList and MPIOSupportedDeviceList."},
    {Rule::wmi_none, warning, "wmi-none",
     "A WMI class without a security descriptor is for administrators only, and MPIO's "
     "documentation demands an entry for each class.",
     "Write a WMIInterface line for each class in the .WMI section, or a value below "
     "Control\\WMI\\Security."},
    {Rule::wmi_descriptor, error, "wmi-descriptor",
     "The security descriptor makes no sense, and Windows then uses none.",
     "Write SDDL in a .WMI section: Security = "
     "\"O:BAG:BAD:(A;;0x120fff;;;BA)(A;;0x120fff;;;SY)\"."},
    {Rule::wmi_open, warning, "wmi-open",
     "Everybody may do more than needed: reading tells paths and devices, setting and executing "
     "change them.",
     "Give rights to administrators (BA) and LocalSystem (SY) only."},
    {Rule::wmi_clobbers, note, "wmi-clobbers",
     "The value replaces what an administrator may have set (flag 2 would keep it).",
     "Use the flags 0x00030003."},
    {Rule::expected_service, error, "expected-service",
     "The service is named after the driver, which finds its settings and names its WMI instances "
     "by it; programs look for it by that name.",
     "Add the service under the name that the vendor's profile gives it."},
    {Rule::expected_binary, error, "expected-binary",
     "The package has the driver under another name than the INF copies or starts.",
     "Copy and start the file that the vendor's profile names."},
    {Rule::expected_catalog, error, "expected-catalog",
     "The package's catalog has another name, so Windows finds no signature.",
     "Name the catalog after the driver: the same name with .cat behind it."},
    {Rule::expected_hardware_id, error, "expected-hardware-id",
     "The installer makes a device with the hardware ID Root\\SERVICE; an INF with another one is "
     "never used for it.",
     "Write the hardware ID Root\\ with the service's name behind it."},
    {Rule::expected_devices, error, "expected-devices",
     "The vendor's profile says which devices the driver is for, and in which order they are "
     "compared.",
     "Write the devices of the profile, in their order, or change the profile."},
    {Rule::expected_class, warning, "expected-class",
     "The driver registers no such WMI class, so the entry does nothing, or it changes the rights "
     "to somebody else's.",
     "Remove it."},
};

constexpr bool in_order() {
  size_t i = 0;
  for (const RuleText& row : kRules) {
    if (static_cast<size_t>(row.rule) != i++) {
      return false;
    }
  }
  return i == static_cast<size_t>(Rule::expected_class) + 1;
}
static_assert(in_order(), "one row per rule, in the order of the enumeration");

}  // namespace

const char* name_of(Level level) {
  switch (level) {
    case Level::error:
      return "error";
    case Level::warning:
      return "warning";
    case Level::note:
      return "note";
  }
  return "";
}

std::span<const RuleText> rule_texts() {
  return kRules;
}

const RuleText& text_of(Rule rule) {
  BASE_ASSERT(static_cast<size_t>(rule) < std::size(kRules));
  return kRules[static_cast<size_t>(rule)];
}

}  // namespace inf
