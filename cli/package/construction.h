// A folder that is filled out of sight and appears when it is complete.
#pragma once

#include <string>
#include <vector>

namespace cli {

class Construction {
 public:
  // `target`: where it shall appear; need not exist.
  explicit Construction(std::string target) : target_(std::move(target)) {}
  // Nothing is left of what has not appeared.
  ~Construction();
  Construction(const Construction&) = delete;
  Construction& operator=(const Construction&) = delete;

  // Makes the folder, beside the target, so that moving costs nothing. "": done; else why not.
  std::string begin();
  const std::string& folder() const { return folder_; }

  // Every file appears in the target, each as a whole, in the place of an older one; other files
  // there stay. `files`: what has appeared, by their places, in order. "": done; else why not.
  std::string finish(std::vector<std::string>& files);

 private:
  std::string target_;
  std::string folder_;
};

}  // namespace cli
