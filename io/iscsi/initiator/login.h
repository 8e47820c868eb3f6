// The login phase as the initiator goes through it: security (none or CHAP, both ways), then the
// operational negotiation. What the target says is checked here; nothing of it is believed before
// its turn. RFC 7143 6.3, 11.12, 11.13, 12.1.
//
// Every login has the security stage, for there are targets (tgtd 1.0.85) that look there only
// whether an old session of the same ISID must end.
#pragma once

#include <cstdint>
#include <string>

#include "io/iscsi/initiator/negotiation.h"
#include "io/iscsi/initiator/parameters.h"
#include "io/iscsi/pdu.h"
#include "io/iscsi/text_keys.h"

namespace io::iscsi::initiator {

class Login {
 public:
  explicit Login(const Parameters& wanted) : wanted_(wanted) {}

  enum class Outcome : uint8_t {
    goes_on,      // request() is the next one to send
    done,         // full feature phase
    refused,      // with status()
    redirected,   // to address()
    chap_failed,  // the target does not authenticate in a way we can go along with
    unproved,     // it did not prove itself though it should
    unwilling,    // it will not do what was asked for: text()
    violation,    // it broke the protocol: text()
  };

  struct Request {
    uint8_t flags = 0;  // T, CSG, NSG
    std::string text;
  };
  // The first one, until on_response() made another.
  const Request& request() const { return request_; }
  void begin();
  // One login response (its header and data) to the last request.
  Outcome on_response(const Header& header, base::Bytes data);

  const Agreement& agreement() const { return agreement_; }
  uint16_t status() const { return status_; }
  const std::string& address() const { return text_; }
  const std::string& text() const { return text_; }

 private:
  enum class Step : uint8_t { method, chap_algorithm, chap_answer, operational };

  Outcome violation(std::string text);
  Outcome redirect(const Keys& keys);
  Outcome on_keys(const Keys& keys, bool transit);
  Outcome security(const Keys& keys, bool transit);
  Outcome answer_challenge(const Keys& keys);
  bool is_proof(const Keys& keys) const;
  Outcome operational(const Keys& keys, bool transit);
  void say(uint8_t stage, bool transit, std::string text);

  const Parameters& wanted_;
  Agreement agreement_;
  Negotiation negotiation_{wanted_, agreement_};
  Step step_ = Step::method;
  Request request_;
  std::string incoming_;  // of responses with the C bit
  unsigned responses_ = 0;
  uint8_t challenge_number_ = 0;
  std::string challenge_;  // ours
  bool proved_ = false;
  uint16_t status_ = 0;
  std::string text_;
};

}  // namespace io::iscsi::initiator
