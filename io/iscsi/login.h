// The login phase of one connection: security (none or CHAP) and operational negotiation. RFC
// 7143 6.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "io/iscsi/negotiation.h"
#include "io/iscsi/pdu.h"
#include "io/iscsi/target.h"
#include "io/iscsi/text_keys.h"

namespace io::iscsi {

// Status class and detail of a login response.
enum LoginStatus : uint16_t {
  kLoginSuccess = 0x0000,
  kLoginInitiatorError = 0x0200,
  kLoginAuthFailed = 0x0201,
  kLoginTargetNotFound = 0x0203,
  kLoginBadVersion = 0x0205,
  kLoginTooManyConnections = 0x0206,
  kLoginMissingParameter = 0x0207,
  kLoginNoSuchSession = 0x020a,
  kLoginInvalid = 0x020b,
  kLoginOutOfService = 0x0301,
};
const char* text_of_login_status(uint16_t status);

class Login {
 public:
  Login(const Target& target, unsigned port) : target_(target), port_(port) {}

  struct Answer {
    uint16_t status = kLoginSuccess;
    uint8_t flags = 0;      // T, CSG, NSG of the response
    std::string text;       // its data
    bool finished = false;  // full feature phase follows this response
  };
  // One login request with its data.
  Answer on_request(const Header& header, base::Bytes data);

  const SessionParameters& parameters() const { return parameters_; }
  // Text keys of the full feature phase.
  Negotiation& negotiation() { return negotiation_; }
  // The session that this connection takes over from a connection of the same CID; 0: a new one.
  uint16_t reinstated_handle() const { return reinstated_handle_; }
  uint16_t connection_id() const { return connection_id_; }

 private:
  uint16_t first_request(const Header& header, const Keys& keys);
  uint16_t join_session(const Header& header);
  uint16_t security(const Keys& keys, KeyWriter& out);
  uint16_t check_chap(const Keys& keys, KeyWriter& out);

  const Target& target_;
  unsigned port_;
  SessionParameters parameters_;
  Negotiation negotiation_{parameters_};
  std::string pending_text_;  // of requests with the C bit
  bool seen_first_ = false;
  bool told_portal_group_ = false;
  bool authenticated_ = false;
  uint8_t stage_ = 0;
  uint16_t connection_id_ = 0;
  uint16_t reinstated_handle_ = 0;
  uint8_t chap_identifier_ = 0;
  std::string chap_challenge_;
};

}  // namespace io::iscsi
