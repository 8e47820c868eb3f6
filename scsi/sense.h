// Sense data, both formats (SPC-4 4.5): what went wrong, as the target says it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace scsi {

enum SenseKey : uint8_t {
  kNoSense = 0x0,
  kRecoveredError = 0x1,
  kNotReady = 0x2,
  kMediumError = 0x3,
  kHardwareError = 0x4,
  kIllegalRequest = 0x5,
  kUnitAttention = 0x6,
  kDataProtect = 0x7,
  kBlankCheck = 0x8,
  kVendorSpecific = 0x9,
  kCopyAborted = 0xa,
  kAbortedCommand = 0xb,
  kVolumeOverflow = 0xd,
  kMiscompare = 0xe,
  kCompleted = 0xf,
};

// Unit attentions that more than one part knows by name: ASC and ASCQ, as Sense::code() has them.
// SPC-4 table F.1.
inline constexpr uint16_t kParametersChanged = 0x2a00;
inline constexpr uint16_t kModeParametersChanged = 0x2a01;
inline constexpr uint16_t kReservationsPreempted = 0x2a03;
inline constexpr uint16_t kReservationsReleased = 0x2a04;
inline constexpr uint16_t kRegistrationsPreempted = 0x2a05;
inline constexpr uint16_t kAccessStateChanged = 0x2a06;
inline constexpr uint16_t kImplicitTransitionFailed = 0x2a07;
inline constexpr uint16_t kCapacityChanged = 0x2a09;
inline constexpr uint16_t kCommandsCleared = 0x2f00;

enum class SenseFormat : uint8_t { none, fixed, descriptor };

struct Sense {
  SenseFormat format = SenseFormat::none;  // none: the bytes are no sense data
  bool deferred = false;                   // about an earlier command, not this one
  uint8_t key = 0;
  uint8_t asc = 0;
  uint8_t ascq = 0;
  std::optional<uint64_t> information;    // only when the VALID bit is set
  std::array<uint8_t, 3> key_specific{};  // SKSV in bit 7 of the first byte
  bool filemark = false;
  bool end_of_medium = false;
  bool incorrect_length = false;

  bool valid() const { return format != SenseFormat::none; }
  bool is(uint8_t k, uint8_t c, uint8_t q) const { return key == k && asc == c && ascq == q; }
  uint16_t code() const { return static_cast<uint16_t>((asc << 8) | ascq); }
};

// Without anything but a key and a code as Sense::code() has it.
constexpr Sense make_sense(uint8_t key, uint16_t code) {
  Sense sense;
  sense.key = key;
  sense.asc = static_cast<uint8_t>(code >> 8);
  sense.ascq = static_cast<uint8_t>(code);
  return sense;
}

// Reads whatever is there; fields past the end of short data stay zero. Never fails: rubbish gives
// format none.
Sense decode_sense(base::Bytes bytes);

// 18 bytes. Returns how many fit.
size_t encode_fixed_sense(base::MutableBytes out, const Sense& sense);
// 8 bytes and descriptors for information and key-specific bytes if present.
size_t encode_descriptor_sense(base::MutableBytes out, const Sense& sense);

const char* name_of_sense_key(uint8_t key);
// The standard's text for the common codes; "" for one that is not in the table.
const char* text_of_sense_code(uint8_t asc, uint8_t ascq);

}  // namespace scsi
