// What one iSCSI path is made of: where the portal is, which target and LUN, who we are, and the
// secrets.
#pragma once

#include <cstdint>
#include <string>

#include "io/iscsi/initiator/parameters.h"
#include "io/isid.h"

namespace io {

using iscsi::initiator::DigestChoice;

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
  DigestChoice header_digest = DigestChoice::as_the_target_likes;
  DigestChoice data_digest = DigestChoice::as_the_target_likes;
};

}  // namespace io
