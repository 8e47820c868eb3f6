// Which files are copied, from where, and where to.
#include <set>

#include "inf/check/judges.h"

namespace inf {
namespace {

constexpr const char* kDecorations[] = {"", ".x86", ".ia64", ".amd64", ".arm", ".arm64"};

// The line of a file or disk in one of the sections for all or some machines.
const Line* find_source(const Index& index, const std::string& section, std::string_view name) {
  for (const char* const decoration : kDecorations) {
    if (const Line* line = index.find(section + decoration, name)) {
      return line;
    }
  }
  return nullptr;
}

void judge_sources(const Package& package, Findings& findings) {
  std::set<std::string> judged;
  for (const Package::CopiedFile& file : package.copied()) {
    if (!judged.insert(file.name).second) {
      continue;
    }
    const Line* const source = find_source(package.index(), "SourceDisksFiles", file.name);
    if (source == nullptr) {
      findings.add(Rule::files_source, file.from->place,
                   file.name + " is copied and not in [SourceDisksFiles]");
      continue;
    }
    const std::string disk = package.strings().replaced(source->value(0).text);
    if (find_source(package.index(), "SourceDisksNames", disk) == nullptr) {
      findings.add(Rule::files_disk, source->place,
                   "disk " + shown(disk) + " is not in [SourceDisksNames]");
    }
  }
}

void judge_destinations(const Package& package, Findings& findings) {
  const Index& index = package.index();
  for (const Package::CopiedFile& file : package.copied()) {
    if (package.destination_of(file) == nullptr) {
      findings.add(Rule::files_destination, file.from->place, file.name + " has no destination");
      return;
    }
  }
  for (const Line* line : index.lines_of("DestinationDirs")) {
    const std::string directory = package.strings().replaced(line->value(0).text);
    if (!is_directory(directory)) {
      findings.add(Rule::files_destination, line->place_of(0),
                   shown(directory) + " is no directory's number");
    } else if (directory == "12") {
      findings.add(Rule::files_directory, line->place_of(0), "files go to system32\\drivers");
    }
  }
}

// In the driver store a file stays where it is in the package.
void judge_folders(const Package& package, Findings& findings) {
  const Strings& strings = package.strings();
  for (const Package::CopiedFile& file : package.copied()) {
    const Line* const destination = package.destination_of(file);
    if (destination == nullptr || strings.replaced(destination->value(0).text) != "13") {
      continue;
    }
    const std::string folder = strings.replaced(destination->value(1).text);
    bool found = false;
    bool same = false;
    for (const char* const decoration : kDecorations) {
      const Line* const source =
          package.index().find("SourceDisksFiles" + std::string(decoration), file.name);
      found |= source != nullptr;
      same |= source != nullptr && same_name(strings.replaced(source->value(1).text), folder);
    }
    if (found && !same) {
      findings.add(Rule::files_folder, destination->place_of(1),
                   file.name + " goes to " + (folder.empty() ? "no folder" : shown(folder)) +
                       " of the driver store, and is in none such of the package");
    }
  }
}

}  // namespace

void judge_files(const Package& package, Findings& findings) {
  judge_sources(package, findings);
  if (!package.copied().empty()) {
    judge_destinations(package, findings);
    judge_folders(package, findings);
  }
}

}  // namespace inf
