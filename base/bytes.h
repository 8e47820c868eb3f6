// Big-endian fields and bounds-checked cursors over bytes from outside. No function here reads or
// writes outside its span, whatever the caller's numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace base {

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

// Unchecked: the caller knows that the bytes are there.
constexpr uint16_t load_be16(const uint8_t* at) {
  return static_cast<uint16_t>((at[0] << 8) | at[1]);
}
constexpr uint32_t load_be24(const uint8_t* at) {
  return (uint32_t{at[0]} << 16) | (uint32_t{at[1]} << 8) | at[2];
}
constexpr uint32_t load_be32(const uint8_t* at) {
  return (uint32_t{at[0]} << 24) | load_be24(at + 1);
}
constexpr uint64_t load_be64(const uint8_t* at) {
  return (uint64_t{load_be32(at)} << 32) | load_be32(at + 4);
}
constexpr void store_be16(uint8_t* at, uint16_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}
constexpr void store_be24(uint8_t* at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value >> 16);
  store_be16(at + 1, static_cast<uint16_t>(value));
}
constexpr void store_be32(uint8_t* at, uint32_t value) {
  store_be16(at, static_cast<uint16_t>(value >> 16));
  store_be16(at + 2, static_cast<uint16_t>(value));
}
constexpr void store_be64(uint8_t* at, uint64_t value) {
  store_be32(at, static_cast<uint32_t>(value >> 32));
  store_be32(at + 4, static_cast<uint32_t>(value));
}

// The part of `bytes` from `offset` on, at most `count` long; shorter, even empty, when it ends
// earlier.
constexpr Bytes slice(Bytes bytes, size_t offset, size_t count = SIZE_MAX) {
  if (offset >= bytes.size()) {
    return {};
  }
  const size_t left = bytes.size() - offset;
  return bytes.subspan(offset, count < left ? count : left);
}

// Copies what fits; returns how many bytes that was.
inline size_t copy_bounded(MutableBytes to, Bytes from) {
  const size_t count = to.size() < from.size() ? to.size() : from.size();
  if (count != 0) {
    std::memcpy(to.data(), from.data(), count);
  }
  return count;
}

// Builds bytes in a caller's buffer. Past the end it counts on but writes nothing: `needed()` then
// says how large the buffer had to be, and `written()` is the truncated part, as SCSI allocation
// lengths want it.
class ByteWriter {
 public:
  explicit constexpr ByteWriter(MutableBytes buffer) : buffer_(buffer) {}

  constexpr size_t needed() const { return at_; }
  constexpr MutableBytes written() const {
    return buffer_.first(at_ < buffer_.size() ? at_ : buffer_.size());
  }
  constexpr bool truncated() const { return at_ > buffer_.size(); }

  constexpr void u8(uint8_t value) {
    if (at_ < buffer_.size()) {
      buffer_[at_] = value;
    }
    ++at_;
  }
  constexpr void be16(uint16_t value) {
    u8(static_cast<uint8_t>(value >> 8));
    u8(static_cast<uint8_t>(value));
  }
  constexpr void be32(uint32_t value) {
    be16(static_cast<uint16_t>(value >> 16));
    be16(static_cast<uint16_t>(value));
  }
  constexpr void be64(uint64_t value) {
    be32(static_cast<uint32_t>(value >> 32));
    be32(static_cast<uint32_t>(value));
  }
  constexpr void bytes(Bytes from) {
    for (const uint8_t byte : from) {
      u8(byte);
    }
  }
  constexpr void zeros(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      u8(0);
    }
  }
  // Overwrites an earlier 16- or 32-bit field (a length known only now).
  constexpr void patch16(size_t offset, uint16_t value) {
    patch8(offset, static_cast<uint8_t>(value >> 8));
    patch8(offset + 1, static_cast<uint8_t>(value));
  }
  constexpr void patch32(size_t offset, uint32_t value) {
    patch16(offset, static_cast<uint16_t>(value >> 16));
    patch16(offset + 2, static_cast<uint16_t>(value));
  }
  constexpr void patch8(size_t offset, uint8_t value) {
    if (offset < buffer_.size()) {
      buffer_[offset] = value;
    }
  }

 private:
  MutableBytes buffer_;
  size_t at_ = 0;
};

}  // namespace base
