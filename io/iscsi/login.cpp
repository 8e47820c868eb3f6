// See login.h.
#include "io/iscsi/login.h"

#include <algorithm>

#include "io/iscsi/connection.h"

namespace io::iscsi {
namespace {

constexpr size_t kMaxTextBytes = 64 * 1024;

}  // namespace

const char* text_of_login_status(uint16_t status) {
  switch (status) {
    case kLoginSuccess:
      return "success";
    case kLoginAuthFailed:
      return "authentication failed (CHAP user or secret)";
    case kLoginTargetNotFound:
      return "there is no target of the name it asked for";
    case kLoginBadVersion:
      return "unsupported protocol version";
    case kLoginTooManyConnections:
      return "a second connection for one session is not supported";
    case kLoginMissingParameter:
      return "InitiatorName or TargetName is missing";
    case kLoginNoSuchSession:
      return "the session that it wants to join does not exist";
    case kLoginInvalid:
      return "invalid login request";
    case kLoginOutOfService:
      return "the port is out of service";
    default:
      return "the initiator broke the login protocol";
  }
}

Login::Answer Login::on_request(const Header& header, base::Bytes data) {
  Answer answer;
  const uint8_t current = (header.flags() >> 2) & 3;
  const uint8_t next = header.flags() & 3;
  const bool transit = (header.flags() & kTransit) != 0;
  const auto reject = [&answer](uint16_t status) {
    answer.status = status;
    return answer;
  };
  if (pending_text_.size() + data.size() > kMaxTextBytes) {
    return reject(kLoginInitiatorError);
  }
  pending_text_.append(reinterpret_cast<const char*>(data.data()), data.size());
  if ((header.flags() & kContinue) != 0) {
    if (transit) {
      return reject(kLoginInitiatorError);
    }
    answer.flags = static_cast<uint8_t>(current << 2);
    return answer;  // an empty response asks for the rest
  }
  const auto keys =
      parse_keys({reinterpret_cast<const uint8_t*>(pending_text_.data()), pending_text_.size()});
  pending_text_.clear();
  const bool legal_stage = current == kSecurityStage || current == kOperationalStage;
  if (!keys || !legal_stage || (seen_first_ && current < stage_) ||
      (transit && (next <= current || next == 2))) {
    return reject(kLoginInitiatorError);
  }
  const bool same_connection =
      !seen_first_ ||
      (connection_id_ == base::load_be16(&header.raw[20]) &&
       std::equal(parameters_.isid.begin(), parameters_.isid.end(), header.raw.begin() + 8));
  if (!same_connection) {
    return reject(kLoginInitiatorError);
  }
  if (!seen_first_) {
    const uint16_t status = first_request(header, *keys);
    if (status != kLoginSuccess) {
      return reject(status);
    }
  }
  stage_ = current;
  KeyWriter out;
  if (!told_portal_group_ && !parameters_.discovery) {
    out.add("TargetPortalGroupTag", std::to_string(Target::portal_group_tag(port_)));
  }
  told_portal_group_ = true;
  if (current == kSecurityStage) {
    const uint16_t status = security(*keys, out);
    if (status != kLoginSuccess) {
      return reject(status);
    }
  } else if (!authenticated_ && !target_.chap.empty() && !parameters_.discovery) {
    return reject(kLoginAuthFailed);  // skipped the security stage
  }
  if (!negotiation_.answer(*keys, out)) {
    return reject(kLoginInitiatorError);
  }
  const bool secure = authenticated_ || target_.chap.empty() || parameters_.discovery;
  const bool may_go = transit && (current == kOperationalStage || secure);
  answer.flags = static_cast<uint8_t>((may_go ? kTransit | next : 0) | (current << 2));
  answer.finished = may_go && next == kFullFeature;
  if (may_go) {
    stage_ = next;
  }
  answer.text = out.text();
  return answer;
}

uint16_t Login::first_request(const Header& header, const Keys& keys) {
  seen_first_ = true;
  if (header.raw[3] != 0) {  // Version-min above 0
    return kLoginBadVersion;
  }
  std::copy_n(header.raw.begin() + 8, 6, parameters_.isid.begin());
  const auto name = keys.find("InitiatorName");
  if (name == keys.end() || name->second.empty() || name->second.size() > 223) {
    return kLoginMissingParameter;
  }
  parameters_.initiator_name = name->second;
  connection_id_ = base::load_be16(&header.raw[20]);
  const auto type = keys.find("SessionType");
  parameters_.discovery = type != keys.end() && type->second == "Discovery";
  if (parameters_.discovery) {
    const bool joins = base::load_be16(&header.raw[14]) != 0;
    return static_cast<uint16_t>(joins ? kLoginNoSuchSession : kLoginSuccess);
  }
  const auto target = keys.find("TargetName");
  if (target == keys.end()) {
    return kLoginMissingParameter;
  }
  return target->second == target_.name ? join_session(header)
                                        : static_cast<uint16_t>(kLoginTargetNotFound);
}

// RFC 7143 6.3.1: with a TSIH the initiator means a session that exists. For the connection that it
// has there it may put another (6.3.4, connection reinstatement); a second one is one too many.
uint16_t Login::join_session(const Header& header) {
  const uint16_t handle = base::load_be16(&header.raw[14]);
  if (handle == 0) {
    return kLoginSuccess;
  }
  const auto found = std::find_if(
      target_.connections.begin(), target_.connections.end(),
      [&](const Connection* other) { return other->serves(handle, port_, parameters_); });
  if (found == target_.connections.end()) {
    return kLoginNoSuchSession;
  }
  if ((*found)->connection_id() != connection_id_) {
    return kLoginTooManyConnections;
  }
  reinstated_handle_ = handle;
  return kLoginSuccess;
}

uint16_t Login::security(const Keys& keys, KeyWriter& out) {
  const bool wants_chap = !target_.chap.empty() && !parameters_.discovery;
  if (const auto method = keys.find("AuthMethod"); method != keys.end()) {
    const char* const chosen = wants_chap ? "CHAP" : "None";
    if (!list_has(method->second, chosen)) {
      return kLoginAuthFailed;
    }
    out.add("AuthMethod", chosen);
    authenticated_ = !wants_chap;
    return kLoginSuccess;
  }
  if (!wants_chap) {
    authenticated_ = true;
    return kLoginSuccess;
  }
  if (const auto algorithm = keys.find("CHAP_A"); algorithm != keys.end()) {
    if (!list_has(algorithm->second, "5")) {
      return kLoginAuthFailed;
    }
    chap_challenge_ = iscsi::chap_challenge();
    chap_identifier_ = static_cast<uint8_t>(chap_challenge_[0]);
    out.add("CHAP_A", "5");
    out.add("CHAP_I", std::to_string(chap_identifier_));
    out.add("CHAP_C", hex_value(chap_challenge_));
    return kLoginSuccess;
  }
  if (keys.contains("CHAP_R")) {
    return check_chap(keys, out);
  }
  return kLoginSuccess;
}

uint16_t Login::check_chap(const Keys& keys, KeyWriter& out) {
  const auto user = keys.find("CHAP_N");
  const auto response = parse_binary_value(keys.find("CHAP_R")->second);
  if (chap_challenge_.empty() || user == keys.end() || !response ||
      !equal_secretly(user->second, target_.chap.user) ||
      !equal_secretly(*response,
                      chap_response(chap_identifier_, target_.chap.secret, chap_challenge_))) {
    return kLoginAuthFailed;
  }
  const auto identifier = keys.find("CHAP_I");
  const auto challenge = keys.find("CHAP_C");
  if (identifier != keys.end() && challenge != keys.end()) {
    const auto number = parse_number(identifier->second);
    const auto bytes = parse_binary_value(challenge->second);
    // Our own challenge thrown back at us is the reflection attack of RFC 7143 9.2.1.
    if (!number || *number > 255 || !bytes || target_.chap_mutual.empty() ||
        *bytes == chap_challenge_) {
      return kLoginAuthFailed;
    }
    out.add("CHAP_N", target_.chap_mutual.user);
    out.add("CHAP_R", hex_value(chap_response(static_cast<uint8_t>(*number),
                                              target_.chap_mutual.secret, *bytes)));
  }
  chap_challenge_.clear();  // a challenge answers once
  authenticated_ = true;
  return kLoginSuccess;
}

}  // namespace io::iscsi
