// See value.h.
#include "windows/driver/settings/value.h"

namespace driver {
namespace {

constexpr size_t kLongest = sizeof(uint64_t);

struct Buffer {
  alignas(KEY_VALUE_PARTIAL_INFORMATION) uint8_t bytes[Key::kValueHeaderBytes + kLongest];
};

// The value, when it has this type and size; none, and said so, when it is another.
template <typename T>
std::optional<T> read_exactly(const Key& key, UNICODE_STRING name, ULONG type) {
  Buffer buffer{};
  Key::Value value;
  const NTSTATUS status = key.read(name, buffer.bytes, value);
  if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
    return {};
  }
  T number{};
  if (!NT_SUCCESS(status) || value.type != type || value.bytes.size() != sizeof(number)) {
    report_setting(key, name, "is not of the type and size that it must have", value);
    return {};
  }
  std::memcpy(&number, value.bytes.data(), sizeof(number));
  return number;
}

template <typename T>
NTSTATUS write_exactly(const Key& key, UNICODE_STRING name, ULONG type, T value) {
  return key.write(name, type, {reinterpret_cast<const uint8_t*>(&value), sizeof(value)});
}

constexpr const char* kOutOfRange = "is out of range";

// How a number was found that is told for what it says.
template <typename T>
constexpr Key::Value value_of(ULONG type) {
  return {.type = type, .size = sizeof(T), .bytes = {}};
}

}  // namespace

std::optional<uint32_t> read_number(const Key& key, UNICODE_STRING name, uint32_t lowest,
                                    uint32_t highest) {
  const std::optional<uint32_t> number = read_exactly<uint32_t>(key, name, REG_DWORD);
  if (number && (*number < lowest || *number > highest)) {
    report_setting(key, name, kOutOfRange, value_of<uint32_t>(REG_DWORD));
    return {};
  }
  return number;
}

std::optional<uint64_t> read_long(const Key& key, UNICODE_STRING name, uint64_t highest) {
  const std::optional<uint64_t> number = read_exactly<uint64_t>(key, name, REG_BINARY);
  if (number && *number > highest) {
    report_setting(key, name, kOutOfRange, value_of<uint64_t>(REG_BINARY));
    return {};
  }
  return number;
}

std::optional<bool> read_flag(const Key& key, UNICODE_STRING name) {
  const std::optional<uint8_t> byte = read_exactly<uint8_t>(key, name, REG_BINARY);
  return byte ? std::optional<bool>(*byte != 0) : std::nullopt;
}

NTSTATUS write_number(const Key& key, UNICODE_STRING name, uint32_t value) {
  return write_exactly(key, name, REG_DWORD, value);
}

NTSTATUS write_long(const Key& key, UNICODE_STRING name, uint64_t value) {
  return write_exactly(key, name, REG_BINARY, value);
}

NTSTATUS write_flag(const Key& key, UNICODE_STRING name, bool value) {
  return write_exactly(key, name, REG_BINARY, static_cast<uint8_t>(value ? 1 : 0));
}

}  // namespace driver
