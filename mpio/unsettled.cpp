// See unsettled.h.
#include "mpio/unsettled.h"

#include <algorithm>

namespace mpio {

void UnsettledWrites::add(unsigned path, uint64_t request, uint64_t lba, uint64_t blocks,
                          uint64_t now_ns) {
  records_.push_back({path, request, lba, blocks, now_ns, tick()});
}

void UnsettledWrites::settle_path(unsigned path) {
  std::erase_if(records_, [path](const UnsettledWrite& record) { return record.path == path; });
}

size_t UnsettledWrites::expire(uint64_t now_ns, uint64_t age_ns) {
  return std::erase_if(
      records_, [=](const UnsettledWrite& record) { return now_ns - record.since_ns >= age_ns; });
}

uint64_t UnsettledWrites::next_expiry_ns(uint64_t age_ns) const {
  uint64_t first = UINT64_MAX;
  for (const UnsettledWrite& record : records_) {
    first = std::min(first, record.since_ns + age_ns);
  }
  return first;
}

bool UnsettledWrites::must_wait(uint64_t request, uint64_t first_sent, uint64_t lba,
                                uint64_t blocks) const {
  return std::any_of(records_.begin(), records_.end(), [=](const UnsettledWrite& record) {
    const bool overlaps = record.lba < lba + blocks && lba < record.lba + record.blocks;
    const bool concurrent = first_sent != 0 && first_sent < record.tick;
    return overlaps && record.request != request && !concurrent;
  });
}

}  // namespace mpio
