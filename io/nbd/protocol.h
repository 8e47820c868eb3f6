// The NBD protocol's numbers and fixed-size messages, as doc/proto.md of the NBD project has them.
// All integers on the wire are big-endian.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace io::nbd {

// Handshake.
inline constexpr uint64_t kServerMagic = 0x4e42444d41474943;  // "NBDMAGIC"
inline constexpr uint64_t kOptionMagic = 0x49484156454f5054;  // "IHAVEOPT"
inline constexpr uint64_t kOptionReplyMagic = 0x0003e889045565a9;
inline constexpr uint16_t kFlagFixedNewstyle = 1 << 0;  // the client's answer uses the same bits
inline constexpr uint16_t kFlagNoZeroes = 1 << 1;

inline constexpr size_t kHelloBytes = 18;
inline constexpr size_t kClientFlagsBytes = 4;
inline constexpr size_t kOptionHeaderBytes = 16;
inline constexpr size_t kOptionReplyHeaderBytes = 20;
inline constexpr size_t kExportNameZeroes = 124;
inline constexpr size_t kMaxStringBytes = 4096;  // names, descriptions, messages

enum class Option : uint32_t {
  export_name = 1,
  abort = 2,
  list = 3,
  start_tls = 5,
  info = 6,
  go = 7,
  structured_reply = 8,
};

enum class OptionReply : uint32_t {
  ack = 1,
  server = 2,
  info = 3,
  error_unsupported = 0x80000001,
  error_invalid = 0x80000003,
  error_unknown = 0x80000006,
  error_too_big = 0x80000009,
};
constexpr bool is_error(OptionReply reply) {
  return (static_cast<uint32_t>(reply) >> 31) != 0;
}

enum class Info : uint16_t { exported = 0, name = 1, description = 2, block_size = 3 };

// Transmission flags of an export.
inline constexpr uint16_t kHasFlags = 1 << 0;
inline constexpr uint16_t kReadOnly = 1 << 1;
inline constexpr uint16_t kSendFlush = 1 << 2;
inline constexpr uint16_t kSendFua = 1 << 3;
inline constexpr uint16_t kSendTrim = 1 << 5;
inline constexpr uint16_t kSendWriteZeroes = 1 << 6;
inline constexpr uint16_t kSendDf = 1 << 7;
inline constexpr uint16_t kCanMultiConn = 1 << 8;

// Transmission phase.
inline constexpr uint32_t kRequestMagic = 0x25609513;
inline constexpr uint32_t kSimpleReplyMagic = 0x67446698;
inline constexpr uint32_t kStructuredReplyMagic = 0x668e33ef;
inline constexpr size_t kRequestBytes = 28;
inline constexpr size_t kSimpleReplyBytes = 16;
inline constexpr size_t kChunkHeaderBytes = 20;
inline constexpr size_t kChunkOffsetBytes = 8;  // opens the payload of offset_data

enum class Command : uint16_t {
  read = 0,
  write = 1,
  disconnect = 2,
  flush = 3,
  trim = 4,
  cache = 5,
  write_zeroes = 6,
  block_status = 7,
};

inline constexpr uint16_t kCommandFua = 1 << 0;
inline constexpr uint16_t kCommandNoHole = 1 << 1;
inline constexpr uint16_t kCommandDf = 1 << 2;

inline constexpr uint16_t kChunkDone = 1 << 0;

enum class Chunk : uint16_t {
  none = 0,
  offset_data = 1,
  offset_hole = 2,
  error = 0x8001,
  error_offset = 0x8002,
};
constexpr bool is_error(Chunk chunk) {
  return (static_cast<uint16_t>(chunk) >> 15) != 0;
}

// Longest read or write that is portable (the specification's limit for clients that know nothing
// of the server), and so the longest that either side here handles.
inline constexpr uint32_t kMaxPayloadBytes = 32u << 20;

struct Request {
  uint32_t magic = 0;
  uint16_t flags = 0;
  uint16_t command = 0;
  uint64_t cookie = 0;
  uint64_t offset_bytes = 0;
  uint32_t length_bytes = 0;
};

// `at` has kRequestBytes.
constexpr Request load_request(const uint8_t* at) {
  return {base::load_be32(at),     base::load_be16(at + 4),  base::load_be16(at + 6),
          base::load_be64(at + 8), base::load_be64(at + 16), base::load_be32(at + 24)};
}
constexpr void store_request(uint8_t* at, const Request& request) {
  base::store_be32(at, request.magic);
  base::store_be16(at + 4, request.flags);
  base::store_be16(at + 6, request.command);
  base::store_be64(at + 8, request.cookie);
  base::store_be64(at + 16, request.offset_bytes);
  base::store_be32(at + 24, request.length_bytes);
}

// NBD's error numbers are Linux's, but only these may be sent.
constexpr uint32_t wire_error(int error) {
  switch (error) {
    case 0:
    case EPERM:
    case EIO:
    case ENOMEM:
    case EINVAL:
    case ENOSPC:
    case EOVERFLOW:
    case ENOTSUP:
    case ESHUTDOWN:
      return static_cast<uint32_t>(error);
    case EROFS:
    case EACCES:
      return EPERM;
    case EFBIG:
    case EDQUOT:
      return ENOSPC;
    default:
      return EIO;
  }
}

}  // namespace io::nbd
