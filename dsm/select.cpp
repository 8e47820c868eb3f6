// The seldom part of the I/O path.
#include "dsm/select.h"

#include "base/bits.h"
#include "dsm/objects.h"

namespace dsm {

bool still_usable(const Lun& lun, const Pick& pick, uint64_t word) {
  // The slot is still a candidate, and has not got another nexus since the choice was made.
  const uint32_t since = lun.published.since[pick.slot].load(std::memory_order_acquire);
  const auto age = static_cast<int32_t>(generation_of(pick.word) - since);
  return (mask_of(word) & base::bit(pick.slot)) != 0 && age >= 0;
}

}  // namespace dsm
