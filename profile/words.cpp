// See words.h. Where the DSM has a name for a value, the word is made of that.
#include "profile/words.h"

#include <cctype>

#include "dsm/policy.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace profile {
namespace {

// "NOT READY": "not-ready".
std::string word_of(std::string_view name) {
  std::string word;
  for (const char c : name) {
    word += c == ' ' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return word;
}

}  // namespace

const std::vector<Word<dsm::TransportOutcome>>& transport_words() {
  static const auto words = [] {
    std::vector<Word<dsm::TransportOutcome>> all;
    for (unsigned i = 0; i <= static_cast<unsigned>(dsm::TransportOutcome::other); ++i) {
      const auto outcome = static_cast<dsm::TransportOutcome>(i);
      all.push_back({word_of(dsm::name_of(outcome)), outcome});
    }
    return all;
  }();
  return words;
}

const std::vector<Word<uint8_t>>& status_words() {
  static const std::vector<Word<uint8_t>> words = {
      {"check-condition", scsi::kCheckCondition},
      {"condition-met", scsi::kConditionMet},
      {"busy", scsi::kBusy},
      {"reservation-conflict", scsi::kReservationConflict},
      {"task-set-full", scsi::kTaskSetFull},
      {"aca-active", scsi::kAcaActive},
      {"task-aborted", scsi::kTaskAborted},
  };
  return words;
}

const std::vector<Word<uint8_t>>& sense_key_words() {
  static const auto words = [] {
    std::vector<Word<uint8_t>> all;
    for (const uint8_t key :
         {scsi::kNoSense, scsi::kRecoveredError, scsi::kNotReady, scsi::kMediumError,
          scsi::kHardwareError, scsi::kIllegalRequest, scsi::kUnitAttention, scsi::kDataProtect,
          scsi::kBlankCheck, scsi::kVendorSpecific, scsi::kCopyAborted, scsi::kAbortedCommand,
          scsi::kVolumeOverflow, scsi::kMiscompare, scsi::kCompleted}) {
      all.push_back({word_of(scsi::name_of_sense_key(key)), key});
    }
    return all;
  }();
  return words;
}

const std::vector<Word<dsm::PolicyId>>& policy_words() {
  static const auto words = [] {
    std::vector<Word<dsm::PolicyId>> all;
    for (const dsm::Policy& policy : dsm::policies()) {
      all.push_back({policy.name, policy.id});
    }
    return all;
  }();
  return words;
}

const std::vector<Word<dsm::Condition>>& condition_words() {
  static const std::vector<Word<dsm::Condition>> words = {
      {"always", dsm::Condition::always},
      {"read-or-write", dsm::Condition::read_or_write},
      {"optimized-elsewhere", dsm::Condition::read_or_write_and_optimized_elsewhere},
  };
  return words;
}

const std::vector<Word<dsm::Verdict>>& verdict_words() {
  static const std::vector<Word<dsm::Verdict>> words = {
      {"retry", {.retry = true}},
      {"fail-over", {.failover = true}},
      {"report", {.give_back = true, .advice = dsm::Advice::report}},
      {"resend-now", {.give_back = true, .advice = dsm::Advice::retry_now}},
      {"resend-later", {.give_back = true, .advice = dsm::Advice::retry_later}},
  };
  return words;
}

const std::vector<Word<dsm::Target>>& target_words() {
  static const std::vector<Word<dsm::Target>> words = {
      {"any-path", dsm::Target::any},
      {"same-path", dsm::Target::same_path},
      {"other-path", dsm::Target::other_path},
  };
  return words;
}

const std::vector<Word<dsm::FollowUp>>& follow_up_words() {
  static const std::vector<Word<dsm::FollowUp>> words = {
      {"nothing", dsm::FollowUp::nothing},
      {"read-access", dsm::FollowUp::rtpg_here},
      {"read-access-elsewhere", dsm::FollowUp::rtpg_other_group},
      {"start-unit", dsm::FollowUp::start_unit},
  };
  return words;
}

const std::vector<Word<dsm::AluaSupport>>& alua_words() {
  static const std::vector<Word<dsm::AluaSupport>> words = {
      {"both", dsm::AluaSupport::both},
      {"explicit", dsm::AluaSupport::explicit_only},
      {"implicit", dsm::AluaSupport::implicit_only},
      {"none", dsm::AluaSupport::none},
  };
  return words;
}

const std::vector<Word<scsi::AccessState>>& passive_state_words() {
  static const auto words = [] {
    std::vector<Word<scsi::AccessState>> all;
    for (const auto state : {scsi::AccessState::active_nonoptimized, scsi::AccessState::standby,
                             scsi::AccessState::unavailable}) {
      all.push_back({std::string(scsi::name_of(state)), state});
    }
    return all;
  }();
  return words;
}

const std::vector<Word<ArrayAccess>>& array_access_words() {
  static const std::vector<Word<ArrayAccess>> words = {
      {"symmetric", ArrayAccess::symmetric},
      {"alua", ArrayAccess::alua},
      {"active-passive", ArrayAccess::active_passive},
  };
  return words;
}

}  // namespace profile
