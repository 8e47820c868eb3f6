// [[error]]: a rule of the vendor, as a row of the DSM's error table.
#include <algorithm>

#include "profile/parts.h"

namespace profile {
namespace {

constexpr size_t kMaxRules = 256;

bool is_rule_name(const std::string& text) {
  return !text.empty() && text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

void read_name(Section& section, const Profile& profile, Rule& rule) {
  const auto name = section.text("name");
  if (!name) {
    return;
  }
  const auto taken = [&name](const auto& other) { return *name == other.name; };
  const auto builtin = dsm::builtin_rows();
  if (!is_rule_name(*name)) {
    section.wrong("name", in_quotes(*name) +
                              " is no name of a rule; give 1 to 40 lower-case letters, digits and "
                              "'-'");
  } else if (std::any_of(builtin.begin(), builtin.end(), taken)) {
    section.wrong("name", in_quotes(*name) +
                              " is a built-in rule (docs/errors.md), and counters could not tell "
                              "them apart; give another, perhaps with the vendor's name in front");
  } else if (const auto other = std::find_if(profile.rules.begin(), profile.rules.end(), taken);
             other != profile.rules.end()) {
    section.wrong("name", in_quotes(*name) + " is the rule of line " + std::to_string(other->line) +
                              " already; give another");
  } else {
    rule.name = *name;
  }
}

void read_sense_match(Section& section, dsm::ErrorRow& row) {
  const auto byte = [&section](const char* key) {
    return static_cast<uint8_t>(section.number(key).value_or(dsm::kAnyByte));
  };
  row.key = section.word_or_number("key", sense_key_words(), 0, 15).value_or(dsm::kAnyByte);
  row.asc = byte("asc");
  row.ascq = byte("ascq");
  if (section.has("ascq") && !section.has("asc")) {
    section.wrong("ascq", "stands without asc, but a qualifier means nothing by itself; add asc");
  }
  row.needs_sense = section.has("key") || section.has("asc") || section.has("ascq");
  row.deferred = section.flag("deferred").value_or(false);
}

// Of what is below the sense data.
void read_delivery_match(Section& section, dsm::ErrorRow& row) {
  if (const auto outcomes = section.word_list("transport", transport_words()); !outcomes.empty()) {
    row.outcomes = 0;
    for (const dsm::TransportOutcome outcome : outcomes) {
      row.outcomes = static_cast<uint16_t>(row.outcomes | dsm::outcome_bit(outcome));
    }
  }
  if (!section.has("status")) {
    return;
  }
  row.status = section.word_or_number("status", status_words(), 1, 254).value_or(dsm::kAnyByte);
  constexpr uint16_t kDelivered = dsm::outcome_bit(dsm::TransportOutcome::delivered);
  if (section.has("transport") && row.outcomes != kDelivered) {
    section.wrong("status",
                  "only a command that was delivered has a status; leave transport out, or give "
                  "transport = [\"delivered\"]");
  }
  row.outcomes = kDelivered;
}

void read_retry(Section& section, dsm::Verdict& verdict) {
  verdict.target = section.word("on", target_words()).value_or(dsm::Target::any);
  verdict.free = !section.flag("counted").value_or(true);
  const auto pause_ms = section.number("pause_ms");
  if (pause_ms) {
    verdict.interval = *pause_ms == 0 ? dsm::Interval::immediate : dsm::Interval::milliseconds;
    verdict.interval_ms = *pause_ms;
  }
  if (verdict.free && pause_ms && *pause_ms == 0) {
    section.wrong("pause_ms",
                  "is 0 for a retry that is not counted: it would be sent again and again without "
                  "a pause and without an end; give a pause, or counted = true");
  }
}

void read_answer(Section& section, dsm::ErrorRow& row) {
  row.follow_up = section.word("then", follow_up_words()).value_or(dsm::FollowUp::nothing);
  const auto verdict = section.word("verdict", verdict_words());
  if (!verdict) {
    return;
  }
  row.verdict = *verdict;
  if (row.verdict.retry) {
    read_retry(section, row.verdict);
  } else {
    for (const char* key : {"on", "counted", "pause_ms"}) {
      if (section.has(key)) {
        section.wrong(key, "has no effect with this verdict; it goes with verdict = \"retry\"");
      }
    }
  }
  row.against_path = section.flag("against_path").value_or(false);
  if (!row.verdict.failover) {
    return;
  }
  if (row.against_path) {
    section.wrong("against_path",
                  "has no effect with verdict = \"fail-over\", which takes the path out of use; "
                  "leave it out");
  }
  row.follow_up = dsm::FollowUp::fail_nexus;
  if (section.has("then")) {
    section.wrong("then",
                  "has no effect with verdict = \"fail-over\", which takes the path out of use; "
                  "leave it out, or give verdict = \"retry\"");
  }
}

// Does `a` match everything that `b` does?
bool covers(const dsm::ErrorRow& a, const dsm::ErrorRow& b) {
  const auto takes = [](uint8_t wide, uint8_t narrow) {
    return wide == dsm::kAnyByte || wide == narrow;
  };
  const bool sense = !a.needs_sense || (b.needs_sense && takes(a.key, b.key) &&
                                        takes(a.asc, b.asc) && takes(a.ascq, b.ascq));
  const bool when = a.condition == dsm::Condition::always || a.condition == b.condition ||
                    (a.condition == dsm::Condition::read_or_write &&
                     b.condition == dsm::Condition::read_or_write_and_optimized_elsewhere);
  return a.deferred == b.deferred && sense && when && takes(a.status, b.status) &&
         (b.outcomes & ~a.outcomes) == 0;
}

bool matches_something(Section& section) {
  for (const char* key : {"transport", "status", "deferred", "key", "asc", "ascq"}) {
    if (section.has(key)) {
      return true;
    }
  }
  section.wrong(
      section.place(), "name",
      "the rule matches every error, so that no other rule would ever decide; say what it "
      "is about: transport, status, deferred, key, asc");
  return false;
}

// A rule that never decides says something that nobody hears.
void check_turn(Section& section, const Profile& profile, const dsm::ErrorRow& row) {
  const auto wider = std::find_if(profile.rules.begin(), profile.rules.end(),
                                  [&row](const Rule& other) { return covers(other.row, row); });
  if (wider != profile.rules.end()) {
    section.wrong(section.place(), "name",
                  "the rule never decides: " + in_quotes(wider->name) + " of line " +
                      std::to_string(wider->line) +
                      " matches all that it does; put the narrower one first");
  }
}

}  // namespace

void read_rule(Section& section, Profile& out) {
  Rule rule;
  rule.line = section.place().line;
  read_name(section, out, rule);
  if (const auto meaning = section.text("meaning");
      meaning && printable(section, "meaning", *meaning, 120)) {
    rule.meaning = *meaning;
  }
  read_sense_match(section, rule.row);
  read_delivery_match(section, rule.row);
  rule.row.condition = section.word("when", condition_words()).value_or(dsm::Condition::always);
  read_answer(section, rule.row);
  if (matches_something(section) && section.in_order()) {
    check_turn(section, out, rule.row);
  } else {
    rule.row.outcomes = 0;  // what it is about is not known, so it stands in nobody's way
  }
  if (out.rules.size() == kMaxRules) {
    section.wrong(section.place(), "name",
                  "is one rule more than " + std::to_string(kMaxRules) + ", the most of a profile");
    return;
  }
  out.rules.push_back(std::move(rule));
}

}  // namespace profile
