// Initiator session identifiers (RFC 7143 10.12.5). A target knows a session by {initiator name,
// ISID, target portal group}: a login with the same three reinstates the old session and so ends
// its tasks, which is what makes a timed-out write safe to forget. Hence the rule: each path has an
// ISID of its own, and keeps it for ever.
//
// Two programs on one network that use the same initiator name, portal, target and lane would
// therefore throw each other out: give each its own initiator name.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace io {

using Isid = std::array<uint8_t, 6>;

// The same arguments always give the same ISID; different ones almost surely different ones (40
// bits of FNV-1a). The format is "random" (type 10b): 24 random bits and a 16-bit qualifier. `lane`
// tells apart the sessions that several event loops hold to one portal.
constexpr Isid make_isid(std::string_view initiator_name, std::string_view portal,
                         std::string_view target, uint32_t lane) {
  uint64_t hash = 0xcbf29ce484222325;
  const auto mix = [&hash](std::string_view text) {
    for (const char c : text) {
      hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
    }
    hash =
        (hash ^ 0xff) * 0x100000001b3;  // not part of any name: keeps "ab"+"c" and "a"+"bc" apart
  };
  mix(initiator_name);
  mix(portal);
  mix(target);
  for (int shift = 0; shift < 32; shift += 8) {
    hash = (hash ^ ((lane >> shift) & 0xff)) * 0x100000001b3;
  }
  hash ^= hash >> 40;
  return {0x80,
          static_cast<uint8_t>(hash >> 32),
          static_cast<uint8_t>(hash >> 24),
          static_cast<uint8_t>(hash >> 16),
          static_cast<uint8_t>(hash >> 8),
          static_cast<uint8_t>(hash)};
}

}  // namespace io
