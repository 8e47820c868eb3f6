// The coder of dsm/trace/layout.h that writes a record. Inside dsm/ only.
#pragma once

#include "dsm/trace/layout.h"

namespace dsm::trace {

class Writer {
 public:
  explicit Writer(base::MutableBytes buffer) : out_(buffer) {}

  void u8(const char*, uint8_t value, const char*) { out_.u8(value); }
  void u16(const char*, uint32_t value, const char*) { little(value, 2); }
  void u32(const char*, uint32_t value, const char*) { little(value, 4); }
  void u64(const char*, uint64_t value, const char*) { little(value, 8); }
  void flag(const char*, bool value, const char*) { out_.u8(value ? 1 : 0); }
  template <typename E>
  void choice(const char*, E value, E, const char*) {
    out_.u8(static_cast<uint8_t>(value));
  }
  template <typename E>
  void any(const char*, E value, const char*) {
    out_.u8(static_cast<uint8_t>(value));
  }
  void text(const char*, std::string_view text, const char*) {
    bytes("", {reinterpret_cast<const uint8_t*>(text.data()), text.size()}, "");
  }
  void text(const char*, const char* literal, const char*) {
    size_t size = 0;
    while (size < kMaxTextBytes && literal[size] != '\0') {
      ++size;
    }
    text("", std::string_view(literal, size), "");
  }
  void bytes(const char*, base::Bytes bytes, const char*) {
    const base::Bytes kept = base::slice(bytes, 0, kMaxTextBytes);
    out_.u8(static_cast<uint8_t>(kept.size()));
    out_.bytes(kept);
  }
  template <typename Size, size_t N>
  void sized(const char*, Size size, const std::array<uint8_t, N>& array, const char*) {
    const base::Bytes kept = base::slice(array, 0, size);
    little(kept.size(), 2);
    out_.bytes(kept);
  }
  void path_settings(const char*, std::span<const PathSetting> settings, const char*) {
    const size_t count = settings.size() < kMaxPathSettings ? settings.size() : kMaxPathSettings;
    out_.u8(static_cast<uint8_t>(count));
    for (const PathSetting& setting : settings.first(count)) {
      path_setting_fields(*this, setting);
    }
  }
  bool part(const char*, bool there) const { return there; }

  // Bytes as they are.
  void raw(base::Bytes bytes) { out_.bytes(bytes); }
  void header(const Header& header) {
    little(kMark, 2);
    out_.u8(static_cast<uint8_t>(header.kind));
    out_.u8(0);
    little(header.length, 4);
    little(header.number, 4);
    little(header.checksum, 4);
    little(header.now, 8);
  }
  void patch32(size_t offset, uint32_t value) {
    for (unsigned i = 0; i < 4; ++i) {
      out_.patch8(offset + i, static_cast<uint8_t>(value >> (8 * i)));
    }
  }
  base::MutableBytes written() const { return out_.written(); }

 private:
  // Every record is made of it, so it is not inlined.
  [[gnu::noinline]] void little(uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) {
      out_.u8(static_cast<uint8_t>(value >> (8 * i)));
    }
  }

  base::ByteWriter out_;
};

}  // namespace dsm::trace
