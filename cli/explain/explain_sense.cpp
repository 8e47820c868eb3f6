// Sense data, and what the DSM would do with a command that ended with it.
#include <fmt/format.h>

#include "cli/explain/explain.h"
#include "dsm/error_table.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace cli::explain {
namespace {

const char* text_of(dsm::Target target) {
  switch (target) {
    case dsm::Target::any:
      return "any path";
    case dsm::Target::same_path:
      return "the same path";
    case dsm::Target::other_path:
      return "another path";
  }
  return "?";
}

const char* text_of(dsm::Advice advice) {
  switch (advice) {
    case dsm::Advice::report:
      return "the client's to know";
    case dsm::Advice::retry_now:
      return "was not executed; send it again";
    case dsm::Advice::retry_later:
      return "send it again after a pause";
  }
  return "?";
}

const char* text_of(dsm::FollowUp follow_up) {
  switch (follow_up) {
    case dsm::FollowUp::nothing:
      return "nothing";
    case dsm::FollowUp::fail_nexus:
      return "the path is failed, another takes over";
    case dsm::FollowUp::rtpg_here:
      return "REPORT TARGET PORT GROUPS down this path; I/O is held meanwhile";
    case dsm::FollowUp::rtpg_other_group:
      return "REPORT TARGET PORT GROUPS down a path of another group; I/O is held meanwhile";
    case dsm::FollowUp::check_registration:
    case dsm::FollowUp::check_registration_now_and_then:
      return "where a reservation key is registered: is it still, down this path?";
    case dsm::FollowUp::start_unit:
      return "START STOP UNIT down this path, so that its controller takes over; I/O is held "
             "meanwhile";
  }
  return "?";
}

// The rule that decides, and whose it is.
Document deciding_rule(const dsm::ErrorFacts& facts, const profile::Profile* profile) {
  const dsm::RowMatch match = dsm::find_row(
      profile != nullptr ? std::span(profile->rows) : std::span<dsm::ErrorRow>(), facts);
  Document out = rule(*match.row);
  if (profile != nullptr) {
    const bool builtin = match.index >= dsm::kBuiltinRowBase;
    out["from"] = builtin ? "built in"
                          : fmt::format("{}:{}", profile->file, profile->rules[match.index].line);
    if (!builtin) {
      out["in_front_of"] = dsm::find_row({}, facts).row->name;
    }
  }
  return out;
}

}  // namespace

Document rule(const dsm::ErrorRow& row) {
  const dsm::Verdict& verdict = row.verdict;
  Document out;
  out["name"] = row.name;
  out["meaning"] = row.explain;
  out["verdict"] = verdict.failover ? "fail over" : verdict.retry ? "retry" : "give back";
  if (verdict.retry) {
    out["retry_on"] = text_of(verdict.target);
    out["retry_is_free"] = verdict.free;
    out["retry_at_once"] = verdict.interval == dsm::Interval::immediate;
  }
  if (verdict.retry && verdict.interval == dsm::Interval::milliseconds) {
    out["retry_after_ms"] = verdict.interval_ms;
  }
  if (verdict.give_back) {
    out["advice"] = text_of(verdict.advice);
  }
  out["follow_up"] = text_of(row.follow_up);
  out["against_path"] = row.against_path;
  return out;
}

Document sense(base::Bytes bytes, const profile::Profile* profile) {
  const scsi::Sense decoded = scsi::decode_sense(bytes);
  if (!decoded.valid()) {
    return {
        {"error", fmt::format("this is no sense data: {} bytes, response code {}; it must be "
                              "70h or 71h (fixed) or 72h or 73h (descriptor)",
                              bytes.size(),
                              bytes.empty() ? "none" : fmt::format("{:02x}h", bytes[0] & 0x7f))}};
  }
  Document out;
  out["format"] = decoded.format == scsi::SenseFormat::fixed ? "fixed" : "descriptor";
  out["deferred"] = decoded.deferred;
  out["sense_key"] = fmt::format("{:x}h {}", decoded.key, scsi::name_of_sense_key(decoded.key));
  const std::string text = scsi::text_of_sense_code(decoded.asc, decoded.ascq);
  out["additional_sense"] =
      fmt::format("{:02x}h/{:02x}h{}{}", decoded.asc, decoded.ascq, text.empty() ? "" : " ", text);
  if (decoded.information) {
    out["information"] = *decoded.information;
  }
  dsm::ErrorFacts facts = dsm::facts_of(
      {.scsi_status = scsi::kCheckCondition, .sense = bytes, .is_rw = true}, true, false);
  out["rule"] = deciding_rule(facts, profile);
  // A few rows ask whether there is an optimized path, and whether the command moved data.
  facts.optimized_elsewhere = false;
  const Document otherwise = deciding_rule(facts, profile);
  if (otherwise != out["rule"]) {
    out["rule_without_an_optimized_path"] = otherwise;
  }
  return out;
}

}  // namespace cli::explain
