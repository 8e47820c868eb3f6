// Where what a module decides now differs from what was recorded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace replay {

struct Difference {
  size_t index =
      0;  // in the records of the step; behind the last of `recorded` when there is more now
  std::string expected;
  std::string got;
};

// Of the records of one step: kind, time and body are compared; numbers and checksums may differ.
// Those from `first` on are looked at first.
std::optional<Difference> first_difference(const std::vector<base::Bytes>& recorded,
                                           const std::vector<std::vector<uint8_t>>& got,
                                           size_t first);

}  // namespace replay
