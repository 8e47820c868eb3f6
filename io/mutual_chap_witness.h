// Has the target proved itself? libiscsi compares the CHAP_R that a target sends, but it believes a
// target that leaves the security stage some other way, or that answers before it was challenged.
// So whoever asks for mutual CHAP has every login response looked at before libiscsi reads it.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace io {

class MutualChapWitness {
 public:
  // A login response, header and data, as libiscsi is about to read it.
  void on_response(base::Bytes pdu);

  // True when the target was challenged and answered in time. What it answered libiscsi has
  // compared: a login with a wrong answer does not succeed.
  bool proved() const { return proved_; }

 private:
  bool any_ = false;
  uint32_t tag_ = 0;         // libiscsi passes over responses with another tag than its own
  bool challenged_ = false;  // libiscsi's next request carries CHAP_C
  bool proved_ = false;
};

}  // namespace io
