// See login.h.
#include "io/iscsi/login.h"

#include <algorithm>
#include <optional>

namespace io::iscsi {
namespace {

constexpr uint8_t kTransit = 0x80;
constexpr uint8_t kContinue = 0x40;
constexpr uint8_t kSecurityStage = 0;
constexpr uint8_t kOperationalStage = 1;
constexpr uint8_t kFullFeature = 3;
constexpr size_t kMaxTextBytes = 64 * 1024;

constexpr uint32_t kLeastBytes = 512;  // RFC 7143 13.12 to 13.14: 512 to 2^24 - 1

// A length, limited to ours; empty when the value is not a legal one.
std::optional<uint32_t> bounded(const std::string& value, uint32_t ours) {
  const auto number = parse_number(value);
  if (!number || *number < kLeastBytes || *number >= (1U << 24)) {
    return std::nullopt;
  }
  return static_cast<uint32_t>(std::min<uint64_t>(*number, ours));
}

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
  operational(*keys, out);
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
  if (base::load_be16(&header.raw[14]) != 0) {  // TSIH: a further connection of a session
    return kLoginTooManyConnections;
  }
  std::copy_n(header.raw.begin() + 8, 6, parameters_.isid.begin());
  const auto name = keys.find("InitiatorName");
  if (name == keys.end() || name->second.empty() || name->second.size() > 223) {
    return kLoginMissingParameter;
  }
  parameters_.initiator_name = name->second;
  const auto type = keys.find("SessionType");
  parameters_.discovery = type != keys.end() && type->second == "Discovery";
  if (parameters_.discovery) {
    return kLoginSuccess;
  }
  const auto target = keys.find("TargetName");
  if (target == keys.end()) {
    return kLoginMissingParameter;
  }
  return target->second == target_.name ? kLoginSuccess : kLoginTargetNotFound;
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
  const auto response = parse_hex_value(keys.find("CHAP_R")->second);
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
    const auto bytes = parse_hex_value(challenge->second);
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

void Login::operational(const Keys& keys, KeyWriter& out) {
  for (const auto& [key, value] : keys) {
    negotiate(key, value, out);
  }
}

void Login::negotiate(const std::string& key, const std::string& value, KeyWriter& out) {
  SessionParameters& p = parameters_;
  const auto yes_no = [&](bool yes) { out.add(key, yes ? "Yes" : "No"); };
  const auto length = [&](uint32_t& agreed, uint32_t ours) {
    const auto offered = bounded(value, ours);
    agreed = offered.value_or(agreed);
    out.add(key, offered ? std::to_string(agreed) : "Reject");
  };
  if (key == "MaxRecvDataSegmentLength") {
    // Each side declares its own.
    p.send_segment_bytes = bounded(value, kMaxBurstBytes).value_or(p.send_segment_bytes);
    out.add(key, std::to_string(kMaxReceiveSegmentBytes));
  } else if (key == "MaxBurstLength") {
    length(p.max_burst_bytes, kMaxBurstBytes);
  } else if (key == "FirstBurstLength") {
    length(p.first_burst_bytes, kMaxReceiveSegmentBytes);
  } else if (key == "InitialR2T") {
    p.initial_r2t = value == "Yes";
    yes_no(p.initial_r2t);
  } else if (key == "ImmediateData") {
    p.immediate_data = value == "Yes";
    yes_no(p.immediate_data);
  } else if (key == "HeaderDigest" || key == "DataDigest") {
    out.add(key, list_has(value, "None") ? "None" : "Reject");
  } else if (key == "MaxConnections" || key == "MaxOutstandingR2T") {
    out.add(key, "1");
  } else if (key == "ErrorRecoveryLevel" || key == "DefaultTime2Retain") {
    out.add(key, "0");
  } else if (key == "DefaultTime2Wait") {
    out.add(key, parse_number(value) ? value : "Reject");
  } else if (key == "DataPDUInOrder" || key == "DataSequenceInOrder") {
    yes_no(true);
  } else if (key == "IFMarker" || key == "OFMarker") {
    yes_no(false);
  } else if (key == "InitiatorName" || key == "InitiatorAlias" || key == "TargetName" ||
             key == "SessionType" || key == "AuthMethod" || key.starts_with("CHAP_")) {
    // Declared, or answered in the security stage.
  } else {
    out.add(key, "NotUnderstood");
  }
}

}  // namespace io::iscsi
