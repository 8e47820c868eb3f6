// The login phase, request by request: what is agreed, and who is turned away.
#include "io/iscsi/login.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "io/iscsi/testing/initiator.h"

namespace io::iscsi {
namespace {

using testing::text;

const std::string kInitiator = "InitiatorName=iqn.2026-11.test:host";
const std::string kTarget = std::string("TargetName=") + testing::kTargetName;

class LoginTest : public ::testing::Test {
 protected:
  Login::Answer step(unsigned flags, const std::vector<uint8_t>& data) {
    Header header;
    header.raw[0] = kLoginRequest;
    header.raw[1] = static_cast<uint8_t>(flags);
    header.set_data_bytes(data.size());
    const Login::Answer answer = login_->on_request(header, data);
    keys_ = parse_keys({reinterpret_cast<const uint8_t*>(answer.text.data()), answer.text.size()})
                .value_or(Keys{});
    return answer;
  }
  void restart() { login_ = std::make_unique<Login>(*world_.target, 1); }
  // Current stage, next stage, transit.
  static unsigned stages(unsigned current, unsigned next) { return 0x80 | current << 2 | next; }
  static unsigned stay(unsigned current) { return current << 2; }
  // The security stage of CHAP up to the challenge; the answer for `secret` with it.
  std::string chap_answer(const std::string& secret) {
    EXPECT_EQ(step(stay(0), text({kInitiator, kTarget, "AuthMethod=CHAP,None"})).status, 0);
    EXPECT_EQ(keys_["AuthMethod"], "CHAP");
    EXPECT_EQ(step(stay(0), text({"CHAP_A=7,5"})).status, 0);
    EXPECT_EQ(keys_["CHAP_A"], "5");
    challenge_ = *parse_binary_value(keys_["CHAP_C"]);
    const auto identifier = static_cast<uint8_t>(*parse_number(keys_["CHAP_I"]));
    return hex_value(chap_response(identifier, secret, challenge_));
  }
  void want_chap() {
    world_.target->chap = {"alice", "open sesame 1"};
    world_.target->chap_mutual = {"array", "me too, said 40"};
    restart();
  }

  testing::TestTarget world_;
  std::unique_ptr<Login> login_ = std::make_unique<Login>(*world_.target, 1);
  Keys keys_;
  std::string challenge_;
};

TEST_F(LoginTest, StraightToTheFullFeaturePhase) {
  const auto answer = step(stages(1, 3), text({kInitiator, kTarget, "SessionType=Normal"}));
  EXPECT_EQ(answer.status, kLoginSuccess);
  EXPECT_TRUE(answer.finished);
  EXPECT_EQ(answer.flags, 0x87);
  EXPECT_EQ(keys_["TargetPortalGroupTag"], "2");
  EXPECT_FALSE(login_->parameters().discovery);
  EXPECT_EQ(login_->parameters().initiator_name, "iqn.2026-11.test:host");
}

TEST_F(LoginTest, LengthsAreTheSmallerOfBoth) {
  const auto answer =
      step(stages(1, 3), text({kInitiator, kTarget, "MaxRecvDataSegmentLength=4096",
                               "MaxBurstLength=16776192", "FirstBurstLength=8192"}));
  EXPECT_TRUE(answer.finished);
  EXPECT_EQ(keys_["MaxRecvDataSegmentLength"], std::to_string(kMaxReceiveSegmentBytes));
  EXPECT_EQ(keys_["MaxBurstLength"], std::to_string(kMaxBurstBytes));
  EXPECT_EQ(keys_["FirstBurstLength"], "8192");
  EXPECT_EQ(login_->parameters().send_segment_bytes, 4096U);
  EXPECT_EQ(login_->parameters().max_burst_bytes, kMaxBurstBytes);
  EXPECT_EQ(login_->parameters().first_burst_bytes, 8192U);
}

TEST_F(LoginTest, LengthsOutsideTheStandardAreRejectedAndChangeNothing) {
  step(stages(1, 3),
       text({kInitiator, kTarget, "MaxBurstLength=511", "FirstBurstLength=16777216"}));
  EXPECT_EQ(keys_["MaxBurstLength"], "Reject");
  EXPECT_EQ(keys_["FirstBurstLength"], "Reject");
  EXPECT_EQ(login_->parameters().max_burst_bytes, 262144U);
  EXPECT_EQ(login_->parameters().first_burst_bytes, 65536U);
}

TEST_F(LoginTest, OtherKeys) {
  step(stages(1, 3),
       text({kInitiator, kTarget, "InitialR2T=No", "ImmediateData=No", "HeaderDigest=CRC32C,None",
             "DataDigest=CRC32C", "MaxConnections=8", "MaxOutstandingR2T=16",
             "ErrorRecoveryLevel=2", "DefaultTime2Wait=2", "DefaultTime2Retain=20",
             "DataPDUInOrder=No", "OFMarker=Yes", "X-com.example=1"}));
  EXPECT_EQ(keys_["InitialR2T"], "No");
  EXPECT_EQ(keys_["ImmediateData"], "No");
  EXPECT_EQ(keys_["HeaderDigest"], "CRC32C");
  EXPECT_EQ(keys_["DataDigest"], "CRC32C");
  EXPECT_EQ(keys_["MaxConnections"], "1");
  EXPECT_EQ(keys_["MaxOutstandingR2T"], "1");
  EXPECT_EQ(keys_["ErrorRecoveryLevel"], "0");
  EXPECT_EQ(keys_["DefaultTime2Wait"], "2");
  EXPECT_EQ(keys_["DefaultTime2Retain"], "0");
  EXPECT_EQ(keys_["DataPDUInOrder"], "Yes");
  EXPECT_EQ(keys_["OFMarker"], "No");
  EXPECT_EQ(keys_["X-com.example"], "NotUnderstood");
  EXPECT_FALSE(login_->parameters().initial_r2t);
  EXPECT_FALSE(login_->parameters().immediate_data);
}

TEST_F(LoginTest, TextInSeveralRequests) {
  auto first = text({kInitiator, kTarget});
  const std::vector<uint8_t> rest(first.begin() + 20, first.end());
  first.resize(20);
  const auto answer = step(0x40 | stay(1), first);
  EXPECT_EQ(answer.status, 0);
  EXPECT_TRUE(answer.text.empty());
  EXPECT_TRUE(step(stages(1, 3), rest).finished);
  restart();
  EXPECT_EQ(step(0x40 | stages(1, 3), first).status, kLoginInitiatorError) << "T and C together";
  restart();
  const std::vector<uint8_t> much(40000, 'x');
  EXPECT_EQ(step(0x40 | stay(1), much).status, 0);
  EXPECT_EQ(step(0x40 | stay(1), much).status, kLoginInitiatorError) << "text without end";
}

TEST_F(LoginTest, WhoIsTurnedAway) {
  EXPECT_EQ(step(stages(1, 3), text({kTarget})).status, kLoginMissingParameter);
  restart();
  EXPECT_EQ(step(stages(1, 3), text({kInitiator})).status, kLoginMissingParameter);
  restart();
  EXPECT_EQ(step(stages(1, 3), text({kInitiator, "TargetName=iqn.other"})).status,
            kLoginTargetNotFound);
  restart();
  EXPECT_EQ(step(stages(1, 3), text({"InitiatorName=" + std::string(224, 'i'), kTarget})).status,
            kLoginMissingParameter);
  restart();
  EXPECT_EQ(step(stages(1, 3), text({kInitiator, kInitiator})).status, kLoginInitiatorError);
  for (const unsigned flags :
       {stages(2, 3), stages(3, 3), stages(1, 1), stages(1, 2), stages(1, 0)}) {
    restart();
    EXPECT_EQ(step(flags, text({kInitiator, kTarget})).status, kLoginInitiatorError) << flags;
  }
}

TEST_F(LoginTest, AHigherVersionAndAnUnknownSessionAreRefused) {
  const auto data = text({kInitiator, kTarget});
  Header header;
  header.raw[1] = static_cast<uint8_t>(stages(1, 3));
  header.raw[3] = 1;
  EXPECT_EQ(login_->on_request(header, data).status, kLoginBadVersion);
  restart();
  header.raw[3] = 0;
  header.raw[15] = 5;  // TSIH
  EXPECT_EQ(login_->on_request(header, data).status, kLoginNoSuchSession);
  restart();
  EXPECT_EQ(login_->on_request(header, text({kInitiator, "SessionType=Discovery"})).status,
            kLoginNoSuchSession);
}

TEST_F(LoginTest, IsidAndCidStayTheSame) {
  for (const size_t field : {size_t{9}, size_t{21}}) {
    restart();
    EXPECT_EQ(step(stages(0, 1), text({kInitiator, kTarget, "AuthMethod=None"})).flags, 0x81);
    Header header;
    header.raw[1] = static_cast<uint8_t>(stages(1, 3));
    header.raw[field] = 1;
    EXPECT_EQ(login_->on_request(header, {}).status, kLoginInitiatorError) << field;
  }
}

TEST_F(LoginTest, StagesDoNotGoBack) {
  EXPECT_EQ(step(stages(0, 1), text({kInitiator, kTarget, "AuthMethod=None"})).flags, 0x81);
  EXPECT_EQ(step(stay(0), {}).status, kLoginInitiatorError);
}

TEST_F(LoginTest, DiscoveryNeedsNoTargetAndNoSecret) {
  want_chap();
  EXPECT_TRUE(step(stages(1, 3), text({kInitiator, "SessionType=Discovery"})).finished);
  EXPECT_TRUE(login_->parameters().discovery);
  EXPECT_FALSE(keys_.contains("TargetPortalGroupTag"));
}

TEST_F(LoginTest, ChapWithTheRightSecret) {
  want_chap();
  const auto answer = chap_answer("open sesame 1");
  EXPECT_EQ(step(stages(0, 1), text({"CHAP_N=alice", "CHAP_R=" + answer})).flags, 0x81);
  EXPECT_FALSE(keys_.contains("CHAP_R"));
  EXPECT_TRUE(step(stages(1, 3), {}).finished);
}

TEST_F(LoginTest, ChapWithAnythingElse) {
  want_chap();
  auto answer = chap_answer("open sesame 2");
  EXPECT_EQ(step(stages(0, 1), text({"CHAP_N=alice", "CHAP_R=" + answer})).status,
            kLoginAuthFailed);
  restart();
  answer = chap_answer("open sesame 1");
  EXPECT_EQ(step(stages(0, 1), text({"CHAP_N=bob", "CHAP_R=" + answer})).status, kLoginAuthFailed);
  restart();
  answer = chap_answer("open sesame 1");
  EXPECT_EQ(step(stages(0, 1), text({"CHAP_R=" + answer})).status, kLoginAuthFailed) << "no name";
  restart();
  EXPECT_EQ(step(stages(0, 1), text({kInitiator, kTarget, "CHAP_N=alice", "CHAP_R=0x00"})).status,
            kLoginAuthFailed)
      << "without a challenge";
}

TEST_F(LoginTest, ChapCannotBeGoneRound) {
  want_chap();
  EXPECT_EQ(step(stages(1, 3), text({kInitiator, kTarget})).status, kLoginAuthFailed);
  restart();
  EXPECT_EQ(step(stages(0, 3), text({kInitiator, kTarget, "AuthMethod=None"})).status,
            kLoginAuthFailed);
  restart();
  const auto skipped = step(stages(0, 3), text({kInitiator, kTarget}));
  EXPECT_EQ(skipped.status, 0);
  EXPECT_FALSE(skipped.finished);
  EXPECT_EQ(skipped.flags & 0x80, 0) << "it stays in the security stage";
  EXPECT_EQ(step(stages(1, 3), {}).status, kLoginAuthFailed);
}

TEST_F(LoginTest, AChallengeAnswersOnce) {
  want_chap();
  const auto answer = chap_answer("open sesame 1");
  EXPECT_EQ(step(stay(0), text({"CHAP_N=alice", "CHAP_R=" + answer})).status, 0);
  EXPECT_EQ(step(stay(0), text({"CHAP_N=alice", "CHAP_R=" + answer})).status, kLoginAuthFailed);
}

TEST_F(LoginTest, ChapBothWays) {
  want_chap();
  const auto answer = chap_answer("open sesame 1");
  EXPECT_EQ(step(stages(0, 1), text({"CHAP_N=alice", "CHAP_R=" + answer, "CHAP_I=9",
                                     "CHAP_C=0x00112233445566778899aabbccddeeff"}))
                .flags,
            0x81);
  EXPECT_EQ(keys_["CHAP_N"], "array");
  EXPECT_EQ(keys_["CHAP_R"],
            hex_value(chap_response(9, "me too, said 40",
                                    *parse_binary_value("0x00112233445566778899aabbccddeeff"))));
}

TEST_F(LoginTest, ChapValuesInBase64) {
  want_chap();
  chap_answer("open sesame 1");
  const auto identifier = static_cast<uint8_t>(*parse_number(keys_["CHAP_I"]));
  const std::string bytes = chap_response(identifier, "open sesame 1", challenge_);
  std::string base64(25, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()), 16);
  base64.resize(24);
  EXPECT_EQ(step(stages(0, 1), text({"CHAP_N=alice", "CHAP_R=0b" + base64, "CHAP_I=9",
                                     "CHAP_C=0bAAECAwQFBgcICQoLDA0ODw=="}))
                .flags,
            0x81);
  EXPECT_EQ(keys_["CHAP_R"],
            hex_value(chap_response(9, "me too, said 40",
                                    *parse_binary_value("0x000102030405060708090a0b0c0d0e0f"))));
}

TEST_F(LoginTest, MutualChapThatTheTargetHasNoSecretForIsRefused) {
  want_chap();
  world_.target->chap_mutual = {};
  const auto answer = chap_answer("open sesame 1");
  EXPECT_EQ(step(stages(0, 1), text({"CHAP_N=alice", "CHAP_R=" + answer, "CHAP_I=9",
                                     "CHAP_C=0x00112233445566778899aabbccddeeff"}))
                .status,
            kLoginAuthFailed);
}

TEST_F(LoginTest, AKeyThatIsNegotiatedTwiceEndsTheLogin) {
  EXPECT_EQ(step(stay(1), text({kInitiator, kTarget, "MaxBurstLength=4096"})).status, 0);
  EXPECT_EQ(step(stages(1, 3), text({"MaxBurstLength=8192"})).status, kLoginInitiatorError);
}

TEST_F(LoginTest, OurOwnChallengeThrownBackIsRefused) {
  want_chap();
  const auto answer = chap_answer("open sesame 1");
  EXPECT_EQ(step(stages(0, 1), text({"CHAP_N=alice", "CHAP_R=" + answer, "CHAP_I=9",
                                     "CHAP_C=" + hex_value(challenge_)}))
                .status,
            kLoginAuthFailed);
}

}  // namespace
}  // namespace io::iscsi
