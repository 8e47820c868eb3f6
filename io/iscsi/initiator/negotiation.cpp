// See negotiation.h. One row per key.
#include "io/iscsi/initiator/negotiation.h"

#include <algorithm>
#include <array>
#include <optional>

namespace io::iscsi::initiator {
namespace {

enum class Function : uint8_t {
  minimum,     // at most what we offer
  declared,    // each side tells its own value
  flag,        // either answer will do
  always_yes,  // ours wins: OR of Yes and anything
  digest,      // one of those we offer
  whatever,    // nothing here depends on it
};

struct Row {
  std::string_view key;
  Function function;
  const char* offer;
  bool in_discovery = false;
  uint32_t low = 0;
  uint32_t high = 0;
  uint32_t Agreement::*number = nullptr;
  bool Agreement::*flag = nullptr;
  bool Digests::*digest = nullptr;
  DigestChoice Parameters::*choice = nullptr;
};

constexpr uint32_t kLeastBytes = 512;
constexpr uint32_t kMostBytes = (1U << 24) - 1;

static_assert(kMaxReceiveSegmentBytes == 262144 && kMaxBurstBytes == 1048576 &&
              kFirstBurstBytes == 262144 && kMaxOutstandingR2t == 4);
constexpr std::array<Row, 14> kRows = {{
    {"HeaderDigest", Function::digest, nullptr, true, 0, 0, nullptr, nullptr, &Digests::header,
     &Parameters::header_digest},
    {"DataDigest", Function::digest, nullptr, true, 0, 0, nullptr, nullptr, &Digests::data,
     &Parameters::data_digest},
    {"MaxRecvDataSegmentLength", Function::declared, "262144", true, kLeastBytes, kMostBytes,
     &Agreement::send_segment_bytes},
    {"MaxBurstLength", Function::minimum, "1048576", false, kLeastBytes, kMaxBurstBytes,
     &Agreement::max_burst_bytes},
    {"FirstBurstLength", Function::minimum, "262144", false, kLeastBytes, kFirstBurstBytes,
     &Agreement::first_burst_bytes},
    {"MaxOutstandingR2T", Function::minimum, "4", false, 1, kMaxOutstandingR2t,
     &Agreement::max_outstanding_r2t},
    {"InitialR2T", Function::flag, "No", false, 0, 0, nullptr, &Agreement::initial_r2t},
    {"ImmediateData", Function::flag, "Yes", false, 0, 0, nullptr, &Agreement::immediate_data},
    {"DataPDUInOrder", Function::always_yes, "Yes"},
    {"DataSequenceInOrder", Function::always_yes, "Yes"},
    {"ErrorRecoveryLevel", Function::minimum, "0"},
    {"MaxConnections", Function::minimum, "1", false, 1, 1},
    {"DefaultTime2Wait", Function::whatever, "0"},
    {"DefaultTime2Retain", Function::whatever, "0"},
}};

// Told, not asked: nobody answers them.
constexpr std::array<std::string_view, 4> kDeclarations = {"TargetAlias", "TargetAddress",
                                                           "TargetPortalGroupTag", "AuthMethod"};

const char* digest_offer(DigestChoice choice) {
  switch (choice) {
    case DigestChoice::none:
      return "None";
    case DigestChoice::crc32c:
      return "CRC32C";
    case DigestChoice::as_the_target_likes:
      break;
  }
  return "None,CRC32C";
}

}  // namespace

void Negotiation::offer(KeyWriter& out) const {
  for (const Row& row : kRows) {
    if (!wanted_.discovery() || row.in_discovery) {
      out.add(row.key, row.choice != nullptr ? digest_offer(wanted_.*row.choice) : row.offer);
    }
  }
}

std::string Negotiation::take(const Keys& keys, KeyWriter& out) {
  for (const auto& [key, value] : keys) {
    const auto row = std::find_if(kRows.begin(), kRows.end(),
                                  [&key = key](const Row& each) { return each.key == key; });
    if (row != kRows.end()) {
      std::string wrong = take_answer(static_cast<size_t>(row - kRows.begin()), value);
      if (!wrong.empty()) {
        return wrong;
      }
    } else if (!key.starts_with("CHAP_") &&
               std::find(kDeclarations.begin(), kDeclarations.end(), key) == kDeclarations.end()) {
      out.add(key, "NotUnderstood");
    }
  }
  return {};
}

std::string Negotiation::take_answer(size_t number, const std::string& value) {
  const Row& row = kRows[number];
  const uint32_t bit = 1U << number;
  // What is only declared may be declared again.
  if ((answered_ & bit) != 0 && row.function != Function::declared) {
    return "it answers the login key " + std::string(row.key) + " twice";
  }
  answered_ |= bit;
  if (value == "Irrelevant" || value == "NotUnderstood" || row.function == Function::whatever) {
    return {};
  }
  const auto number_value = parse_number(value);
  bool good = false;
  switch (row.function) {
    case Function::minimum:
    case Function::declared:
      good = number_value && *number_value >= row.low && *number_value <= row.high;
      if (good && row.number != nullptr) {
        agreed_.*row.number = static_cast<uint32_t>(*number_value);
      }
      break;
    case Function::flag:
      good = value == "Yes" || value == "No";
      agreed_.*row.flag = value == "Yes";
      break;
    case Function::always_yes:
      good = value == "Yes";
      break;
    case Function::digest:  // whether none will do, finish() says
      good = value == "None" || value == "Reject" ||
             list_has(digest_offer(wanted_.*row.choice), value);
      agreed_.digests.*row.digest = value == "CRC32C";
      break;
    case Function::whatever:
      break;
  }
  if (good) {
    return {};
  }
  return "it answers " + std::string(row.key) + "=" + printable(value) + " where " +
         (row.choice != nullptr ? digest_offer(wanted_.*row.choice) : row.offer) + " was offered";
}

std::string Negotiation::finish() {
  // RFC 7143 13.14: the first burst is part of one.
  agreed_.first_burst_bytes = std::min(agreed_.first_burst_bytes, agreed_.max_burst_bytes);
  agreed_.send_segment_bytes = std::min(agreed_.send_segment_bytes, kMaxSendSegmentBytes);
  const bool header = wanted_.header_digest == DigestChoice::crc32c && !agreed_.digests.header;
  const bool data = wanted_.data_digest == DigestChoice::crc32c && !agreed_.digests.data;
  if (header || data) {
    return std::string("it does no ") + (header ? "header" : "data") + " digests, which " +
           (header ? "header_digest" : "data_digest") + "=crc32c asks for";
  }
  return {};
}

}  // namespace io::iscsi::initiator
