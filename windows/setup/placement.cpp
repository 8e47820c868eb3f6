#include "windows/setup/placement.h"

#include <algorithm>

#include "inf/document.h"
#include "inf/driver_names.h"

namespace setup {
namespace {

constexpr unsigned kMostFoldersOfAVersion = 100;

bool lies_below(const std::string& path, const std::string& folder) {
  return path.size() > folder.size() && inf::same_name(path.substr(0, folder.size()), folder) &&
         path[folder.size()] == '\\';
}

void add_folder(std::vector<Step>& steps, const std::string& path) {
  const Step step{Kind::folder, {path}};
  if (std::find(steps.begin(), steps.end(), step) == steps.end()) {
    steps.push_back(step);
  }
}

}  // namespace

Placement::Placement(System& system, const Vendor& vendor, const DriverPackage& package)
    : system_(system), vendor_(vendor), package_(package) {
  const std::string programs = system.folder(Folder::program_files);
  if (lies_below(package.folder, programs)) {
    folder_ = package.folder;
    return;
  }
  const std::string company = joined(programs, inf::folder_name(vendor.company));
  const std::string above = joined(company, vendor.service);
  add_folder(steps_, company);
  add_folder(steps_, above);
  copy_below(above);
}

bool Placement::includes(const Step& step) const {
  const std::string& path = step.argument(0);
  return (step.kind == Kind::folder || step.kind == Kind::file) &&
         (inf::same_name(path, folder_) || lies_below(path, folder_) || lies_below(folder_, path));
}

// To a folder whose files are those of the package, or one that is not there: what lies in a folder
// may be in use, and is needed to go back.
void Placement::copy_below(const std::string& above) {
  for (unsigned i = 1; i < kMostFoldersOfAVersion; ++i) {
    folder_ = joined(above, package_.version + (i == 1 ? "" : "-" + std::to_string(i)));
    list_files();
    if (!system_.has_folder(folder_) ||
        std::all_of(files_.begin(), files_.end(),
                    [this](const Step& file) { return is_there(system_, file); })) {
      break;
    }
  }
  add_folder(steps_, folder_);
  for (const std::string& name : package_.files) {
    for (size_t at = name.find('\\'); at != std::string::npos; at = name.find('\\', at + 1)) {
      add_folder(steps_, joined(folder_, name.substr(0, at)));
    }
  }
  steps_.insert(steps_.end(), files_.begin(), files_.end());
}

void Placement::list_files() {
  files_.clear();
  for (const std::string& name : package_.files) {
    files_.push_back({Kind::file, {joined(folder_, name), joined(package_.folder, name)}});
  }
  // Itself: it uninstalls too.
  files_.push_back({Kind::file, {joined(folder_, vendor_.stem() + ".exe"), system_.own_path()}});
}

}  // namespace setup
