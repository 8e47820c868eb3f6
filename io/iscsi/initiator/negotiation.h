// The operational keys of a login as the initiator offers them, and the target's answers: each is
// held against what was offered. RFC 7143 6.2, 13.
#pragma once

#include <cstdint>
#include <string>

#include "io/iscsi/initiator/parameters.h"
#include "io/iscsi/text_keys.h"

namespace io::iscsi::initiator {

class Negotiation {
 public:
  Negotiation(const Parameters& wanted, Agreement& agreed) : wanted_(wanted), agreed_(agreed) {}

  void offer(KeyWriter& out) const;
  // The operational keys of one login response; what must be said to them goes to `out`. Returns ""
  // or what the target did wrong.
  std::string take(const Keys& keys, KeyWriter& out);
  // All answers are there. Returns "" or what the target would not agree to.
  std::string finish();

 private:
  std::string take_answer(size_t row, const std::string& value);

  const Parameters& wanted_;
  Agreement& agreed_;
  uint32_t answered_ = 0;  // one bit per row
};

}  // namespace io::iscsi::initiator
