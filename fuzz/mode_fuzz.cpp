// Mode parameter lists: pages lie inside the list, and what is decoded encodes to the same bytes.
#include <algorithm>
#include <array>

#include "base/assert.h"
#include "scsi/mode.h"

namespace {

void check_pages(base::Bytes rest) {
  while (const auto page = scsi::first_mode_page(rest)) {
    BASE_ASSERT(page->whole_bytes() <= rest.size());
    std::array<uint8_t, 4 + UINT16_MAX> bytes{};
    BASE_ASSERT(scsi::encode_mode_page(bytes, *page) == page->whole_bytes());
    BASE_ASSERT((bytes[0] & 0x7f) == (rest[0] & 0x7f));  // PS is not kept
    BASE_ASSERT(std::equal(bytes.begin() + 1,
                           bytes.begin() + static_cast<std::ptrdiff_t>(page->whole_bytes()),
                           rest.begin() + 1));
    rest = rest.subspan(page->whole_bytes());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const scsi::ModeForm form : {scsi::ModeForm::six, scsi::ModeForm::ten}) {
    const auto parts = scsi::decode_mode_parameters({data, size}, form);
    if (!parts) {
      continue;
    }
    BASE_ASSERT(parts->block_descriptors.size() + parts->pages.size() < size);
    if (const auto descriptor =
            scsi::decode_block_descriptor(parts->block_descriptors, parts->long_lba)) {
      std::array<uint8_t, scsi::kLongBlockDescriptorBytes> bytes{};
      BASE_ASSERT(scsi::encode_block_descriptor(bytes, parts->long_lba, *descriptor) ==
                  parts->block_descriptors.size());
    }
    check_pages(parts->pages);
  }
  return 0;
}
