// Standard INQUIRY data: any bytes decode or not; what decodes survives encoding.
#include "base/assert.h"
#include "scsi/inquiry.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto decoded = scsi::decode_inquiry({data, size});
  BASE_ASSERT(decoded.has_value() == (size >= 36));
  if (!decoded) {
    return 0;
  }
  std::array<uint8_t, scsi::kInquiryBytes> bytes{};
  BASE_ASSERT(scsi::encode_inquiry(bytes, *decoded) == bytes.size());
  const auto again = scsi::decode_inquiry(bytes);
  BASE_ASSERT(again && again->qualifier == decoded->qualifier &&
              again->device_type == decoded->device_type &&
              again->target_port_group_support == decoded->target_port_group_support &&
              again->vendor == decoded->vendor && again->product == decoded->product &&
              again->revision == decoded->revision);
  return 0;
}
