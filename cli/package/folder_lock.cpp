// See folder_lock.h.
#include "cli/package/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace cli {

FolderLock::~FolderLock() {
  if (file_ >= 0) {
    close(file_);
  }
}

std::string FolderLock::take(const std::string& folder) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  const std::string name = folder + "/lock";
  file_ = problem ? -1 : open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0) {
    return "cannot make " + name + ": " + (problem ? problem.message() : std::strerror(errno)) +
           "; give a folder that can be written with --build-dir";
  }
  if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
    return "another dsmkit works in " + folder + "; wait until it has ended, or give --build-dir";
  }
  return "";
}

}  // namespace cli
