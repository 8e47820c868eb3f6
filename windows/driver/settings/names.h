// What LUNs and paths are called where settings are kept: names that another start, another order
// of adapters or another address does not give to something else.
//
// A LUN's name is its identity, as VPD page 83h (or 80h) shows it: "naa.60014..." and so on,
// whatever vendor and product call themselves; different identities have different names. A path's
// name is made of the target port it leads to. Where the target does not tell its port, and where
// several paths of a LUN lead to one port, the number that MPIO knows the path by has to do, which
// is made of the adapter's place and may change when adapters do.
#pragma once

#include "dsm/claim.h"
#include "windows/abi/kernel.h"

namespace driver {

// Never 0. Names made of a target port have their highest bit set, so that they are never a number
// of MPIO's, which have 32 bits.
using PathName = uint64_t;
inline constexpr PathName kNoPath = 0;
// What stands in the registry and in classes of WMI where no path is meant.
inline constexpr uint64_t kNoPathNumber = 0xffffffff;

// `vpd83` with its header, or empty.
PathName path_name_of(base::Bytes vpd83, const dsm::ClaimResult& claim, dsm::PathId path);

inline constexpr size_t kMaxLunNameCharacters = 200;
struct LunName {
  WCHAR text[kMaxLunNameCharacters];
  USHORT characters = 0;

  UNICODE_STRING view() {
    const auto bytes = static_cast<USHORT>(characters * sizeof(WCHAR));
    return {bytes, bytes, text};
  }
};
void make_lun_name(const dsm::Identity& identity, LunName& out);

// "DSMPath#" and 16 digits, lowest byte first.
inline constexpr size_t kPathKeyCharacters = 24;
struct PathKey {
  explicit PathKey(PathName name);
  UNICODE_STRING view() { return {sizeof(text), sizeof(text), text}; }
  WCHAR text[kPathKeyCharacters];
};
// kNoPath when `key` is no such text.
PathName path_of_key(const UNICODE_STRING& key);

// FNV-1a, 64 bits: the same for the same bytes, wherever and whenever.
inline constexpr uint64_t kHashBasis = 0xcbf29ce484222325;
uint64_t hash_of(base::Bytes bytes, uint64_t seed = kHashBasis);

}  // namespace driver
