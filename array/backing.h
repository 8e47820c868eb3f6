// Where a LUN's blocks live: memory, or a file. A backing knows which of its bytes are mapped, that
// is take up space; the others read as zeros.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace array {

class Backing {
 public:
  // From some offset on: `length_bytes` that are all mapped, or all not.
  struct Extent {
    bool mapped = true;
    uint64_t length_bytes = 0;
  };

  virtual ~Backing() = default;
  virtual uint64_t size_bytes() const = 0;
  // A power of two: space is taken and given back in aligned units of so many bytes.
  virtual uint32_t map_unit_bytes() const = 0;
  // Written data may be lost until sync().
  virtual bool is_volatile() const = 0;

  // In all of these the caller keeps offset + length inside size_bytes(). False: the medium failed
  // (errno says how).
  virtual bool read(uint64_t offset_bytes, base::MutableBytes out) = 0;
  virtual bool write(uint64_t offset_bytes, base::Bytes data) = 0;
  // The range reads as zeros afterwards. Whole units in it are not mapped any more, if the store
  // can do that.
  virtual bool discard(uint64_t offset_bytes, uint64_t length_bytes) = 0;
  // Looks no further than `limit_bytes`, which is not 0; the answer is not longer than that.
  virtual Extent extent(uint64_t offset_bytes, uint64_t limit_bytes) = 0;
  // The range will be read soon. True: it is in memory already.
  virtual bool prefetch(uint64_t offset_bytes, uint64_t length_bytes) = 0;
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
