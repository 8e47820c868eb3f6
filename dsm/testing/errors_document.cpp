// The error table as Markdown.
#include "dsm/testing/errors_document.h"

#include <cstdio>

#include "dsm/error_table.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

std::string hex(uint8_t byte) {
  char text[4];
  std::snprintf(text, sizeof(text), "%02Xh", unsigned{byte});
  return text;
}

std::string key_of(const ErrorRow& row) {
  if (row.deferred) {
    return "deferred";
  }
  if (!row.needs_sense) {
    return "-";
  }
  return row.key == kAnyByte ? "any"
                             : std::string(scsi::name_of_sense_key(row.key)) + " (" +
                                   std::to_string(row.key) + "h)";
}

std::string code_of(const ErrorRow& row) {
  if (!row.needs_sense || row.asc == kAnyByte) {
    return row.needs_sense || row.deferred ? "any" : "-";
  }
  return row.ascq == kAnyByte ? hex(row.asc) + "/any" : hex(row.asc) + "/" + hex(row.ascq);
}

std::string transport_of(const ErrorRow& row) {
  if (row.outcomes == kAnyOutcome) {
    return "any";
  }
  std::string names;
  for (unsigned i = 0; i <= static_cast<unsigned>(TransportOutcome::other); ++i) {
    const auto outcome = static_cast<TransportOutcome>(i);
    if ((row.outcomes & outcome_bit(outcome)) != 0) {
      names += (names.empty() ? "" : ", ") + std::string(name_of(outcome));
    }
  }
  return names;
}

std::string verdict_of(const ErrorRow& row) {
  const Verdict& verdict = row.verdict;
  if (verdict.failover) {
    return "fail over";
  }
  if (verdict.give_back) {
    switch (verdict.advice) {
      case Advice::report:
        return "give back: an answer for the client";
      case Advice::retry_now:
        return "give back: not executed, to be sent again";
      case Advice::retry_later:
        return "give back: to be sent again after a pause";
    }
  }
  std::string text = verdict.free ? "retry, not counted" : "retry, counted";
  text += verdict.target == Target::same_path    ? ", same path"
          : verdict.target == Target::other_path ? ", another path"
                                                 : "";
  return text + (verdict.interval == Interval::immediate ? ", at once" : "");
}

std::string condition_of(Condition condition) {
  switch (condition) {
    case Condition::always:
      return "";
    case Condition::read_or_write:
      return "; reads and writes only";
    case Condition::read_or_write_and_optimized_elsewhere:
      return "; reads and writes, and only where another path is active/optimized";
    case Condition::unregistered_here:
      return "; only where a reservation key is registered, but not on this path";
  }
  return "?";
}

std::string follow_up_of(FollowUp follow_up) {
  switch (follow_up) {
    case FollowUp::nothing:
      return "-";
    case FollowUp::fail_nexus:
      return "the path leaves the plan";
    case FollowUp::rtpg_here:
      return "RTPG down this path, I/O held";
    case FollowUp::rtpg_other_group:
      return "RTPG down another group, I/O held";
    case FollowUp::check_registration:
      return "a check that our reservation key is registered here";
    case FollowUp::check_registration_now_and_then:
      return "likewise, at most once a second";
    case FollowUp::start_unit:
      return "START STOP UNIT down this path, I/O held";
  }
  return "?";
}

std::string besides_of(const ErrorRow& row) {
  const std::string follow_up = follow_up_of(row.follow_up);
  if (!row.against_path) {
    return follow_up;
  }
  return (row.follow_up == FollowUp::nothing ? "" : follow_up + "; ") + "counts against the path";
}

constexpr const char* kHead = R"(# Errors

What the DSM makes of an error. This page is made from `dsm/error_table.cpp`; a test fails when it is out of date. To make it anew:

    cmake --build --preset dev --target errors_document && build/dev/dsm/errors_document docs/errors.md

Rows are tried from the top, the first that matches decides; a vendor's rows stand ahead of these. Sense data decide whatever the
transport says; `-` and "any" are not looked at. `dsmkit explain sense` finds the row for given sense data.

- **retry**: the host sends the command again; *not counted* retries do not use up its budget.
- **fail over**: the path is taken out of use, and the command goes down another.
- **give back**: the layer above decides, by the advice that stands beside.
- **counts against the path**: too many of these within a while, and others are preferred to it (`path_error_limit`).
- **RTPG**: REPORT TARGET PORT GROUPS, to learn the access states; one at a time, however many commands ask.

| # | rule | sense key | ASC/ASCQ | status | transport | verdict | besides | meaning |
|---|---|---|---|---|---|---|---|---|
)";

}  // namespace

std::string errors_document() {
  std::string text = kHead;
  unsigned number = 0;
  for (const ErrorRow& row : builtin_rows()) {
    text += "| " + std::to_string(++number) + " | " + row.name + " | " + key_of(row) + " | " +
            code_of(row) + " | " + (row.status == kAnyByte ? "any" : hex(row.status)) + " | " +
            transport_of(row) + " | " + verdict_of(row) + " | " + besides_of(row) + " | " +
            row.explain + condition_of(row.condition) + " |\n";
  }
  return text;
}

}  // namespace dsm::testing
