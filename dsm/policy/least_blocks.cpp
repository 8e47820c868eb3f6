// Least blocks: the candidate with the least data under way - but a transfer that begins exactly
// where a recent one of this LUN ended goes down the same path, where the array may have read ahead
// or may merge it, as long as no more than a cap of data is under way there.
//
// "Recent" are the last few streams of this lane, so several sequential readers do not disturb each
// other; a jump forward, however short, is not sequential.
#include "dsm/policy/lowest.h"
#include "dsm/policy/policies.h"

namespace dsm {
namespace {

constexpr uint32_t units_of(uint32_t bytes) {
  return bytes / Lane::kLoadUnitBytes + (bytes % Lane::kLoadUnitBytes != 0 ? 1U : 0U);
}

// kStreams: it continues none.
unsigned find_stream(const Lane& lane, uint64_t lba) {
  for (unsigned i = 0; i < Lane::kStreams; ++i) {
    if (lane.stream_end[i] == lba && lane.stream_slot[i] != Lane::kNoStream) {
      return i;
    }
  }
  return Lane::kStreams;
}

bool may_stay(const Lun& lun, const Lane& lane, uint32_t mask, unsigned slot, uint32_t units) {
  const uint32_t cap = lun.published.sequential_cap.load(std::memory_order_relaxed);
  return ((mask >> slot) & 1U) != 0 && uint64_t{value_at<&Lane::load>(lane, slot)} + units <= cap;
}

}  // namespace

Pick select_least_blocks(const Lun& lun, Lane& lane, const Shape& shape) {
  const uint64_t word = lun.published.word.load(std::memory_order_acquire);
  const uint32_t mask = mask_of(word);
  if (mask == 0) [[unlikely]] {
    return {word, kNoSlot};
  }
  keep_up<&Lane::load>(lun, lane, static_cast<uint8_t>(PolicyId::least_blocks));
  if (!shape.is_read && !shape.is_write) {
    lane.chosen_load = Lane::tracked(0);
    return {word, lowest_slot<&Lane::load>(lane, mask)};
  }
  const uint32_t units = units_of(shape.bytes);
  unsigned stream = find_stream(lane, shape.lba);
  uint32_t slot = 0;
  if (stream != Lane::kStreams && may_stay(lun, lane, mask, lane.stream_slot[stream], units)) {
    slot = lane.stream_slot[stream];
  } else {
    slot = lowest_slot<&Lane::load>(lane, mask);
  }
  if (stream == Lane::kStreams) {
    stream = lane.next_stream;
    lane.next_stream = (lane.next_stream + 1) % Lane::kStreams;
  }
  lane.stream_end[stream] = shape.lba + (shape.bytes / Lane::kLoadUnitBytes >> shape.block_scale);
  lane.stream_slot[stream] = static_cast<uint8_t>(slot);
  lane.chosen_load = Lane::tracked(units);
  return {word, slot};
}

}  // namespace dsm
