#include "package/inf_parts.h"

#include <array>
#include <utility>
#include <vector>

#include "inf/device_lists.h"

namespace package {
namespace {

// A binary value of the driver's key Parameters, lowest byte first.
void binary_parameter(inf::Writer& out, const char* name, uint64_t value, size_t size) {
  std::vector<std::string> bytes;
  for (size_t i = 0; i < size; ++i) {
    bytes.push_back(byte_text(static_cast<uint8_t>(value >> (8 * i))));
  }
  std::vector<std::string_view> fields = {"HKR", "Parameters", name, "%REG_BINARY%"};
  fields.insert(fields.end(), bytes.begin(), bytes.end());
  out.line(fields);
}

}  // namespace

std::string in_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c == '%' ? "%%" : std::string(1, c);
  }
  return out;
}

std::string version_text(const profile::Identity& identity) {
  std::string out;
  for (const uint16_t number : identity.version) {
    out += (out.empty() ? "" : ".") + std::to_string(number);
  }
  return out;
}

std::string byte_text(uint8_t byte) {
  constexpr const char* kDigits = "0123456789abcdef";
  return {kDigits[byte >> 4], kDigits[byte & 15]};
}

void InfBuilder::entry(std::string_view key, std::initializer_list<std::string_view> values) {
  out_.entry(key, std::span(values.begin(), values.size()), width_);
}

void InfBuilder::opening(std::string_view layout) {
  const profile::Identity& identity = source_.identity;
  out_.comment(source_.files.inf + ": installs " + identity.binary + " (" + identity.display_name +
               ").");
  out_.comment("");
  out_.comment("Copyright (c) " + std::to_string(source_.date.year) + " " + identity.company +
               (identity.company.ends_with('.') ? "" : ".") + "  All rights reserved.");
  out_.comment("");
  out_.comment(layout);
  out_.comment("");
  out_.comment(
      "Made by `dsmkit inf new` of the vendor's profile, as driver, catalog and installer are. "
      "They\n"
      "must agree, so change the profile and make them again; `dsmkit inf check --profile` says\n"
      "whether they do.");
}

void InfBuilder::version(std::string_view provider) {
  out_.section("Version");
  pad_keys_to(11);
  out_.comment("An INF for Windows 2000 and later.");
  entry("Signature", {"$WINDOWS NT$"});
  out_.comment(
      "The kind of device: a device-specific module is a system device. The GUID is that\n"
      "of this class.");
  entry("Class", {"System"});
  entry("ClassGuid", {"{4D36E97D-E325-11CE-BFC1-08002BE10318}"});
  out_.comment("Who made the package.");
  entry("Provider", {provider});
  out_.comment("The package's own catalog: the hashes of its files, and the signature over them.");
  entry("CatalogFile", {source_.files.catalog});
  out_.comment(
      "Date (month/day/year) and version: of two packages Windows takes the newer one. The\n"
      "version is that of the driver's version resource.");
  entry("DriverVer", {inf::inf_date(source_.date), version_text(source_.identity)});
  out_.comment("Other programs may not replace the files that this INF installs.");
  entry("PnpLockdown", {"1"});
}

void InfBuilder::service(std::string_view binary_folder, std::string_view display_name,
                         std::string_view add_reg, bool explained) {
  const auto explain = [this, explained](std::string_view text) {
    if (explained) {
      out_.comment(text);
    }
  };
  pad_keys_to(14);
  explain("What lists of services show.");
  entry("DisplayName", {display_name});
  explain(
      "A driver that is started at boot, before the disks that it is for; when that fails,\n"
      "Windows notes it and boots on.");
  entry("ServiceType", {"%SERVICE_KERNEL_DRIVER%"});
  entry("StartType", {"%SERVICE_BOOT_START%"});
  entry("ErrorControl", {"%SERVICE_ERROR_NORMAL%"});
  explain("The file that was copied.");
  entry("ServiceBinary", {std::string(binary_folder) + "\\" + source_.identity.binary});
  explain(
      "The group after the one of MPIO itself (Boot Bus Extender): MPIO is up when the module\n"
      "registers with it.");
  entry("LoadOrderGroup", {"System Bus Extender"});
  explain("The values below.");
  entry("AddReg", {add_reg});
}

void InfBuilder::parameters() {
  const profile::Profile& profile = source_.profile;
  out_.comment(
      "The devices that the module claims, as INQUIRY shows them: the vendor, filled up with "
      "blanks\n"
      "to 8 characters, and the product, filled up to 16 - or not filled up: then it is a prefix,\n"
      "and all products that begin so are claimed. An underscore is an underscore, no blank.");
  std::vector<std::string> devices;
  for (const profile::Device& device : profile.devices) {
    devices.push_back(in_line(device.id));
  }
  const std::array<std::string_view, 4> head = {
      "HKR", "Parameters", inf::name_of(inf::DeviceList::of_module), "%REG_MULTI_SZ%"};
  out_.wrapped_line(head, std::vector<std::string_view>(devices.begin(), devices.end()), 1);
  out_.comment(
      "More that the driver reads there when it starts; what is not there is as the profile says.\n"
      "  DsmDisableStatistics           REG_DWORD: 1 counts no reads and writes of paths\n"
      "  DsmMaximumStateTransitionTime  REG_DWORD: seconds that a PERSISTENT RESERVE is tried "
      "again\n"
      "  DsmUseCacheForLeastBlocks      REG_BINARY, 1 byte: 1 keeps sequential transfers on a "
      "path\n"
      "  DsmCacheSizeForLeastBlocks     REG_BINARY, 8 bytes: while no more bytes are under way");
  if (!profile.least_blocks_sequential) {
    binary_parameter(out_, "DsmUseCacheForLeastBlocks", 0, 1);
  }
  if (profile.says(profile::Number::least_blocks_sequential_bytes)) {
    binary_parameter(out_, "DsmCacheSizeForLeastBlocks",
                     profile.number(profile::Number::least_blocks_sequential_bytes), 8);
  }
}

void InfBuilder::number_strings() {
  constexpr std::array<std::pair<const char*, const char*>, 8> kNumbers = {
      {{"SERVICE_KERNEL_DRIVER", "1"},
       {"SERVICE_BOOT_START", "0"},
       {"SERVICE_ERROR_NORMAL", "1"},
       {"SPSVCINST_ASSOCSERVICE", "2"},
       {"REG_MULTI_SZ", "0x00010000"},
       {"REG_MULTI_SZ_APPEND", "0x00010008"},
       {"REG_BINARY", "0x00000001"},
       {"REG_BINARY_NOCLOBBER", "0x00030003"}}};
  pad_keys_to(22);
  const std::string so_far = text();
  for (const auto& [name, number] : kNumbers) {
    if (so_far.find("%" + std::string(name) + "%") != std::string::npos) {
      entry(name, {number});
    }
  }
}

}  // namespace package
