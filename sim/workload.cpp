// See workload.h.
#include "sim/workload.h"

#include <algorithm>
#include <array>

#include "sim/block_stamp.h"

namespace sim {

using mpio::BlockOp;

struct Workload::Slot {
  Workload* workload = nullptr;
  mpio::BlockRequest request;
  std::vector<uint8_t> buffer;
  std::array<mpio::IoSlice, 3> slices{};
  uint64_t number = 0;
  uint64_t first_block = 0;
  uint64_t blocks = 0;
  uint64_t mark = 0;
  WriteId write_id = 0;
  uint64_t submitted_ns = 0;
  bool open = false;
  bool in_submit = false;
};

Workload::Workload(const WorkloadConfig& config, Clock& clock, mpio::BlockDevice& device,
                   FailureJudge& judge, BlockHistory& history, Findings& findings,
                   Timeline& timeline)
    : config_(config),
      clock_(clock),
      device_(device),
      judge_(judge),
      history_(history),
      findings_(findings),
      timeline_(timeline),
      prng_(base::Prng::stream(config.seed, 0x776f726b)) {
  for (uint32_t i = 0; i < config_.depth; ++i) {
    slots_.push_back(std::make_unique<Slot>());
    slots_.back()->workload = this;
    slots_.back()->buffer.resize(size_t{config_.max_blocks} * kBlockBytes);
  }
  // Hot ranges never overlap: one per equal part of the disk.
  const uint64_t blocks = config_.blocks == 0 ? history_.block_count() : config_.blocks;
  const uint64_t part = blocks / config_.hot_ranges;
  for (uint64_t i = 0; i < config_.hot_ranges; ++i) {
    hot_starts_.push_back(config_.first_block + i * part +
                          prng_.below(part - config_.hot_blocks + 1));
  }
}

Workload::~Workload() {
  clock_.cancel(tick_timer_);
}

void Workload::start() {
  stopped_ = false;
  clock_.defer(tick_timer_);
}

void Workload::stop() {
  stopped_ = true;
  clock_.cancel(tick_timer_);
}

void Workload::resume(uint32_t requests) {
  config_.requests = issued_ + requests;
  start();
}

uint64_t Workload::oldest_open_ns() const {
  uint64_t oldest = UINT64_MAX;
  for (const auto& slot : slots_) {
    oldest = slot->open ? std::min(oldest, slot->submitted_ns) : oldest;
  }
  return oldest;
}

std::vector<uint64_t> Workload::blocks_in_use() const {
  std::vector<uint64_t> blocks;
  for (const uint64_t start : hot_starts_) {
    for (uint64_t i = 0; i < config_.hot_blocks; ++i) {
      blocks.push_back(start + i);
    }
  }
  return blocks;
}

Workload::Slot* Workload::free_slot() {
  for (const auto& slot : slots_) {
    if (!slot->open) {
      return slot.get();
    }
  }
  return nullptr;
}

void Workload::tick() {
  while (!read_back_queue_.empty()) {
    Slot* const slot = free_slot();
    if (slot == nullptr) {
      return;
    }
    slot->request = {};
    slot->request.op = BlockOp::read;
    slot->first_block = read_back_queue_.back();
    slot->blocks = 1;
    read_back_queue_.pop_back();
    send(*slot);
  }
  while (issuing()) {
    Slot* const slot = free_slot();
    if (slot == nullptr) {
      return;  // a completion brings us back
    }
    if (in_burst_ >= config_.burst) {
      in_burst_ = 0;
      clock_.arm_after(tick_timer_, prng_.below(config_.max_pause_ns + 1));
      return;
    }
    issue(*slot);
  }
}

void Workload::issue(Slot& slot) {
  ++issued_;
  ++in_burst_;
  if (choose(slot)) {
    send(slot);
  }
}

// Picks operation and range. False when the range is busy and may not be: the request is skipped.
bool Workload::choose(Slot& slot) {
  const mpio::Geometry& geometry = device_.geometry();
  slot.request = {};
  const std::array<uint32_t, 6> weights = {config_.reads,
                                           config_.writes,
                                           config_.rewrites,
                                           config_.flushes,
                                           geometry.can_trim ? config_.trims : 0,
                                           geometry.can_write_zeroes ? config_.zeroes : 0};
  uint64_t total = 0;
  for (const uint32_t weight : weights) {
    total += weight;
  }
  uint64_t draw = prng_.below(total);
  size_t kind = 0;
  while (draw >= weights[kind]) {
    draw -= weights[kind++];
  }
  static constexpr std::array<BlockOp, 6> kOps = {BlockOp::read,  BlockOp::write,
                                                  BlockOp::write, BlockOp::flush,
                                                  BlockOp::trim,  BlockOp::write_zeroes};
  slot.request.op = kOps[kind];
  slot.blocks = 1 + prng_.below(config_.max_blocks);
  slot.first_block = hot_starts_[prng_.below(hot_starts_.size())] +
                     prng_.below(config_.hot_blocks - slot.blocks + 1);
  if (kind == 2 && last_write_block_ != UINT64_MAX) {
    slot.first_block = last_write_block_;
    slot.blocks = last_write_count_;
  }
  if (slot.request.op == BlockOp::flush) {
    slot.first_block = 0;
    slot.blocks = 0;
    return true;
  }
  if (slot.request.op == BlockOp::read) {
    return true;
  }
  slot.request.fua = geometry.can_fua && prng_.chance(1, 8);
  slot.request.may_unmap = prng_.chance(1, 2);
  return config_.overlap_in_time || !history_.busy(slot.first_block, slot.blocks);
}

void Workload::send(Slot& slot) {
  mpio::BlockRequest& request = slot.request;
  slot.open = true;
  slot.number = next_request_++;
  slot.submitted_ns = clock_.now_ns();
  slot.write_id = 0;
  request.owner = &slot;
  request.done = [](mpio::BlockRequest& done) {
    Slot& owner = *static_cast<Slot*>(done.owner);
    owner.workload->on_done(owner);
  };
  request.offset_bytes = slot.first_block * kBlockBytes;
  request.length_bytes = slot.blocks * kBlockBytes;
  switch (request.op) {
    case BlockOp::write:
      slot.write_id = history_.begin_write(slot.first_block, slot.blocks, WriteKind::data);
      for (uint64_t i = 0; i < slot.blocks; ++i) {
        stamp({slot.buffer.data() + i * kBlockBytes, kBlockBytes}, slot.first_block + i,
              slot.write_id);
      }
      break;
    case BlockOp::write_zeroes:
      slot.write_id = history_.begin_write(slot.first_block, slot.blocks, WriteKind::zeroes);
      break;
    case BlockOp::trim:
      slot.write_id = history_.begin_write(slot.first_block, slot.blocks, WriteKind::hint);
      break;
    case BlockOp::read:
      slot.mark = history_.mark();
      std::fill_n(slot.buffer.begin(), request.length_bytes, uint8_t{0xee});
      break;
    case BlockOp::flush:
      break;
  }
  if (request.op == BlockOp::read || request.op == BlockOp::write) {
    // Cut anywhere: the disk must not care how the client's memory lies.
    const size_t first = 1 + prng_.below(request.length_bytes - 1);
    slot.slices[0] = {slot.buffer.data(), first};
    slot.slices[1] = {slot.buffer.data() + first, request.length_bytes - first};
    request.slices = {slot.slices.data(), 2};
  }
  ++outstanding_;
  timeline_.add(clock_.now_ns(), What::io_submitted, slot.number, slot.first_block, slot.blocks,
                static_cast<uint64_t>(request.op));
  slot.in_submit = true;
  device_.submit(request);
  slot.in_submit = false;
}

void Workload::on_done(Slot& slot) {
  const uint64_t now = clock_.now_ns();
  timeline_.add(now, What::io_done, slot.number, static_cast<uint64_t>(slot.request.error));
  if (!slot.open || slot.in_submit) {
    findings_.add(Invariant::exactly_once, now,
                  "request #" + std::to_string(slot.number) +
                      (slot.open ? " completed from inside submit()" : " completed twice"));
    if (!slot.open) {
      return;
    }
  }
  slot.open = false;
  --outstanding_;
  stalls_.add(now - slot.submitted_ns);
  if (slot.write_id != 0) {
    history_.end_write(slot.write_id, slot.request.error == 0);
    // The next rewrite takes what has just been acknowledged: the moment at which a late write
    // would do harm.
    last_write_block_ = slot.first_block;
    last_write_count_ = slot.blocks;
  }
  if (slot.request.error != 0) {
    ++failed_;
    judge_.judge({slot.request.op, slot.first_block, slot.blocks, slot.request.error,
                  slot.submitted_ns, now});
  } else if (slot.request.op == BlockOp::read) {
    check_data(slot);
  }
  if (!tick_timer_.armed() && (issuing() || !read_back_queue_.empty())) {
    clock_.defer(tick_timer_);
  }
}

void Workload::check_data(const Slot& slot) {
  for (uint64_t i = 0; i < slot.blocks; ++i) {
    const uint64_t block = slot.first_block + i;
    const Stamp found = read_stamp({slot.buffer.data() + i * kBlockBytes, kBlockBytes}, block);
    if (auto verdict = history_.check_read(block, slot.mark, found.write_id, found.readable)) {
      findings_.add(verdict->invariant, clock_.now_ns(),
                    "request #" + std::to_string(slot.number) + ": " + verdict->text);
    }
  }
}

void Workload::read_back() {
  read_back_queue_ = blocks_in_use();
  clock_.defer(tick_timer_);
}

}  // namespace sim
