// See nexus.h.
#include "array/nexus.h"

#include <algorithm>

namespace array {

void AttentionQueue::add(uint16_t code) {
  if (std::find(codes_.begin(), codes_.end(), code) == codes_.end()) {
    codes_.push_back(code);
  }
}

void AttentionQueue::remove(uint16_t code) {
  std::erase(codes_, code);
}

}  // namespace array
