// See negotiation.h. One row per key.
#include "io/iscsi/negotiation.h"

#include <algorithm>
#include <optional>

namespace io::iscsi {
namespace {

enum class Function : uint8_t {
  minimum,
  maximum,
  both_yes,     // boolean AND
  either_yes,   // boolean OR
  digest,       // the first of the list that we can do
  list,         // likewise; we can do one
  declared,     // each side tells its own value
  obsolete,     // markers: never
  not_offered,  // reserved to the target, or to the full feature phase
  passed_over,
};

struct Rule {
  std::string_view key;
  Function function;
  // Numbers: what is legal, and our own value. Booleans: ours (0 or 1).
  uint32_t low = 0;
  uint32_t high = 0;
  uint32_t ours = 0;
  // Where the result goes, if it matters to us.
  uint32_t SessionParameters::*number = nullptr;
  bool SessionParameters::*flag = nullptr;
  bool Digests::*digest = nullptr;
};

constexpr uint32_t kLeastBytes = 512;
constexpr uint32_t kMostBytes = (1U << 24) - 1;
constexpr uint32_t kHourSeconds = 3600;
constexpr const char* kReject = "Reject";

constexpr std::array<Rule, 28> kRules = {{
    {"MaxBurstLength", Function::minimum, kLeastBytes, kMostBytes, kMaxBurstBytes,
     &SessionParameters::max_burst_bytes},
    {"FirstBurstLength", Function::minimum, kLeastBytes, kMostBytes, kMaxReceiveSegmentBytes,
     &SessionParameters::first_burst_bytes},
    {"MaxRecvDataSegmentLength", Function::declared},
    {"MaxConnections", Function::minimum, 1, 65535, 1},
    {"MaxOutstandingR2T", Function::minimum, 1, 65535, 1},
    {"ErrorRecoveryLevel", Function::minimum, 0, 2, 0},
    {"DefaultTime2Retain", Function::minimum, 0, kHourSeconds, 0},
    {"DefaultTime2Wait", Function::maximum, 0, kHourSeconds, 0},
    {"iSCSIProtocolLevel", Function::minimum, 0, 31, 1},
    {"InitialR2T", Function::either_yes, 0, 0, 0, nullptr, &SessionParameters::initial_r2t},
    {"ImmediateData", Function::both_yes, 0, 0, 1, nullptr, &SessionParameters::immediate_data},
    {"DataPDUInOrder", Function::either_yes, 0, 0, 1},
    {"DataSequenceInOrder", Function::either_yes, 0, 0, 1},
    {"HeaderDigest", Function::digest, 0, 0, 0, nullptr, nullptr, &Digests::header},
    {"DataDigest", Function::digest, 0, 0, 0, nullptr, nullptr, &Digests::data},
    {"TaskReporting", Function::list},
    {"IFMarker", Function::obsolete},
    {"OFMarker", Function::obsolete},
    {"IFMarkInt", Function::not_offered},
    {"OFMarkInt", Function::not_offered},
    {"SendTargets", Function::not_offered},
    {"TargetAddress", Function::not_offered},
    {"TargetPortalGroupTag", Function::not_offered},
    {"InitiatorName", Function::passed_over},
    {"InitiatorAlias", Function::passed_over},
    {"TargetName", Function::passed_over},
    {"SessionType", Function::passed_over},
    {"AuthMethod", Function::passed_over},
}};

const Rule* find_rule(std::string_view key) {
  const auto found = std::find_if(kRules.begin(), kRules.end(),
                                  [key](const Rule& rule) { return rule.key == key; });
  return found == kRules.end() ? nullptr : &*found;
}

// A number within the limits of the key; empty for anything else.
std::optional<uint32_t> number_in(std::string_view value, uint32_t low, uint32_t high) {
  const auto number = parse_number(value);
  if (!number || *number < low || *number > high) {
    return std::nullopt;
  }
  return static_cast<uint32_t>(*number);
}

std::string agree_on_number(const Rule& rule, std::string_view value, SessionParameters& p) {
  const auto offered = number_in(value, rule.low, rule.high);
  if (!offered) {
    return kReject;
  }
  const uint32_t agreed = rule.function == Function::minimum ? std::min(*offered, rule.ours)
                                                             : std::max(*offered, rule.ours);
  if (rule.number != nullptr) {
    p.*rule.number = agreed;
  }
  return std::to_string(agreed);
}

std::string agree_on_flag(const Rule& rule, std::string_view value, SessionParameters& p) {
  if (value != "Yes" && value != "No") {
    return kReject;
  }
  const bool theirs = value == "Yes";
  const bool ours = rule.ours != 0;
  const bool agreed = rule.function == Function::both_yes ? theirs && ours : theirs || ours;
  if (rule.flag != nullptr) {
    p.*rule.flag = agreed;
  }
  return agreed ? "Yes" : "No";
}

// The list stands in the initiator's order of preference.
std::string agree_on_digest(const Rule& rule, std::string_view list, SessionParameters& p) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string_view word = list.substr(0, comma);
    if (word == "CRC32C" || word == "None") {
      p.digests.*rule.digest = word == "CRC32C";
      return std::string(word);
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return kReject;
}

}  // namespace

bool Negotiation::declare(std::string_view value) {
  const auto bytes = number_in(value, kLeastBytes, kMostBytes);
  if (bytes) {
    parameters_.send_segment_bytes = std::min(*bytes, kMaxBurstBytes);
  }
  return bytes.has_value();
}

bool Negotiation::answer(const Keys& keys, KeyWriter& out) {
  for (const auto& [key, value] : keys) {
    const Rule* const rule = find_rule(key);
    if (rule == nullptr) {
      if (!key.starts_with("CHAP_")) {
        out.add(key, "NotUnderstood");
      }
      continue;
    }
    const bool negotiated =
        rule->function != Function::passed_over && rule->function != Function::declared;
    if (negotiated && !negotiated_.insert(key).second) {
      return false;
    }
    switch (rule->function) {
      case Function::minimum:
      case Function::maximum:
        out.add(key, agree_on_number(*rule, value, parameters_));
        break;
      case Function::both_yes:
      case Function::either_yes:
        out.add(key, agree_on_flag(*rule, value, parameters_));
        break;
      case Function::digest:
        out.add(key, agree_on_digest(*rule, value, parameters_));
        break;
      case Function::list:
        out.add(key, list_has(value, "RFC3720") ? "RFC3720" : kReject);
        break;
      case Function::declared:
        out.add(key, declare(value) ? std::to_string(kMaxReceiveSegmentBytes) : kReject);
        break;
      case Function::obsolete:
        out.add(key, "No");
        break;
      case Function::not_offered:
        out.add(key, kReject);
        break;
      case Function::passed_over:
        break;
    }
  }
  return true;
}

void Negotiation::answer_in_full_feature(std::string_view key, std::string_view value,
                                         KeyWriter& out) {
  const Rule* const rule = find_rule(key);
  if (rule == nullptr) {
    out.add(key, "NotUnderstood");
  } else if (rule->function == Function::declared) {
    out.add(key, declare(value) ? std::to_string(kMaxReceiveSegmentBytes) : kReject);
  } else if (rule->function != Function::passed_over) {
    out.add(key, kReject);
  }
}

}  // namespace io::iscsi
