// All of a LUN's settings as the bytes of one value. Little-endian, as the processor lays them out:
//    0  u32  version, 1
//    4  u32  policy; 0: not set
//    8  u64  preferred path; 0: none
//   16  u32  number of paths
//   20  u32  0
//   24       of each path: u64 name, u32 desire, u32 weight
#pragma once

#include "windows/driver/settings/lun_settings.h"

namespace driver {

inline constexpr size_t kPendingHeaderBytes = 24;
inline constexpr size_t kPendingPathBytes = 16;
inline constexpr size_t kMaxPendingBytes =
    kPendingHeaderBytes + LunSettings::kMaxPaths * kPendingPathBytes;
static_assert(LunSettings::kScratchBytes >= Key::kValueHeaderBytes + kMaxPendingBytes &&
              LunSettings::kScratchBytes >= kSubkeyBufferBytes);

// Into `buffer`, which has room for kMaxPendingBytes.
base::Bytes encode_pending(const LunSettings& settings, base::MutableBytes buffer);
// False, and `out` as it was, when the bytes make no sense.
bool decode_pending(base::Bytes bytes, LunSettings& out);

}  // namespace driver
