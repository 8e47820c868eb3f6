// One at a time in a folder.
#pragma once

#include <string>

namespace cli {

class FolderLock {
 public:
  FolderLock() = default;
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  // Makes the folder, if it is not there, and holds it until the end, also of a process that is
  // killed. "": it is ours; else why not, at once.
  std::string take(const std::string& folder);

 private:
  int file_ = -1;
};

}  // namespace cli
