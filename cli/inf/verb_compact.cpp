// dsmkit inf compact --ids FILE [--exclude FILE]
// The smallest list of entries that claims devices.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/exit_codes.h"
#include "cli/inf/compact.h"
#include "cli/inf/device_ids.h"
#include "cli/inf/verbs.h"
#include "cli/profile_file.h"

namespace cli {
namespace {

struct CompactOptions {
  std::string ids;
  std::string exclude;
};

bool read_ids(const std::string& file, std::vector<std::string>& ids, std::string& error) {
  std::string bytes;
  return read_text(file, kMostInfBytes, bytes, error) && read_device_ids(file, bytes, ids, error);
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

void add_inf_compact(CLI::App& inf, Invocation& invocation) {
  auto compacted = std::make_shared<CompactOptions>();
  CLI::App* compacting =
      inf.add_subcommand("compact", "The smallest list of entries that claims given devices");
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
