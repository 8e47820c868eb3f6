// The Authenticode hash of any bytes: one, or a reason why there is none; the checksum does not
// change it.
#include <string>

#include "base/assert.h"
#include "package/hash.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  package::Hash hash{};
  std::string error;
  if (!package::image_hash(bytes, hash, error)) {
    BASE_ASSERT(!error.empty());
    return 0;
  }
  BASE_ASSERT(package::is_image(bytes));
  const auto byte = [&bytes](size_t at) { return size_t{static_cast<uint8_t>(bytes[at])}; };
  const size_t header = byte(0x3c) | byte(0x3d) << 8 | byte(0x3e) << 16;
  std::string changed = bytes;
  changed[header + 24 + 64] = static_cast<char>(changed[header + 24 + 64] + 1);
  package::Hash again{};
  BASE_ASSERT(package::image_hash(changed, again, error) && again == hash);
  return 0;
}
