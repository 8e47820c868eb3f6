// dsmkit inf check FILE [--json | --sarif]           what is wrong with an INF for a
// device-specific module dsmkit inf match INF VENDOR PRODUCT                which of its entries
// claims a device dsmkit inf compact --ids FILE [--exclude FILE]     the smallest list of entries
// that claims devices
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/inf/compact.h"
#include "cli/inf/device_ids.h"
#include "cli/inf/findings_report.h"
#include "cli/profile_file.h"
#include "dsm/claim.h"
#include "inf/check/check.h"
#include "inf/device_lists.h"
#include "inf/markdown.h"
#include "inf/read.h"

namespace cli {
namespace {

constexpr size_t kMostBytes = size_t{4} << 20;  // no INF is that large

struct CheckOptions {
  std::string file;
  bool json = false;
  bool sarif = false;
};

int check(const CheckOptions& options) {
  std::string bytes;
  std::string error;
  if (!read_text(options.file, kMostBytes, bytes, error)) {
    return fail(kExitUsage, error);
  }
  const inf::Text text = inf::decode(bytes);
  const inf::Document document = inf::is_markdown(text.utf8)
                                     ? inf::read(inf::blocks_of_markdown(text.utf8))
                                     : inf::read_text(text);
  const std::vector<inf::Finding> findings = inf::check(document);
  if (options.json) {
    fmt::print("{}\n", findings_json(options.file, findings).dump(2));
  } else if (options.sarif) {
    fmt::print("{}\n", findings_sarif(options.file, findings).dump(2));
  } else {
    fmt::print("{}", findings_text(options.file, findings));
  }
  return count_faults(findings) == 0 ? kExitOk : kExitFailed;
}

struct MatchOptions {
  std::string file;
  std::string vendor;
  std::string product;
};

// By the rule of the driver itself; the first entry of a list that matches counts.
int match(const MatchOptions& options) {
  std::string bytes;
  std::string error;
  std::string id;
  if (!make_device_id(options.vendor, options.product, id, error) ||
      !read_text(options.file, kMostBytes, bytes, error)) {
    return fail(kExitUsage, error);
  }
  const std::vector<inf::ListedDevice> devices = inf::listed_devices(inf::read_bytes(bytes));
  bool claimed = true;
  for (const inf::DeviceList list : {inf::DeviceList::of_module, inf::DeviceList::of_mpio}) {
    const inf::ListedDevice* found = nullptr;
    bool has_list = false;
    for (const inf::ListedDevice& device : devices) {
      has_list |= device.list == list;
      if (found == nullptr && device.list == list && dsm::entry_matches(device.entry, id)) {
        found = &device;
      }
    }
    if (found != nullptr) {
      fmt::print("{}: \"{}\" in {}:{}:{}\n", inf::name_of(list), found->entry, options.file,
                 found->place.line, found->place.column);
    } else {
      fmt::print("{}: {}\n", inf::name_of(list),
                 has_list ? "no entry matches" : "the file does not write it");
    }
    // MPIO's list may be the installer's to write.
    claimed &= found != nullptr || (list == inf::DeviceList::of_mpio && !has_list);
  }
  return claimed ? kExitOk : kExitFailed;
}

struct CompactOptions {
  std::string ids;
  std::string exclude;
};

bool read_ids(const std::string& file, std::vector<std::string>& ids, std::string& error) {
  std::string bytes;
  return read_text(file, kMostBytes, bytes, error) && read_device_ids(file, bytes, ids, error);
}

int print_compact(const CompactOptions& options) {
  std::vector<std::string> devices;
  std::vector<std::string> left_out;
  std::vector<CompactEntry> entries;
  std::string error;
  if (!read_ids(options.ids, devices, error) ||
      (!options.exclude.empty() && !read_ids(options.exclude, left_out, error)) ||
      !compact(devices, left_out, entries, error)) {
    return fail(kExitUsage, error);
  }
  for (const CompactEntry& entry : entries) {
    fmt::print("\"{}\"  claims {} of the given, and {}\n", entry.entry, entry.devices.size(),
               entry.is_prefix ? fmt::format("whatever else of the vendor begins with \"{}\"",
                                             std::string_view(entry.entry).substr(8))
                               : "nothing else");
  }
  fmt::print("{} entries for {} devices\n", entries.size(), devices.size());
  return kExitOk;
}

}  // namespace

void add_inf_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("inf", "Judge the INF of a Windows driver package");
  command->require_subcommand(1);

  auto options = std::make_shared<CheckOptions>();
  CLI::App* checking = command->add_subcommand(
      "check", "Say what is wrong with it: exit 0 nothing, 1 something, 2 it cannot be read");
  checking
      ->add_option("file", options->file,
                   "An INF, a Markdown document with blocks of `inf`, or - for standard input")
      ->required();
  CLI::Option* json = checking->add_flag("--json", options->json, "Print JSON");
  checking->add_flag("--sarif", options->sarif, "Print SARIF 2.1.0")->excludes(json);
  checking->callback(
      [&invocation, options] { invocation.run = [options] { return check(*options); }; });

  auto matched = std::make_shared<MatchOptions>();
  CLI::App* matching = command->add_subcommand(
      "match", "Which entry claims a device: exit 0 one does, 1 none, 2 the file cannot be read");
  matching->add_option("inf", matched->file, "An INF, or - for standard input")->required();
  matching->add_option("vendor", matched->vendor, "As INQUIRY has it, up to 8 characters")
      ->required();
  matching->add_option("product", matched->product, "Likewise, up to 16 characters")->required();
  matching->callback(
      [&invocation, matched] { invocation.run = [matched] { return match(*matched); }; });

  auto compacted = std::make_shared<CompactOptions>();
  CLI::App* compacting =
      command->add_subcommand("compact", "The smallest list of entries that claims given devices");
  compacting
      ->add_option("--ids", compacted->ids,
                   "The devices: one in each line, vendor (8 characters) and product; or an INF")
      ->required();
  compacting->add_option("--exclude", compacted->exclude, "Those that no entry may claim");
  compacting->callback([&invocation, compacted] {
    invocation.run = [compacted] { return print_compact(*compacted); };
  });
}

}  // namespace cli
