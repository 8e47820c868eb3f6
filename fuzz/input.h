// A fuzzer's input, taken apart piece by piece; past its end everything is zero.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace fuzz {

class Input {
 public:
  explicit Input(base::Bytes bytes) : left_(bytes) {}

  bool empty() const { return left_.empty(); }
  // At most `count` bytes.
  base::Bytes take(size_t count) {
    const base::Bytes taken = base::slice(left_, 0, count);
    left_ = left_.subspan(taken.size());
    return taken;
  }
  uint8_t byte() {
    const base::Bytes one = take(1);
    return one.empty() ? uint8_t{0} : one[0];
  }
  uint32_t below(size_t limit) { return static_cast<uint32_t>(byte() % limit); }
  base::Bytes rest() { return take(left_.size()); }

 private:
  base::Bytes left_;
};

}  // namespace fuzz
