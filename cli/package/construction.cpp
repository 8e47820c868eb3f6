// See construction.h.
#include "cli/package/construction.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace cli {

namespace fs = std::filesystem;

Construction::~Construction() {
  if (!folder_.empty()) {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
}

std::string Construction::begin() {
  std::error_code problem;
  fs::path target = fs::absolute(target_, problem).lexically_normal();
  if (!target.has_filename()) {
    target = target.parent_path();  // "out/"
  }
  target_ = target.string();
  if (fs::exists(target, problem) && !fs::is_directory(target, problem)) {
    return target_ + ": is no folder; give another to -o";
  }
  fs::create_directories(target.parent_path(), problem);
  std::string name = target_ + ".XXXXXX";
  if (problem || mkdtemp(name.data()) == nullptr) {
    return "cannot make a folder beside " + target_ + ": " +
           (problem ? problem.message() : std::strerror(errno)) + "; give another to -o";
  }
  folder_ = name;
  fs::permissions(folder_, fs::perms(0755), problem);
  return "";
}

std::string Construction::finish(std::vector<std::string>& files) {
  std::error_code problem;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_, problem)) {
    if (entry.is_regular_file()) {
      files.push_back(fs::relative(entry.path(), folder_).string());
    }
  }
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    const fs::path to = fs::path(target_) / file;
    if (!problem) {
      fs::create_directories(to.parent_path(), problem);
    }
    if (!problem) {
      fs::rename(fs::path(folder_) / file, to, problem);
    }
    if (problem) {
      return "cannot move " + file + " to " + target_ + ": " + problem.message();
    }
  }
  return "";
}

}  // namespace cli
