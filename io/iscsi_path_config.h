// What one iSCSI path is made of: where the portal is, which target and LUN, who we are, and the
// secrets.
#pragma once

#include <cstdint>
#include <string>

#include "io/isid.h"

namespace io {

// A CRC32C over every PDU's header. libiscsi has no data digests, and does not check the header
// digests that it receives; the target checks ours.
enum class HeaderDigest : uint8_t {
  as_the_target_likes,
  none,
  crc32c,
};

struct IscsiPathConfig {
  std::string host;  // a name, an IPv4 address, or an IPv6 address without brackets
  uint16_t port = 3260;
  std::string target;  // "iqn.2026-11.com.example:array"
  uint16_t lun = 0;    // 0..16383
  std::string initiator_name;
  Isid isid{};  // make_isid()
  // CHAP: empty user means none. target_user and target_password ask the target to prove itself
  // too.
  std::string user;
  std::string password;
  std::string target_user;
  std::string target_password;
  HeaderDigest header_digest = HeaderDigest::as_the_target_likes;
};

}  // namespace io
