// VPD pages: the payload lies inside the page; the decoded pages survive encoding.
#include "base/assert.h"
#include "scsi/vpd.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const base::Bytes page(data, size);
  for (const uint8_t code : {scsi::kVpdSupportedPages, scsi::kVpdSerialNumber,
                             scsi::kVpdDeviceIdentification, scsi::kVpdCharacteristics}) {
    if (const auto payload = scsi::vpd_payload(page, code); payload && !payload->empty()) {
      BASE_ASSERT(payload->data() >= data && payload->data() + payload->size() <= data + size);
    }
  }
  std::array<uint8_t, 64> bytes{};
  if (const auto limits = scsi::decode_block_limits(page)) {
    const size_t length = scsi::encode_block_limits(bytes, *limits);
    const auto again = scsi::decode_block_limits(base::Bytes(bytes).first(length));
    BASE_ASSERT(again && again->max_transfer_blocks == limits->max_transfer_blocks &&
                again->max_unmap_blocks == limits->max_unmap_blocks &&
                again->max_write_same_blocks == limits->max_write_same_blocks);
  }
  if (const auto provisioning = scsi::decode_provisioning(page)) {
    const size_t length = scsi::encode_provisioning(bytes, *provisioning);
    const auto again = scsi::decode_provisioning(base::Bytes(bytes).first(length));
    BASE_ASSERT(again && again->unmap == provisioning->unmap && again->type == provisioning->type &&
                again->read_zeros == provisioning->read_zeros);
  }
  return 0;
}
