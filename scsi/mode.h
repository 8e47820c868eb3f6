// Mode parameter lists: what MODE SENSE answers and MODE SELECT sends. SPC-4 7.5, SBC-3 6.4.2.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace scsi {

// The header of MODE SENSE(6) and MODE SELECT(6), 4 bytes, or of the (10) commands, 8 bytes.
enum class ModeForm : uint8_t { six, ten };

inline constexpr uint8_t kModePageCaching = 0x08;
inline constexpr uint8_t kModePageControl = 0x0a;
inline constexpr uint8_t kModePageInformationalExceptions = 0x1c;
inline constexpr uint8_t kModeAllPages = 0x3f;
inline constexpr uint8_t kModeSubpageControlExtension = 0x01;  // of kModePageControl
inline constexpr uint8_t kModeAllSubpages = 0xff;

inline constexpr uint8_t kModeWriteProtect = 0x80;  // WP, of ModeParameters::device_specific

// The parts of a list. The spans point into it.
struct ModeParameters {
  uint8_t device_specific = 0;  // SBC-3 6.4.1: WP 80h, DPOFUA 10h
  bool long_lba = false;        // LONGLBA, (10) only: block descriptors of 16 bytes
  base::Bytes block_descriptors;
  base::Bytes pages;
};

// Empty when the header is cut, or its block descriptors are. The length of the whole is not
// believed: MODE SELECT has it reserved.
std::optional<ModeParameters> decode_mode_parameters(base::Bytes list, ModeForm form);
// Returns the full length, writes what fits.
size_t encode_mode_parameters(base::MutableBytes out, ModeForm form, const ModeParameters& parts);

// One mode page. `body` is what follows its header of 2 bytes (page_0 format) or 4 (sub_page).
struct ModePage {
  uint8_t code = 0;
  uint8_t subcode = 0;  // 0: page_0 format
  base::Bytes body;

  size_t whole_bytes() const { return (subcode == 0 ? 2 : 4) + body.size(); }
};
// The page at the start of `pages`, which go on whole_bytes() later. Empty when it is not whole, or
// names subpage 0 in sub_page format.
std::optional<ModePage> first_mode_page(base::Bytes pages);
// Returns the full length, writes what fits. The body has at most 255 bytes in page_0 format.
size_t encode_mode_page(base::MutableBytes out, const ModePage& page);

struct BlockDescriptor {
  uint64_t block_count = 0;  // 0 in MODE SELECT: as it is
  uint32_t block_bytes = 0;
};
inline constexpr size_t kShortBlockDescriptorBytes = 8;
inline constexpr size_t kLongBlockDescriptorBytes = 16;
// Empty when the bytes are not exactly one descriptor.
std::optional<BlockDescriptor> decode_block_descriptor(base::Bytes bytes, bool long_lba);
// More blocks than the short form can say become FFFFFFFFh. Returns the full length.
size_t encode_block_descriptor(base::MutableBytes out, bool long_lba,
                               const BlockDescriptor& descriptor);

}  // namespace scsi
