// A block device as its front ends (the NBD server, the demo, tests) see it. mpio::Disk implements
// it.
//
// Threads: one event loop. submit() never completes a request from inside itself.
#pragma once

#include <cstdint>
#include <span>

#include "mpio/transport.h"

namespace mpio {

enum class BlockOp : uint8_t { read, write, flush, trim, write_zeroes };

struct BlockRequest {
  BlockOp op = BlockOp::read;
  uint64_t offset_bytes = 0;        // multiple of Geometry::logical_block_bytes
  uint64_t length_bytes = 0;        // likewise; 0 only for flush
  bool fua = false;                 // data is on stable storage before the request completes
  bool may_unmap = false;           // write_zeroes: the target may deallocate
  std::span<const IoSlice> slices;  // read, write: exactly length_bytes altogether
  int error = 0;  // out: 0 or an errno value (EIO, ENOSPC, EINVAL, ETIMEDOUT, EPERM)
  void (*done)(BlockRequest&) = nullptr;  // called exactly once
  void* owner = nullptr;                  // the caller's
  void* device_state = nullptr;           // the device's
};

struct Geometry {
  uint64_t size_bytes = 0;
  uint32_t logical_block_bytes = 512;
  uint32_t physical_block_bytes = 512;
  uint32_t optimal_io_bytes = 0;    // 0: not reported
  uint32_t max_transfer_bytes = 0;  // largest single read or write that a caller may submit
  bool read_only = false;           // all that would change blocks ends with EPERM
  bool can_trim = false;
  bool can_write_zeroes = false;
  bool can_fua = false;
};

class BlockDevice {
 public:
  virtual const Geometry& geometry() const = 0;
  virtual void submit(BlockRequest& request) = 0;

 protected:
  ~BlockDevice() = default;
};

}  // namespace mpio
