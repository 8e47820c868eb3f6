// Paths that come and go while a disk runs, at its administrator's word.
#pragma once

#include <functional>
#include <string>

namespace cli {

// Threads: the disk's control thread.
class PathMembership {
 public:
  // iscsi://... or sg:/dev/sgN. "" or why not, without any secret. It is logged in to, examined and
  // used like those that were there from the start.
  virtual std::string add_path(const std::string& text) = 0;
  // Ends what is under way on it and logs out; then it is `gone`. "" or why not: without another
  // path in use, and while a lost write of this one may still execute, it takes `force`.
  virtual std::string remove_path(unsigned number, bool force, std::function<void()> gone) = 0;

 protected:
  ~PathMembership() = default;
};

}  // namespace cli
