// Compares two contenders in pairs, one right after the other and by turns first, so that what the
// machine does besides hits both alike. What is reported is the ratio within the pairs.
#pragma once

#include <string>

#include "bench/contender.h"

namespace bench {

struct PairsPlan {
  unsigned pairs = 15;
  double seconds = 0.3;  // of each half of a pair, about
};

struct Side {
  std::string name;
  Contender& contender;
};

// Prints throughputs, ratios (second to first) and their spread. Each read moves `bytes`.
void compare(const Side& first, const Side& second, const PairsPlan& plan, uint32_t bytes);

}  // namespace bench
