// dsmkit inf match INF VENDOR PRODUCT
// Which of the entries of an INF claims a device.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/exit_codes.h"
#include "cli/inf/device_ids.h"
#include "cli/inf/verbs.h"
#include "cli/profile_file.h"
#include "dsm/claim.h"
#include "inf/device_lists.h"
#include "inf/read.h"

namespace cli {
namespace {

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
      !read_text(options.file, kMostInfBytes, bytes, error)) {
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

}  // namespace

void add_inf_match(CLI::App& inf, Invocation& invocation) {
  auto matched = std::make_shared<MatchOptions>();
  CLI::App* matching = inf.add_subcommand(
      "match", "Which entry claims a device: exit 0 one does, 1 none, 2 the file cannot be read");
  matching->add_option("inf", matched->file, "An INF, or - for standard input")->required();
  matching->add_option("vendor", matched->vendor, "As INQUIRY has it, up to 8 characters")
      ->required();
  matching->add_option("product", matched->product, "Likewise, up to 16 characters")->required();
  matching->callback(
      [&invocation, matched] { invocation.run = [matched] { return match(*matched); }; });
}

}  // namespace cli
