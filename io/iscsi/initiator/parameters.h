// What an initiator wants of a session, and what came out of the login.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "io/iscsi/chap.h"
#include "io/iscsi/digest.h"

namespace io::iscsi::initiator {

// Whether PDUs carry a CRC32C, over the header or over the data.
enum class DigestChoice : uint8_t {
  as_the_target_likes,
  none,
  crc32c,  // or no session
};

struct Parameters {
  std::string initiator_name;
  std::array<uint8_t, 6> isid{};
  std::string target;  // empty: a discovery session
  uint64_t lun = 0;    // as on the wire
  // Empty: none. Whoever names the target's account does not believe a target that gets round
  // proving itself; in a discovery session nobody is asked to.
  ChapAccount chap;
  ChapAccount chap_of_target;
  DigestChoice header_digest = DigestChoice::as_the_target_likes;
  DigestChoice data_digest = DigestChoice::as_the_target_likes;

  bool discovery() const { return target.empty(); }
  bool wants_proof() const { return !discovery() && !chap_of_target.empty(); }
};

// Our side's limits; what is agreed on is never above them.
inline constexpr uint32_t kMaxReceiveSegmentBytes = 256 * 1024;
inline constexpr uint32_t kMaxSendSegmentBytes = 256 * 1024;
inline constexpr uint32_t kMaxBurstBytes = 1024 * 1024;
inline constexpr uint32_t kFirstBurstBytes = 256 * 1024;
inline constexpr uint32_t kMaxOutstandingR2t = 4;

// With the values that hold when nobody says otherwise (RFC 7143 13).
struct Agreement {
  uint32_t send_segment_bytes = 8192;  // the target's MaxRecvDataSegmentLength
  uint32_t max_burst_bytes = 262144;
  uint32_t first_burst_bytes = 65536;
  uint32_t max_outstanding_r2t = 1;
  bool initial_r2t = true;
  bool immediate_data = true;
  Digests digests;  // from the full feature phase on
};

}  // namespace io::iscsi::initiator
