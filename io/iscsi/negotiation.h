// The operational keys of a login: what the initiator offers, what we can do, what is agreed. RFC
// 7143 6.2, 13.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "io/iscsi/digest.h"
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
  Digests digests;  // from the full feature phase on
};

class Negotiation {
 public:
  explicit Negotiation(SessionParameters& parameters) : parameters_(parameters) {}

  // Answers the operational keys of one login request; names, SessionType and the keys of the
  // security stage are passed over. False: a key that has been negotiated comes again, which ends a
  // login (RFC 7143 6.2).
  bool answer(const Keys& keys, KeyWriter& out);
  // A key in the full feature phase: only MaxRecvDataSegmentLength may change there.
  void answer_in_full_feature(std::string_view key, std::string_view value, KeyWriter& out);

 private:
  bool declare(std::string_view value);

  SessionParameters& parameters_;
  std::set<std::string, std::less<>> negotiated_;
};

}  // namespace io::iscsi
