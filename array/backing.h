// Where a LUN's blocks live: memory, or a file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace array {

class Backing {
 public:
  virtual ~Backing() = default;
  virtual uint64_t size_bytes() const = 0;
  // The caller keeps offset + length inside size_bytes(). False: the medium failed (errno says
  // how).
  virtual bool read(uint64_t offset_bytes, base::MutableBytes out) = 0;
  virtual bool write(uint64_t offset_bytes, base::Bytes data) = 0;
  // The range reads as zeros afterwards, and may be deallocated.
  virtual bool discard(uint64_t offset_bytes, uint64_t length_bytes) = 0;
  // Everything written before is on stable storage.
  virtual bool sync() = 0;
  virtual bool resize(uint64_t size_bytes) = 0;
};

// Memory, allocated in pieces as they are written.
std::unique_ptr<Backing> make_ram_backing(uint64_t size_bytes);
// Null when it cannot be opened; `error` says why.
std::unique_ptr<Backing> open_file_backing(const std::string& path, bool read_only,
                                           std::string& error);

}  // namespace array
