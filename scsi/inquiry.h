// Standard INQUIRY data. SPC-4 6.6.2.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/fixed_string.h"

namespace scsi {

inline constexpr size_t kInquiryBytes = 96;

struct Inquiry {
  uint8_t qualifier = 0;    // 0: a logical unit is there; 3: none can be
  uint8_t device_type = 0;  // 0: direct access block device; 1Fh: unknown or none
  bool removable = false;
  uint8_t version = 0;                    // 6: SPC-4
  uint8_t target_port_group_support = 0;  // TPGS: 0 none, 1 implicit, 2 explicit, 3 both
  bool third_party_copy = false;
  bool protect = false;
  bool command_queuing = false;
  base::FixedString<8> vendor;    // as sent, 8 characters with trailing blanks
  base::FixedString<16> product;  // 16
  base::FixedString<4> revision;  // 4
};

// Empty when fewer than 36 bytes are there. Bytes that are not printable ASCII become '?'.
std::optional<Inquiry> decode_inquiry(base::Bytes bytes);
// kInquiryBytes long, cut to `out`; names are padded with blanks. Returns how many bytes were
// written.
size_t encode_inquiry(base::MutableBytes out, const Inquiry& inquiry);

// `text` without trailing blanks.
constexpr std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.back() == ' ') {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace scsi
