// Events that describe themselves: their metadata are made by the compiler and lie in the image.
#pragma once

#include <array>
#include <string_view>

#include "base/bytes.h"
#include "windows/abi/kernel.h"
#include "windows/driver/trace_provider.h"

namespace driver {

// A literal as a template's argument; its zero belongs to the metadata.
template <size_t N>
struct Word {
  static constexpr size_t kBytes = N;
  char text[N] = {};
  consteval Word(const char (&literal)[N]) {
    for (size_t i = 0; i < N; ++i) {
      text[i] = literal[i];
    }
  }
  constexpr uint8_t* put(uint8_t* to) const {
    for (const char c : text) {
      *to++ = static_cast<uint8_t>(c);
    }
    return to;
  }
};

template <TLG_IN Type>
struct ValueOf;
template <>
struct ValueOf<TlgInUINT8> {
  using Type = uint8_t;
};
template <>
struct ValueOf<TlgInUINT16> {
  using Type = uint16_t;
};
template <>
struct ValueOf<TlgInUINT32> {
  using Type = uint32_t;
};
template <>
struct ValueOf<TlgInUINT64> {
  using Type = uint64_t;
};
template <>
struct ValueOf<TlgInCOUNTEDSTRING> {
  using Type = UNICODE_STRING;
};
template <>
struct ValueOf<TlgInCOUNTEDANSISTRING> {
  using Type = std::string_view;
};
template <>
struct ValueOf<TlgInBINARY> {
  using Type = base::Bytes;
};

template <Word Name, TLG_IN InType>
struct Field {
  using Value = typename ValueOf<InType>::Type;
  static constexpr size_t kBytes = Name.kBytes + 1;
  static constexpr uint8_t* put(uint8_t* to) {
    to = Name.put(to);
    *to = InType;
    return to + 1;
  }
};

// What stands in front: the size of all of it.
template <size_t N>
constexpr void put_size(std::array<uint8_t, N>& metadata) {
  metadata[0] = static_cast<uint8_t>(N);
  metadata[1] = static_cast<uint8_t>(N >> 8);
}

template <Word Name>
constexpr auto provider_metadata() {
  std::array<uint8_t, 2 + Name.kBytes> metadata{};
  put_size(metadata);
  Name.put(metadata.data() + 2);
  return metadata;
}

template <Word Name, typename... Fields>
constexpr auto event_metadata() {
  constexpr size_t kHead = 3;  // size and tags
  std::array<uint8_t, kHead + Name.kBytes + (size_t{0} + ... + Fields::kBytes)> metadata{};
  put_size(metadata);
  uint8_t* to = Name.put(metadata.data() + kHead);
  ((to = Fields::put(to)), ...);
  return metadata;
}

// The values of an event, one behind the other, little-endian as the machine.
class Payload {
 public:
  explicit Payload(base::MutableBytes buffer) : out_(buffer) {}

  void put(uint8_t value) { out_.u8(value); }
  void put(uint16_t value) { little(value, sizeof(value)); }
  void put(uint32_t value) { little(value, sizeof(value)); }
  void put(uint64_t value) { little(value, sizeof(value)); }
  void put(const UNICODE_STRING& text) {
    put(base::Bytes(reinterpret_cast<const uint8_t*>(text.Buffer), text.Length));
  }
  void put(std::string_view text) {
    put(base::Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
  }
  // Not inlined, like the next: every event is made of these.
  [[gnu::noinline]] void put(base::Bytes bytes) {
    put(static_cast<uint16_t>(bytes.size()));
    out_.bytes(bytes);
  }
  // Whole, or an event that cannot be decoded.
  bool fits() const { return !out_.truncated(); }
  base::Bytes bytes() const { return out_.written(); }

 private:
  [[gnu::noinline]] void little(uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) {
      out_.u8(static_cast<uint8_t>(value >> (8 * i)));
    }
  }

  base::ByteWriter out_;
};

}  // namespace driver
