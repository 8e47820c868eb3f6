// Logins against a target that is played: the order of the stages, what is asked and agreed on, and
// every way of a target to cheat.
#include "io/iscsi/initiator/login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/iscsi/initiator/testing/ends.h"

namespace io::iscsi::initiator {
namespace {

using iscsi::testing::Pdu;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::parameters;
using testing::PlayedTarget;

constexpr uint8_t kStay = 0x00;
constexpr uint8_t kToOperational = 0x81;
constexpr uint8_t kStayOperational = 0x04;
constexpr uint8_t kToFullFeature = 0x87;

Parameters with_chap(bool mutual) {
  Parameters wanted = parameters();
  wanted.chap = {"alice", "what-alice-knows"};
  if (mutual) {
    wanted.chap_of_target = {"array", "what-the-array-knows"};
  }
  return wanted;
}

std::string value_in(const Pdu& pdu, const char* key) {
  const auto keys = parse_keys(pdu.data);
  const auto found = keys->find(key);
  return found == keys->end() ? "" : found->second;
}

TEST(InitiatorLogin, BeginsInTheSecurityStageWhateverIsConfigured) {
  PlayedTarget plain(parameters());
  const Pdu first = plain.take();
  EXPECT_EQ(first.flags(), kToOperational);
  EXPECT_TRUE(first.header.immediate());
  EXPECT_EQ(value_in(first, "AuthMethod"), "None");
  EXPECT_EQ(value_in(first, "TargetName"), iscsi::testing::kTargetName);
  EXPECT_EQ(first.header.raw[8], 0x80);
  EXPECT_EQ(first.header.raw[13], 5);
  plain.answer_login({"AuthMethod=None"});
  const Pdu second = plain.take();
  EXPECT_EQ(second.flags(), kToFullFeature);
  EXPECT_EQ(second.header.field(28), plain.status_number) << "ExpStatSN";
  EXPECT_EQ(value_in(second, "HeaderDigest"), "None,CRC32C");
  EXPECT_EQ(value_in(second, "ErrorRecoveryLevel"), "0");
  EXPECT_EQ(value_in(PlayedTarget(with_chap(false)).take(), "AuthMethod"), "CHAP,None");
}

TEST(InitiatorLogin, TakesWhatTheTargetAnswers) {
  PlayedTarget target(parameters());
  target.login({"HeaderDigest=CRC32C", "DataDigest=None", "MaxRecvDataSegmentLength=1000000",
                "MaxBurstLength=65536", "FirstBurstLength=131072", "MaxOutstandingR2T=3",
                "InitialR2T=No", "ImmediateData=No", "TargetAlias=x", "DefaultTime2Wait=20"});
  const Agreement& agreed = target.session.agreement();
  EXPECT_TRUE(agreed.digests.header);
  EXPECT_FALSE(agreed.digests.data);
  EXPECT_EQ(agreed.send_segment_bytes, kMaxSendSegmentBytes) << "no more than we like";
  EXPECT_EQ(agreed.max_burst_bytes, 65536U);
  EXPECT_EQ(agreed.first_burst_bytes, 65536U) << "part of a burst";
  EXPECT_EQ(agreed.max_outstanding_r2t, 3U);
  EXPECT_FALSE(agreed.initial_r2t);
  EXPECT_FALSE(agreed.immediate_data);
}

TEST(InitiatorLogin, WhatNobodyAnswersHasItsDefault) {
  PlayedTarget target(parameters());
  target.login({});
  const Agreement& agreed = target.session.agreement();
  EXPECT_EQ(agreed.send_segment_bytes, 8192U);
  EXPECT_EQ(agreed.max_burst_bytes, 262144U);
  EXPECT_EQ(agreed.first_burst_bytes, 65536U);
  EXPECT_EQ(agreed.max_outstanding_r2t, 1U);
  EXPECT_TRUE(agreed.initial_r2t);
  EXPECT_TRUE(agreed.immediate_data);
}

TEST(InitiatorLogin, RefusesAnswersThatWereNotOffered) {
  for (const char* answer :
       {"MaxBurstLength=1048577", "MaxBurstLength=511", "FirstBurstLength=262145",
        "MaxRecvDataSegmentLength=511", "MaxRecvDataSegmentLength=16777216", "MaxOutstandingR2T=0",
        "MaxOutstandingR2T=5", "InitialR2T=Maybe", "ImmediateData=Reject", "DataPDUInOrder=No",
        "DataSequenceInOrder=No", "ErrorRecoveryLevel=1", "MaxConnections=2", "HeaderDigest=MD5",
        "HeaderDigest=None,CRC32C", "DataDigest=", "MaxBurstLength=\x1b[2J", "MaxBurstLength="}) {
    PlayedTarget target(parameters());
    target.take();
    target.answer_login({"AuthMethod=None"});
    target.take();
    target.answer_login({answer});
    const std::string key = std::string(answer).substr(0, std::string(answer).find('='));
    EXPECT_THAT(target.violation(), HasSubstr(key)) << answer;
    EXPECT_THAT(target.violation(), Not(HasSubstr("\x1b")));
  }
  PlayedTarget twice(parameters());
  twice.take();
  twice.answer_login({"AuthMethod=None"});
  twice.take();
  twice.answer_login({"MaxBurstLength=65536"}, kStayOperational);
  twice.take();
  twice.answer_login({"MaxBurstLength=65536"});
  EXPECT_THAT(twice.violation(), HasSubstr("twice"));
}

TEST(InitiatorLogin, DigestsThatAreAskedForAreNeeded) {
  for (const bool header : {true, false}) {
    Parameters wanted = parameters();
    (header ? wanted.header_digest : wanted.data_digest) = DigestChoice::crc32c;
    const std::string key = header ? "HeaderDigest" : "DataDigest";
    for (const std::string& answer :
         {std::string("X-none=1"), key + "=None", key + "=Reject", key + "=NotUnderstood"}) {
      PlayedTarget target(wanted);
      target.take();
      target.answer_login({"AuthMethod=None"});
      EXPECT_EQ(value_in(target.take(), key.c_str()), "CRC32C");
      target.answer_login({answer});
      EXPECT_EQ(target.session.ending().why, Ending::Why::unwilling) << answer;
      EXPECT_THAT(target.session.ending().text,
                  HasSubstr(header ? "header_digest=crc32c" : "data_digest=crc32c"));
    }
  }
  Parameters wanted = parameters();
  wanted.data_digest = DigestChoice::none;
  PlayedTarget target(wanted);
  target.take();
  target.answer_login({"AuthMethod=None"});
  EXPECT_EQ(value_in(target.take(), "DataDigest"), "None");
  target.answer_login({"DataDigest=CRC32C"});
  EXPECT_THAT(target.violation(), HasSubstr("where None was offered"));
}

TEST(InitiatorLogin, AnswersKeysThatItDoesNotKnow) {
  PlayedTarget target(parameters());
  target.take();
  target.answer_login({"AuthMethod=None"});
  target.take();
  target.answer_login({"X-org.example.speed=11", "TargetAlias=y"}, kStayOperational);
  const Pdu request = target.take();
  EXPECT_EQ(value_in(request, "X-org.example.speed"), "NotUnderstood");
  EXPECT_EQ(value_in(request, "TargetAlias"), "");
  target.answer_login({});
  EXPECT_TRUE(target.session.up());
}

TEST(InitiatorLogin, AnAnswerMayComeInPieces) {
  PlayedTarget target(parameters());
  target.take();
  target.answer_login({"AuthMethod=None"});
  target.take();
  Header header;
  header.raw[0] = kLoginResponse;
  header.raw[1] = 0x44;  // C, operational
  target.send(header, {'M', 'a', 'x', 'B', 'u'});
  const Pdu empty = target.take();
  EXPECT_TRUE(empty.data.empty());
  EXPECT_EQ(empty.flags(), kToFullFeature);
  target.send(header, {'r', 's', 't', 'L', 'e', 'n', 'g', 't', 'h', '=', '5'});
  target.take();
  header.raw[1] = kToFullFeature;
  target.send(header, {'1', '2', 0});
  ASSERT_TRUE(target.session.up()) << target.session.ending().text;
  EXPECT_EQ(target.session.agreement().max_burst_bytes, 512U);
}

TEST(InitiatorLogin, HasAnEnd) {
  PlayedTarget idle(parameters());
  for (int i = 0; i < 100 && !idle.session.ended(); ++i) {
    idle.take();
    idle.answer_login({}, kStay);
  }
  EXPECT_THAT(idle.violation(), HasSubstr("does not come to an end"));
  PlayedTarget chatty(parameters());
  Header header;
  header.raw[0] = kLoginResponse;
  header.raw[1] = 0x40;
  for (int i = 0; i < 5 && !chatty.session.ended(); ++i) {
    chatty.take();
    chatty.send(header, std::vector<uint8_t>(30'000, 'x'));
  }
  EXPECT_THAT(chatty.violation(), HasSubstr("bytes of text"));
}

TEST(InitiatorLogin, StagesInOrderOnly) {
  struct Case {
    std::vector<uint8_t> flags;
    const char* word;
  };
  for (const Case& each :
       {Case{{kToFullFeature}, "of stage 1 to a request of stage 0"},
        Case{{0x83}, "goes to stage 3"}, Case{{0x80}, "goes to stage 0"},
        Case{{kToOperational, kToOperational}, "of stage 0 to a request of stage 1"},
        Case{{kToOperational, 0x85}, "goes to stage 1"}, Case{{0xc1}, "goes on and ends"}}) {
    PlayedTarget target(parameters());
    for (const uint8_t flags : each.flags) {
      target.take();
      target.answer_login({}, flags);
    }
    EXPECT_THAT(target.violation(), HasSubstr(each.word));
  }
  PlayedTarget no_text(parameters());
  no_text.take();
  no_text.answer_login({"rubbish"});
  EXPECT_THAT(no_text.violation(), HasSubstr("no list of keys"));
  PlayedTarget other_tag(parameters());
  other_tag.take();
  Header header;
  header.raw[0] = kLoginResponse;
  header.set(16, 99);
  other_tag.send(header);
  EXPECT_THAT(other_tag.violation(), HasSubstr("tag"));
}

TEST(InitiatorLogin, StatusesAndRedirections) {
  PlayedTarget refused(parameters());
  refused.take();
  refused.answer_login({}, 0, 0x0203);
  EXPECT_EQ(refused.session.ending().why, Ending::Why::login_refused);
  EXPECT_EQ(refused.session.ending().status, 0x0203);
  PlayedTarget moved(parameters());
  moved.take();
  moved.answer_login({"TargetAddress=192.0.2.9:3261,1"}, 0, 0x0101);
  EXPECT_EQ(moved.session.ending().why, Ending::Why::login_redirected);
  EXPECT_EQ(moved.session.ending().text, "192.0.2.9:3261,1");
}

// --- CHAP
// ------------------------------------------------------------------------------------------------------

const std::initializer_list<std::string> kChallenge = {"CHAP_A=5", "CHAP_I=9", "CHAP_C=0x01020304"};

// Up to our answer to the challenge.
Pdu challenge(PlayedTarget& target) {
  target.take();
  target.answer_login({"AuthMethod=CHAP"}, kStay);
  EXPECT_EQ(value_in(target.take(), "CHAP_A"), "5");
  target.answer_login(kChallenge, kStay);
  return target.take();
}

std::string proof(const Pdu& answer, const std::string& secret) {
  const auto number = parse_number(value_in(answer, "CHAP_I"));
  const auto bytes = parse_binary_value(value_in(answer, "CHAP_C"));
  return "CHAP_R=" + hex_value(chap_response(static_cast<uint8_t>(*number), secret, *bytes));
}

TEST(InitiatorLogin, AnswersAChallenge) {
  PlayedTarget target(with_chap(false));
  const Pdu answer = challenge(target);
  EXPECT_EQ(answer.flags(), kToOperational);
  EXPECT_EQ(value_in(answer, "CHAP_N"), "alice");
  EXPECT_EQ(value_in(answer, "CHAP_R"),
            hex_value(chap_response(9, "what-alice-knows", "\x01\x02\x03\x04")));
  EXPECT_EQ(value_in(answer, "CHAP_C"), "") << "nobody asked the target for a proof";
  target.answer_login({});
  target.take();
  target.answer_login({});
  EXPECT_TRUE(target.session.up());
}

TEST(InitiatorLogin, ChallengesThatCannotBeAnswered) {
  const std::vector<std::vector<std::string>> bad = {
      {"CHAP_I=9", "CHAP_C=0x01"},
      {"CHAP_A=7", "CHAP_I=9", "CHAP_C=0x01"},
      {"CHAP_A=5", "CHAP_C=0x01"},
      {"CHAP_A=5", "CHAP_I=256", "CHAP_C=0x01"},
      {"CHAP_A=5", "CHAP_I=9"},
      {"CHAP_A=5", "CHAP_I=9", "CHAP_C=0x"},
      {"CHAP_A=5", "CHAP_I=9", "CHAP_C=0x1"},
      {"CHAP_A=5", "CHAP_I=9", "CHAP_C=0x" + std::string(2050, 'a')}};
  for (const auto& keys : bad) {
    PlayedTarget target(with_chap(false));
    target.take();
    target.answer_login({"AuthMethod=CHAP"}, kStay);
    target.take();
    Header header;
    header.raw[0] = kLoginResponse;
    std::vector<uint8_t> data;
    for (const std::string& key : keys) {
      data.insert(data.end(), key.begin(), key.end());
      data.push_back(0);
    }
    target.send(header, data);
    EXPECT_EQ(target.session.ending().why, Ending::Why::chap_failed) << keys.back();
  }
  for (const char* method : {"AuthMethod=CHAP", "AuthMethod=Reject", "AuthMethod=KRB5"}) {
    PlayedTarget target(parameters());
    target.take();
    target.answer_login({method}, kStay);
    EXPECT_EQ(target.session.ending().why, Ending::Why::chap_failed) << method;
  }
}

TEST(InitiatorLogin, TheTargetProvesItself) {
  for (const bool right : {true, false}) {
    for (const bool name : {true, false}) {
      PlayedTarget target(with_chap(true));
      const Pdu answer = challenge(target);
      target.answer_login({name ? "CHAP_N=array" : "CHAP_N=impostor",
                           proof(answer, right ? "what-the-array-knows" : "a guess")});
      if (right && name) {
        target.take();
        target.answer_login({});
        EXPECT_TRUE(target.session.up());
      } else {
        EXPECT_EQ(target.session.ending().why, Ending::Why::unproved);
      }
    }
  }
}

TEST(InitiatorLogin, WaysRoundTheProof) {
  using Say = void (*)(PlayedTarget&);
  const std::vector<Say> ways = {
      [](PlayedTarget& t) { t.answer_login({}, kToFullFeature); },
      [](PlayedTarget& t) { t.answer_login({}, 0x83); },
      [](PlayedTarget& t) { t.answer_login({"AuthMethod=None"}); },
      [](PlayedTarget& t) { t.answer_login({}); },
      [](PlayedTarget& t) { t.answer_login({"AuthMethod=CHAP"}, kToOperational); },
      [](PlayedTarget& t) {
        t.answer_login({"AuthMethod=CHAP"}, kStay);
        t.take();
        t.answer_login({"CHAP_A=5", "CHAP_I=9", "CHAP_C=0x01", "CHAP_N=array",
                        "CHAP_R=0x00000000000000000000000000000000"},
                       kToOperational);
      },
      [](PlayedTarget& t) {
        challenge(t);
        t.answer_login({});
      },
      [](PlayedTarget& t) {
        challenge(t);
        t.answer_login({}, kToFullFeature);
      },
      // Our own answer thrown back.
      [](PlayedTarget& t) {
        const Pdu answer = challenge(t);
        t.answer_login({"CHAP_N=array", "CHAP_R=" + value_in(answer, "CHAP_R")});
      },
  };
  for (size_t i = 0; i < ways.size(); ++i) {
    PlayedTarget target(with_chap(true));
    if (i <= 5) {  // the others take the first request themselves
      target.take();
    }
    ways[i](target);
    EXPECT_EQ(target.session.ending().why, Ending::Why::unproved) << i;
  }
  PlayedTarget none_then_on(with_chap(true));
  none_then_on.take();
  none_then_on.answer_login({"AuthMethod=None"}, kStay);
  none_then_on.take();
  none_then_on.answer_login({});
  EXPECT_EQ(none_then_on.session.ending().why, Ending::Why::unproved);
}

TEST(InitiatorLogin, ADiscoverySessionDemandsNoProofAndOffersLittle) {
  Parameters wanted = with_chap(true);
  wanted.target.clear();
  PlayedTarget target(wanted);
  const Pdu first = target.take();
  EXPECT_EQ(value_in(first, "SessionType"), "Discovery");
  EXPECT_EQ(value_in(first, "TargetName"), "");
  target.answer_login({"AuthMethod=None"});
  EXPECT_EQ(value_in(target.take(), "MaxBurstLength"), "");
  target.answer_login({});
  EXPECT_TRUE(target.session.up());
}

}  // namespace
}  // namespace io::iscsi::initiator
