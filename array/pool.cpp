// See pool.h.
#include "array/pool.h"

#include <algorithm>

namespace array {

Pool::Pool(const ProvisioningConfig& config, Backing& backing) : backing_(backing) {
  if (!config.thin || config.pool_bytes == 0) {
    return;
  }
  size_bytes_ = config.pool_bytes;
  const uint64_t sets = size_bytes_ / kThresholdSetBytes * config.threshold_percent / 100;
  threshold_sets_ = static_cast<uint32_t>(std::max<uint64_t>(sets, 1));
  recount();
}

void Pool::recount() {
  if (limited()) {
    used_bytes_ = mapped_bytes(0, backing_.size_bytes());
    note_threshold();
  }
}

void Pool::note_threshold() {
  const bool above = used_bytes_ >= uint64_t{threshold_sets_} * kThresholdSetBytes;
  event_ = (event_ || !above_threshold_) && above;
  above_threshold_ = above;
}

uint64_t Pool::mapped_bytes(uint64_t from, uint64_t to) {
  uint64_t mapped = 0;
  while (from < to) {
    const Backing::Extent extent = backing_.extent(from, to - from);
    mapped += extent.mapped ? extent.length_bytes : 0;
    from += extent.length_bytes;
  }
  return mapped;
}

bool Pool::begin(uint64_t offset_bytes, uint64_t length_bytes) {
  if (!limited()) {
    return true;
  }
  const uint64_t unit = backing_.map_unit_bytes();
  from_ = offset_bytes / unit * unit;
  to_ = std::min((offset_bytes + length_bytes + unit - 1) / unit * unit, backing_.size_bytes());
  mapped_before_ = mapped_bytes(from_, to_);
  const uint64_t new_bytes = to_ - from_ - mapped_before_;
  return used_bytes_ + new_bytes <= size_bytes_;
}

void Pool::end() {
  if (!limited()) {
    return;
  }
  used_bytes_ += mapped_bytes(from_, to_) - mapped_before_;
  note_threshold();
}

bool Pool::take_threshold_event() {
  const bool event = event_;
  event_ = false;
  return event;
}

}  // namespace array
