// The login phase of one connection: security (none or CHAP) and operational negotiation. RFC
// 7143 6.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "io/iscsi/pdu.h"
#include "io/iscsi/target.h"
#include "io/iscsi/text_keys.h"

namespace io::iscsi {

// Our limits; what is negotiated is never above them.
inline constexpr uint32_t kMaxReceiveSegmentBytes = 256 * 1024;
inline constexpr uint32_t kMaxBurstBytes = 1024 * 1024;

// What came out of the negotiation.
struct SessionParameters {
  bool discovery = false;
  std::string initiator_name;
  std::array<uint8_t, 6> isid{};
  uint32_t send_segment_bytes = 8192;  // the initiator's MaxRecvDataSegmentLength
  uint32_t first_burst_bytes = 65536;
  uint32_t max_burst_bytes = 262144;
  bool initial_r2t = true;
  bool immediate_data = true;
};

// Status class and detail of a login response.
enum LoginStatus : uint16_t {
  kLoginSuccess = 0x0000,
  kLoginInitiatorError = 0x0200,
  kLoginAuthFailed = 0x0201,
  kLoginTargetNotFound = 0x0203,
  kLoginBadVersion = 0x0205,
  kLoginTooManyConnections = 0x0206,
  kLoginMissingParameter = 0x0207,
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

 private:
  uint16_t first_request(const Header& header, const Keys& keys);
  uint16_t security(const Keys& keys, KeyWriter& out);
  uint16_t check_chap(const Keys& keys, KeyWriter& out);
  void operational(const Keys& keys, KeyWriter& out);
  void negotiate(const std::string& key, const std::string& value, KeyWriter& out);

  const Target& target_;
  unsigned port_;
  SessionParameters parameters_;
  std::string pending_text_;  // of requests with the C bit
  bool seen_first_ = false;
  bool told_portal_group_ = false;
  bool authenticated_ = false;
  uint8_t stage_ = 0;
  uint8_t chap_identifier_ = 0;
  std::string chap_challenge_;
};

}  // namespace io::iscsi
