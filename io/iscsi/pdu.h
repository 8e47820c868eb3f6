// iSCSI protocol data units: the 48-byte basic header segment and its fields. RFC 7143 section 11.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace io::iscsi {

inline constexpr size_t kHeaderBytes = 48;
inline constexpr uint32_t kNoTag = 0xffffffff;

enum Opcode : uint8_t {
  kNopOut = 0x00,
  kScsiCommand = 0x01,
  kTaskManagement = 0x02,
  kLoginRequest = 0x03,
  kTextRequest = 0x04,
  kDataOut = 0x05,
  kLogoutRequest = 0x06,
  kSnack = 0x10,
  kNopIn = 0x20,
  kScsiResponse = 0x21,
  kTaskManagementResponse = 0x22,
  kLoginResponse = 0x23,
  kTextResponse = 0x24,
  kDataIn = 0x25,
  kLogoutResponse = 0x26,
  kReadyToTransfer = 0x31,
  kAsyncMessage = 0x32,
  kReject = 0x3f,
};

// Reasons of a Reject PDU, RFC 7143 11.17.1.
enum RejectReason : uint8_t {
  kDataDigestError = 0x02,
  kSnackReject = 0x03,
  kProtocolError = 0x04,
  kCommandNotSupported = 0x05,
  kTooManyImmediate = 0x06,
  kTaskInProgress = 0x07,
  kInvalidField = 0x09,
};

inline constexpr uint8_t kFinal = 0x80;  // F, in the second byte of most PDUs
// Flags of login requests and responses, and kContinue also of text ones; the stages. RFC 7143
// 11.10 to 11.13.
inline constexpr uint8_t kTransit = 0x80;
inline constexpr uint8_t kContinue = 0x40;
inline constexpr uint8_t kSecurityStage = 0;
inline constexpr uint8_t kOperationalStage = 1;
inline constexpr uint8_t kFullFeature = 3;

struct Header {
  std::array<uint8_t, kHeaderBytes> raw{};

  uint8_t opcode() const { return raw[0] & 0x3f; }
  bool immediate() const { return (raw[0] & 0x40) != 0; }
  bool final() const { return (raw[1] & 0x80) != 0; }
  uint8_t flags() const { return raw[1]; }
  size_t ahs_bytes() const { return size_t{raw[4]} * 4; }
  size_t data_bytes() const { return base::load_be24(&raw[5]); }
  uint64_t lun() const { return base::load_be64(&raw[8]); }
  uint32_t initiator_tag() const { return base::load_be32(&raw[16]); }
  uint32_t field(size_t offset) const { return base::load_be32(&raw[offset]); }
  uint32_t command_sn() const { return field(24); }

  void set(size_t offset, uint32_t value) { base::store_be32(&raw[offset], value); }
  void set_data_bytes(size_t count) { base::store_be24(&raw[5], static_cast<uint32_t>(count)); }
};

constexpr size_t padded(size_t bytes) {
  return (bytes + 3) & ~size_t{3};
}

// How far serial number `a` is ahead of `b` (RFC 1982, negative when behind).
constexpr int32_t serial_difference(uint32_t a, uint32_t b) {
  return static_cast<int32_t>(a - b);
}

}  // namespace io::iscsi
