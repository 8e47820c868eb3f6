// A block device in memory for tests. It works on a request when it completes it, not when it gets
// it, so a buffer that dies in between is found by the address sanitizer. It can hold requests back
// and fail them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/scheduler.h"
#include "mpio/block_device.h"

namespace io::nbd::testing {

inline mpio::Geometry ram_geometry(uint64_t size_bytes, uint32_t block_bytes = 512) {
  mpio::Geometry geometry;
  geometry.size_bytes = size_bytes;
  geometry.logical_block_bytes = block_bytes;
  geometry.physical_block_bytes = std::max(block_bytes, 4096u);
  geometry.max_transfer_bytes = 32u << 20;
  geometry.can_trim = true;
  geometry.can_write_zeroes = true;
  geometry.can_fua = true;
  return geometry;
}

class RamDevice final : public mpio::BlockDevice {
 public:
  struct Seen {
    mpio::BlockOp op = mpio::BlockOp::read;
    uint64_t offset_bytes = 0;
    uint64_t length_bytes = 0;
    bool fua = false;
    bool may_unmap = false;
    const uint8_t* data = nullptr;  // of the first slice
  };

  RamDevice(base::Scheduler& scheduler, const mpio::Geometry& geometry)
      : scheduler_(scheduler), geometry_(geometry), bytes_(geometry.size_bytes) {}
  ~RamDevice() {
    BASE_ASSERT(waiting_.empty());
    scheduler_.cancel(work_timer_);
  }
  RamDevice(const RamDevice&) = delete;
  RamDevice& operator=(const RamDevice&) = delete;

  const mpio::Geometry& geometry() const override { return geometry_; }
  void submit(mpio::BlockRequest& request) override {
    check(request);
    if (recording_) {
      seen_.push_back({request.op, request.offset_bytes, request.length_bytes, request.fua,
                       request.may_unmap,
                       request.slices.empty() ? nullptr : request.slices.front().data});
    }
    waiting_.push_back(&request);
    if (!held_ && !work_timer_.armed()) {
      scheduler_.defer(work_timer_);
    }
  }

  std::vector<uint8_t>& bytes() { return bytes_; }
  // Requests wait from now on, until release() or complete_one().
  void hold() {
    held_ = true;
    scheduler_.cancel(work_timer_);
  }
  void release() {
    held_ = false;
    scheduler_.defer(work_timer_);
  }
  // The newest (so replies come out of order) or the oldest of those that wait, now.
  void complete_newest() { finish(*pop(waiting_.size() - 1)); }
  void complete_oldest() { finish(*pop(0)); }
  void fail_next(int error, size_t count = 1) { errors_.insert(errors_.end(), count, error); }
  size_t waiting() const { return waiting_.size(); }
  void record() { recording_ = true; }
  const std::vector<Seen>& seen() const { return seen_; }

 private:
  void check(const mpio::BlockRequest& request) const {
    const uint64_t block = geometry_.logical_block_bytes;
    BASE_ASSERT(request.done != nullptr);
    BASE_ASSERT(request.offset_bytes % block == 0 && request.length_bytes % block == 0);
    BASE_ASSERT(request.offset_bytes <= geometry_.size_bytes &&
                request.length_bytes <= geometry_.size_bytes - request.offset_bytes);
    const bool has_data = request.op == mpio::BlockOp::read || request.op == mpio::BlockOp::write;
    uint64_t sum = 0;
    for (const mpio::IoSlice& slice : request.slices) {
      sum += slice.size_bytes;
    }
    BASE_ASSERT(sum == (has_data ? request.length_bytes : 0));
    BASE_ASSERT(!has_data || request.length_bytes <= geometry_.max_transfer_bytes);
  }

  mpio::BlockRequest* pop(size_t index) {
    mpio::BlockRequest* const request = waiting_.at(index);
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(index));
    return request;
  }

  void work() {
    for (size_t left = waiting_.size(); left != 0 && !held_; --left) {
      finish(*pop(0));
    }
    if (!waiting_.empty() && !held_ && !work_timer_.armed()) {
      scheduler_.defer(work_timer_);
    }
  }

  void finish(mpio::BlockRequest& request) {
    request.error = 0;
    if (!errors_.empty()) {
      request.error = errors_.front();
      errors_.pop_front();
    }
    if (request.error == 0) {
      execute(request);
    }
    request.done(request);
  }

  void execute(const mpio::BlockRequest& request) {
    uint8_t* at = bytes_.data() + request.offset_bytes;
    for (const mpio::IoSlice& slice : request.slices) {
      if (request.op == mpio::BlockOp::read) {
        std::memcpy(slice.data, at, slice.size_bytes);
      } else {
        std::memcpy(at, slice.data, slice.size_bytes);
      }
      at += slice.size_bytes;
    }
    if (request.op == mpio::BlockOp::trim || request.op == mpio::BlockOp::write_zeroes) {
      std::memset(at, 0, request.length_bytes);
    }
  }

  base::Scheduler& scheduler_;
  const mpio::Geometry geometry_;
  std::vector<uint8_t> bytes_;
  std::deque<mpio::BlockRequest*> waiting_;
  std::deque<int> errors_;
  std::vector<Seen> seen_;
  bool held_ = false;
  bool recording_ = false;
  base::MemberTimer<&RamDevice::work> work_timer_{*this};
};

}  // namespace io::nbd::testing
