// See login.h.
#include "io/iscsi/initiator/login.h"

#include <utility>

namespace io::iscsi::initiator {
namespace {

constexpr size_t kMaxTextBytes = size_t{64} * 1024;
constexpr unsigned kMaxResponses = 32;       // no honest login needs half as many
constexpr size_t kMaxChallengeBytes = 1024;  // RFC 7143 12.1.3
constexpr std::string_view kAlgorithmMd5 = "5";

// Of a status: class and detail.
constexpr unsigned kClassRedirection = 1;

const std::string* value_of(const Keys& keys, std::string_view key) {
  const auto found = keys.find(key);
  return found == keys.end() ? nullptr : &found->second;
}

}  // namespace

void Login::say(uint8_t stage, bool transit, std::string text) {
  const uint8_t next = stage == kSecurityStage ? kOperationalStage : kFullFeature;
  request_.flags = static_cast<uint8_t>((stage << 2) | (transit ? kTransit | next : 0));
  request_.text = std::move(text);
}

void Login::begin() {
  KeyWriter out;
  out.add("InitiatorName", wanted_.initiator_name);
  if (wanted_.discovery()) {
    out.add("SessionType", "Discovery");
  } else {
    out.add("SessionType", "Normal");
    out.add("TargetName", wanted_.target);
  }
  out.add("AuthMethod", wanted_.chap.empty() ? "None" : "CHAP,None");
  say(kSecurityStage, true, out.text());
}

Login::Outcome Login::violation(std::string text) {
  text_ = std::move(text);
  return Outcome::violation;
}

Login::Outcome Login::on_response(const Header& header, base::Bytes data) {
  if (++responses_ > kMaxResponses) {
    return violation("its login does not come to an end");
  }
  status_ = base::load_be16(&header.raw[36]);
  if (incoming_.size() + data.size() > kMaxTextBytes) {
    return violation("its login responses carry more than " + std::to_string(kMaxTextBytes) +
                     " bytes of text");
  }
  incoming_.append(data.begin(), data.end());
  const bool more = (header.flags() & kContinue) != 0;
  const bool transit = (header.flags() & kTransit) != 0;
  const unsigned status_class = status_ >> 8;
  if (more && status_ == 0) {
    if (transit) {
      return violation("a login response goes on and ends the stage at once");
    }
    request_.text.clear();  // an empty request asks for the rest
    return Outcome::goes_on;
  }
  const auto keys =
      parse_keys({reinterpret_cast<const uint8_t*>(incoming_.data()), incoming_.size()});
  incoming_.clear();
  if (status_class == kClassRedirection && keys) {
    return redirect(*keys);
  }
  if (status_ != 0) {
    return Outcome::refused;
  }
  if (!keys) {
    return violation("a login response is no list of keys and values");
  }
  const bool security = step_ != Step::operational;
  const auto stage = static_cast<uint8_t>((header.flags() >> 2) & 3);
  const uint8_t ours = security ? kSecurityStage : kOperationalStage;
  if (stage != ours) {
    return security && wanted_.wants_proof()
               ? Outcome::unproved
               : violation("a login response of stage " + std::to_string(stage) +
                           " to a request of stage " + std::to_string(ours));
  }
  if (transit && (header.flags() & 3) != (security ? kOperationalStage : kFullFeature)) {
    return security && wanted_.wants_proof()
               ? Outcome::unproved
               : violation("a login response goes to stage " + std::to_string(header.flags() & 3) +
                           ", which was not asked for");
  }
  return on_keys(*keys, transit);
}

Login::Outcome Login::redirect(const Keys& keys) {
  const std::string* const address = value_of(keys, "TargetAddress");
  text_ = address != nullptr ? *address : "";
  return Outcome::redirected;
}

Login::Outcome Login::on_keys(const Keys& keys, bool transit) {
  return step_ == Step::operational ? operational(keys, transit) : security(keys, transit);
}

Login::Outcome Login::security(const Keys& keys, bool transit) {
  if (step_ == Step::method) {
    const std::string* const method = value_of(keys, "AuthMethod");
    if (method != nullptr && *method == "CHAP" && !wanted_.chap.empty() && !transit) {
      step_ = Step::chap_algorithm;
      KeyWriter out;
      out.add("CHAP_A", kAlgorithmMd5);
      say(kSecurityStage, false, out.text());
      return Outcome::goes_on;
    }
    if (method != nullptr && *method != "None") {
      return wanted_.wants_proof() ? Outcome::unproved : Outcome::chap_failed;
    }
  } else if (step_ == Step::chap_algorithm) {
    return transit ? (wanted_.wants_proof()
                          ? Outcome::unproved
                          : violation("it ends the security stage before CHAP has begun"))
                   : answer_challenge(keys);
  } else {
    proved_ = proved_ || is_proof(keys);
  }
  if (transit && wanted_.wants_proof() && !proved_) {
    return Outcome::unproved;
  }
  if (!transit) {
    say(kSecurityStage, true, "");
    return Outcome::goes_on;
  }
  step_ = Step::operational;
  KeyWriter out;
  negotiation_.offer(out);
  say(kOperationalStage, true, out.text());
  return Outcome::goes_on;
}

// CHAP_A, CHAP_I and CHAP_C of the target: with the name and the response goes our own challenge,
// when the target is to prove itself too.
Login::Outcome Login::answer_challenge(const Keys& keys) {
  const std::string* const algorithm = value_of(keys, "CHAP_A");
  const std::string* const identifier = value_of(keys, "CHAP_I");
  const std::string* const challenge = value_of(keys, "CHAP_C");
  constexpr uint64_t kNoIdentifier = 256;
  const uint64_t number =
      identifier != nullptr ? parse_number(*identifier).value_or(kNoIdentifier) : kNoIdentifier;
  const auto bytes = challenge != nullptr ? parse_binary_value(*challenge) : std::nullopt;
  if (algorithm == nullptr || *algorithm != kAlgorithmMd5 || number >= kNoIdentifier || !bytes ||
      bytes->empty() || bytes->size() > kMaxChallengeBytes) {
    return Outcome::chap_failed;
  }
  KeyWriter out;
  out.add("CHAP_N", wanted_.chap.user);
  out.add("CHAP_R",
          hex_value(chap_response(static_cast<uint8_t>(number), wanted_.chap.secret, *bytes)));
  if (wanted_.wants_proof()) {
    challenge_ = chap_challenge();
    challenge_number_ = static_cast<uint8_t>(number + 1);
    out.add("CHAP_I", std::to_string(challenge_number_));
    out.add("CHAP_C", hex_value(challenge_));
  }
  step_ = Step::chap_answer;
  say(kSecurityStage, true, out.text());
  return Outcome::goes_on;
}

bool Login::is_proof(const Keys& keys) const {
  const std::string* const user = value_of(keys, "CHAP_N");
  const std::string* const response = value_of(keys, "CHAP_R");
  const auto bytes = response != nullptr ? parse_binary_value(*response) : std::nullopt;
  return !challenge_.empty() && user != nullptr && bytes &&
         equal_secretly(*user, wanted_.chap_of_target.user) &&
         equal_secretly(
             *bytes, chap_response(challenge_number_, wanted_.chap_of_target.secret, challenge_));
}

Login::Outcome Login::operational(const Keys& keys, bool transit) {
  KeyWriter out;
  std::string wrong = negotiation_.take(keys, out);
  if (!wrong.empty()) {
    return violation(std::move(wrong));
  }
  if (!transit) {
    say(kOperationalStage, true, out.text());
    return Outcome::goes_on;
  }
  text_ = negotiation_.finish();
  return text_.empty() ? Outcome::done : Outcome::unwilling;
}

}  // namespace io::iscsi::initiator
