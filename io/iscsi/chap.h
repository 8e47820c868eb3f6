// CHAP with MD5 as iSCSI uses it. RFC 1994, RFC 7143 12.1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace io::iscsi {

struct ChapAccount {
  std::string user;
  std::string secret;
  bool empty() const { return user.empty(); }
};

// MD5(identifier, secret, challenge): 16 bytes.
std::string chap_response(uint8_t identifier, std::string_view secret, std::string_view challenge);
// Fresh random bytes from the operating system's generator.
std::string chap_challenge();
// Takes the same time whatever the contents.
bool equal_secretly(std::string_view a, std::string_view b);

}  // namespace io::iscsi
