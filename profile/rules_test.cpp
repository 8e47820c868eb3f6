// [[error]]: from the words of the vendor to the row of the DSM's table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profile/testing/sample.h"
#include "profile/words.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace profile::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Begins in line 12; its keys in line 14.
std::string rule(const std::string& keys, const std::string& name = "r",
                 const std::string& verdict = "retry") {
  return "[[error]]\nname = \"" + name + "\"\n" + keys + "\nmeaning = \"m\"\nverdict = \"" +
         verdict + "\"\n";
}
dsm::ErrorRow row_of(const std::string& keys, const std::string& verdict = "retry") {
  return profile_of(sample(rule(keys, "r", verdict))).rows.at(0);
}
std::vector<std::string> wrong(const std::string& keys, const std::string& verdict = "retry") {
  return mistakes_of(sample(rule(keys, "r", verdict)));
}

TEST(Rules, MatchByWhatIsGiven) {
  const dsm::ErrorRow by_sense = row_of("key = \"not-ready\"\nasc = 0x04\nascq = 129");
  EXPECT_TRUE(by_sense.needs_sense);
  EXPECT_FALSE(by_sense.deferred);
  EXPECT_EQ(by_sense.key, scsi::kNotReady);
  EXPECT_EQ(by_sense.asc, 0x04);
  EXPECT_EQ(by_sense.ascq, 0x81);
  EXPECT_EQ(by_sense.outcomes, dsm::kAnyOutcome);
  EXPECT_EQ(by_sense.status, dsm::kAnyByte);
  EXPECT_EQ(by_sense.condition, dsm::Condition::always);

  const dsm::ErrorRow by_number = row_of("key = 9\nwhen = \"optimized-elsewhere\"");
  EXPECT_EQ(by_number.key, scsi::kVendorSpecific);
  EXPECT_EQ(by_number.asc, dsm::kAnyByte);
  EXPECT_EQ(by_number.condition, dsm::Condition::read_or_write_and_optimized_elsewhere);

  const dsm::ErrorRow by_status = row_of("status = \"busy\"");
  EXPECT_FALSE(by_status.needs_sense);
  EXPECT_EQ(by_status.status, scsi::kBusy);
  EXPECT_EQ(by_status.outcomes, dsm::outcome_bit(dsm::TransportOutcome::delivered))
      << "the status of a command that was lost says nothing";

  const dsm::ErrorRow by_transport = row_of("transport = [\"silent\", \"connection-lost\"]");
  EXPECT_EQ(by_transport.outcomes, dsm::outcome_bit(dsm::TransportOutcome::silent) |
                                       dsm::outcome_bit(dsm::TransportOutcome::connection_lost));
  EXPECT_TRUE(row_of("deferred = true").deferred);
}

TEST(Rules, EveryWordHasItsValue) {
  for (const auto& word : transport_words()) {
    EXPECT_EQ(row_of("transport = [\"" + word.text + "\"]").outcomes, dsm::outcome_bit(word.value));
  }
  for (const auto& word : status_words()) {
    EXPECT_EQ(row_of("status = \"" + word.text + "\"").status, word.value);
  }
  for (const auto& word : sense_key_words()) {
    EXPECT_EQ(row_of("key = \"" + word.text + "\"").key, word.value);
  }
  for (const auto& word : condition_words()) {
    EXPECT_EQ(row_of("key = 2\nwhen = \"" + word.text + "\"").condition, word.value);
  }
  for (const auto& word : target_words()) {
    EXPECT_EQ(row_of("key = 2\non = \"" + word.text + "\"").verdict.target, word.value);
  }
  for (const auto& word : follow_up_words()) {
    EXPECT_EQ(row_of("key = 2\nthen = \"" + word.text + "\"").follow_up, word.value);
  }
}

TEST(Rules, AnswerAsTheyAreTold) {
  const dsm::Verdict plain = row_of("key = 2").verdict;
  EXPECT_TRUE(plain.retry);
  EXPECT_FALSE(plain.free) << "counted, unless said otherwise";
  EXPECT_EQ(plain.interval, dsm::Interval::host_default);
  EXPECT_EQ(plain.target, dsm::Target::any);

  const dsm::Verdict retry = row_of("key = 2\ncounted = false\npause_ms = 250").verdict;
  EXPECT_TRUE(retry.free);
  EXPECT_EQ(retry.interval, dsm::Interval::milliseconds);
  EXPECT_EQ(retry.interval_ms, 250U);
  EXPECT_EQ(row_of("key = 2\npause_ms = 0").verdict.interval, dsm::Interval::immediate);

  const dsm::ErrorRow over = row_of("key = 2", "fail-over");
  EXPECT_TRUE(over.verdict.failover);
  EXPECT_FALSE(over.verdict.retry);
  EXPECT_EQ(over.follow_up, dsm::FollowUp::fail_nexus) << "or the DSM would go on with the path";
  const dsm::Verdict report = row_of("key = 2", "report").verdict;
  EXPECT_TRUE(report.give_back);
  EXPECT_EQ(report.advice, dsm::Advice::report);
  EXPECT_EQ(row_of("key = 2", "resend-now").verdict.advice, dsm::Advice::retry_now);
  EXPECT_EQ(row_of("key = 2\nthen = \"read-access\"", "resend-later").verdict.advice,
            dsm::Advice::retry_later);
}

TEST(Rules, StandAheadOfTheBuiltInOnesInTheirOrder) {
  const Profile profile = profile_of(sample(rule("key = 6\nasc = 0x2a\nascq = 6", "narrow") +
                                            rule("key = 6\nasc = 0x2a", "wide")));
  ASSERT_EQ(profile.rules.size(), 2U);
  const auto decided = [&](uint8_t ascq) {
    return std::string(dsm::find_row(profile.rows, {.status = scsi::kCheckCondition,
                                                    .has_sense = true,
                                                    .key = 6,
                                                    .asc = 0x2a,
                                                    .ascq = ascq})
                           .row->name);
  };
  EXPECT_EQ(decided(6), "narrow");
  EXPECT_EQ(decided(9), "wide");
  EXPECT_EQ(profile.rules[1].line, 19U);
}

TEST(Rules, AreRefusedWithoutAName) {
  EXPECT_THAT(mistakes_of(sample(rule("key = 2", "My Rule"))),
              ElementsAre("13:8: [[error]] name: \"My Rule\" is no name of a rule; give 1 to 40 "
                          "lower-case letters, digits and '-'"));
  EXPECT_THAT(
      mistakes_of(sample(rule("key = 2", "not-ready"))),
      ElementsAre("13:8: [[error]] name: \"not-ready\" is a built-in rule (docs/errors.md), "
                  "and counters could not tell them apart; give another, perhaps with the "
                  "vendor's name in front"));
  EXPECT_THAT(mistakes_of(sample(rule("key = 2") + rule("key = 3"))),
              ElementsAre("18:8: [[error]] name: \"r\" is the rule of line 12 already; give "
                          "another"));
  EXPECT_THAT(mistakes_of(sample("[[error]]\nkey = 2\n")),
              ElementsAre("12:1: [[error]] lacks the key name: name of the rule, in `dsmkit show` "
                          "and `dsmkit explain sense`; add it",
                          "12:1: [[error]] lacks the key meaning: one line for the administrator; "
                          "add it",
                          ::testing::StartsWith("12:1: [[error]] lacks the key verdict: retry: ")));
}

TEST(Rules, ThatMatchNothingOrEverythingAreRefused) {
  EXPECT_THAT(wrong(""), ElementsAre("12:1: [[error]] name: the rule matches every error, so that "
                                     "no other rule would ever decide; say what it is about: "
                                     "transport, status, deferred, key, asc"));
  EXPECT_THAT(wrong("transport = []"),
              ElementsAre("14:13: [[error]] transport: the list is empty and would match nothing; "
                          "leave the key out to match everything"));
  EXPECT_THAT(wrong("transport = [\"no_device\", 7]"),
              ElementsAre("14:14: [[error]] transport: there is no \"no_device\"; did you mean "
                          "no-device?",
                          "14:27: [[error]] transport: takes words, not a whole number"));
  EXPECT_THAT(wrong("transport = \"silent\""),
              ElementsAre("14:13: [[error]] transport: is a string; give a list of words"));
  EXPECT_THAT(
      wrong("transport = [\"silent\"]\nstatus = 8"),
      ElementsAre("15:10: [[error]] status: only a command that was delivered has a status; "
                  "leave transport out, or give transport = [\"delivered\"]"));
  EXPECT_THAT(wrong("transport = [\"delivered\"]\nstatus = 8"), IsEmpty());
}

TEST(Rules, WithBadSenseAreRefused) {
  EXPECT_THAT(wrong("key = 16"), ElementsAre("14:7: [[error]] key: is 16; give a word or 0 to 15"));
  EXPECT_THAT(
      wrong("key = \"notready\""),
      ElementsAre("14:7: [[error]] key: there is no \"notready\"; did you mean not-ready?"));
  EXPECT_THAT(wrong("asc = 255"), ElementsAre("14:7: [[error]] asc: is 255; give 0 to 254"));
  EXPECT_THAT(wrong("key = 2\nascq = 1"),
              ElementsAre("15:8: [[error]] ascq: stands without asc, but a qualifier means nothing "
                          "by itself; add asc"));
  EXPECT_THAT(wrong("status = 0"),
              ElementsAre("14:10: [[error]] status: is 0; give a word or 1 to 254"))
      << "GOOD is no error";
}

TEST(Rules, SayNothingThatHasNoEffect) {
  for (const char* key : {"on = \"same-path\"", "counted = true", "pause_ms = 5"}) {
    for (const char* verdict : {"fail-over", "report", "resend-now", "resend-later"}) {
      const std::string name = std::string(key).substr(0, std::string(key).find(' '));
      const auto mistakes = wrong(std::string("key = 2\n") + key, verdict);
      ASSERT_EQ(mistakes.size(), 1U) << key << verdict;
      EXPECT_EQ(mistakes[0], "15:" + std::to_string(name.size() + 4) + ": [[error]] " + name +
                                 ": has no effect with this verdict; it goes with verdict = "
                                 "\"retry\"");
    }
  }
  EXPECT_THAT(wrong("key = 2\nthen = \"start-unit\"", "fail-over"),
              ElementsAre("15:8: [[error]] then: has no effect with verdict = \"fail-over\", which "
                          "takes the path out of use; leave it out, or give verdict = \"retry\""));
}

TEST(Rules, CountAgainstThePathWhereTheySaySo) {
  EXPECT_FALSE(row_of("key = 2").against_path);
  EXPECT_TRUE(row_of("key = 2\nagainst_path = true").against_path);
  EXPECT_FALSE(row_of("key = 2\nagainst_path = false", "resend-now").against_path);
  EXPECT_THAT(wrong("key = 2\nagainst_path = true", "fail-over"),
              ElementsAre("15:16: [[error]] against_path: has no effect with verdict = "
                          "\"fail-over\", which takes the path out of use; leave it out"));
}

TEST(Rules, DoNotRetryWithoutAPauseAndWithoutAnEnd) {
  EXPECT_THAT(wrong("key = 2\ncounted = false\npause_ms = 0"),
              ElementsAre("16:12: [[error]] pause_ms: is 0 for a retry that is not counted: it "
                          "would be sent again and again without a pause and without an end; give "
                          "a pause, or counted = true"));
  EXPECT_THAT(wrong("key = 2\ncounted = true\npause_ms = 0"), IsEmpty());
  EXPECT_THAT(wrong("key = 2\ncounted = false"), IsEmpty());
}

TEST(Rules, ThatNeverDecideAreRefused) {
  const auto second_never = [](const std::string& first, const std::string& second) {
    const auto mistakes = mistakes_of(sample(rule(first, "first") + rule(second, "second")));
    if (mistakes.empty()) {
      return false;
    }
    EXPECT_NE(mistakes[0].find("[[error]] name: the rule never decides: \"first\" of line 12 "
                               "matches all that it does; put the narrower one first"),
              std::string::npos)
        << mistakes[0];
    return true;
  };
  EXPECT_TRUE(second_never("key = 2", "key = 2"));
  EXPECT_TRUE(second_never("key = 2", "key = 2\nasc = 4"));
  EXPECT_TRUE(second_never("asc = 4", "key = 2\nasc = 4\nascq = 1"));
  EXPECT_TRUE(second_never("status = 2", "key = 2\nstatus = 2"));
  EXPECT_TRUE(
      second_never("key = 2\nwhen = \"read-or-write\"", "key = 2\nwhen = \"optimized-elsewhere\""));
  EXPECT_TRUE(second_never("transport = [\"silent\", \"other\"]", "transport = [\"other\"]"));
  EXPECT_FALSE(second_never("key = 2\nasc = 4", "key = 2"));
  EXPECT_FALSE(second_never("key = 2", "key = 3"));
  EXPECT_FALSE(second_never("key = 2", "status = 2")) << "sense data need not be there";
  EXPECT_FALSE(second_never("key = 2", "key = 2\ndeferred = true"));
  EXPECT_FALSE(second_never("key = 2\nwhen = \"read-or-write\"", "key = 2"));
  EXPECT_FALSE(second_never("transport = [\"other\"]", "transport = [\"silent\", \"other\"]"));
  EXPECT_FALSE(second_never("key = 2\nstatus = 2", "key = 2"));
}

TEST(Rules, ThatAreWrongStandInNobodysWay) {
  EXPECT_EQ(mistakes_of(sample(rule("key = \"notready\"", "first") + rule("key = 3", "second") +
                               rule("status = \"busy\"", "third")))
                .size(),
            1U);
}

TEST(Rules, AreNotTooMany) {
  std::string many;
  for (unsigned i = 0; i < 257; ++i) {
    many += rule("key = " + std::to_string(i / 254) + "\nasc = " + std::to_string(i % 254),
                 "r" + std::to_string(i));
  }
  const auto mistakes = mistakes_of(sample(many));
  ASSERT_EQ(mistakes.size(), 1U);
  EXPECT_EQ(mistakes[0],
            "1548:1: [[error]] name: is one rule more than 256, the most of a profile");
}

}  // namespace
}  // namespace profile::testing
