// What is wrong with a profile: all of it, each with its place.
#pragma once

#include <string>
#include <vector>

namespace profile {

struct Place {
  unsigned line = 0;  // from 1; 0: the file as a whole
  unsigned column = 0;
};

struct Mistake {
  Place place;
  std::string text;  // what, why, and the remedy; one line
};

// In the order of the file.
class Mistakes {
 public:
  void add(Place place, std::string text);
  bool empty() const { return list_.empty(); }
  size_t count() const { return list_.size(); }
  const std::vector<Mistake>& list() const { return list_; }

 private:
  std::vector<Mistake> list_;
};

// "FILE:LINE:COLUMN: text".
std::string text_of(const Mistake& mistake, const std::string& file);

}  // namespace profile
