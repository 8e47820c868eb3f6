// Hex text as people paste it: never more bytes than there is room for, and an error says where.
#include <string>

#include "base/assert.h"
#include "scsi/hex_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::array<uint8_t, 32> bytes{};
  const scsi::HexTextResult result = scsi::parse_hex_text(text, bytes);
  BASE_ASSERT(result.bytes <= bytes.size());
  if (result.error != nullptr) {
    BASE_ASSERT(result.line >= 1 && result.column >= 1);
    return 0;
  }
  std::string rebuilt;
  for (size_t i = 0; i < result.bytes; ++i) {
    constexpr char kDigits[] = "0123456789abcdef";
    rebuilt += {kDigits[bytes[i] >> 4], kDigits[bytes[i] & 15], ' '};
  }
  std::array<uint8_t, 32> again{};
  BASE_ASSERT(scsi::parse_hex_text(rebuilt, again).bytes == result.bytes && again == bytes);
  return 0;
}
