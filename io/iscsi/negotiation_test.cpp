// The operational keys one by one: RFC 7143 13, in particular what is refused.
#include "io/iscsi/negotiation.h"

#include <gtest/gtest.h>

#include "io/iscsi/testing/initiator.h"

namespace io::iscsi {
namespace {

class NegotiationTest : public ::testing::Test {
 protected:
  // The answer to one key, from a fresh start.
  std::string answer(const std::string& key, const std::string& value) {
    parameters = {};
    Negotiation negotiation(parameters);
    KeyWriter out;
    EXPECT_TRUE(negotiation.answer({{key, value}}, out));
    const std::string& text = out.text();
    const Keys keys =
        parse_keys({reinterpret_cast<const uint8_t*>(text.data()), text.size()}).value_or(Keys{});
    const auto found = keys.find(key);
    EXPECT_LE(keys.size(), 1U);
    return found == keys.end() ? "(none)" : found->second;
  }
  SessionParameters parameters;
};

TEST_F(NegotiationTest, Numbers) {
  const struct {
    const char* key;
    const char* offered;
    const char* agreed;
  } kCases[] = {
      {"MaxBurstLength", "512", "512"},
      {"MaxBurstLength", "0x1000", "4096"},
      {"MaxBurstLength", "16777215", "1048576"},
      {"MaxBurstLength", "16777216", "Reject"},
      {"MaxBurstLength", "511", "Reject"},
      {"MaxBurstLength", "many", "Reject"},
      {"MaxBurstLength", "", "Reject"},
      {"FirstBurstLength", "1024", "1024"},
      {"MaxConnections", "8", "1"},
      {"MaxConnections", "0", "Reject"},
      {"MaxConnections", "65536", "Reject"},
      {"MaxOutstandingR2T", "16", "1"},
      {"MaxOutstandingR2T", "0", "Reject"},
      {"ErrorRecoveryLevel", "2", "0"},
      {"ErrorRecoveryLevel", "3", "Reject"},
      {"DefaultTime2Wait", "2", "2"},
      {"DefaultTime2Wait", "3601", "Reject"},
      {"DefaultTime2Retain", "20", "0"},
      {"DefaultTime2Retain", "-1", "Reject"},
      {"iSCSIProtocolLevel", "2", "1"},
      {"iSCSIProtocolLevel", "0", "0"},
  };
  for (const auto& [key, offered, agreed] : kCases) {
    EXPECT_EQ(answer(key, offered), agreed) << key << "=" << offered;
  }
  EXPECT_EQ(answer("MaxBurstLength", "0x1000"), "4096");
  EXPECT_EQ(parameters.max_burst_bytes, 4096U);
}

TEST_F(NegotiationTest, Booleans) {
  EXPECT_EQ(answer("InitialR2T", "No"), "No");
  EXPECT_FALSE(parameters.initial_r2t);
  EXPECT_EQ(answer("InitialR2T", "Yes"), "Yes");
  EXPECT_EQ(answer("ImmediateData", "No"), "No");
  EXPECT_FALSE(parameters.immediate_data);
  EXPECT_EQ(answer("ImmediateData", "Yes"), "Yes");
  EXPECT_EQ(answer("DataPDUInOrder", "No"), "Yes");
  EXPECT_EQ(answer("DataSequenceInOrder", "No"), "Yes");
  for (const char* bad : {"", "yes", "Maybe", "Yes,No"}) {
    EXPECT_EQ(answer("InitialR2T", bad), "Reject") << bad;
    EXPECT_TRUE(parameters.initial_r2t) << "the default stays";
    EXPECT_EQ(answer("ImmediateData", bad), "Reject");
    EXPECT_TRUE(parameters.immediate_data);
  }
}

TEST_F(NegotiationTest, DigestsInTheOrderOfTheInitiatorsPreference) {
  EXPECT_EQ(answer("HeaderDigest", "CRC32C,None"), "CRC32C");
  EXPECT_TRUE(parameters.digests.header);
  EXPECT_FALSE(parameters.digests.data);
  EXPECT_EQ(answer("HeaderDigest", "None,CRC32C"), "None");
  EXPECT_FALSE(parameters.digests.header);
  EXPECT_EQ(answer("DataDigest", "SHA-1,CRC32C"), "CRC32C");
  EXPECT_TRUE(parameters.digests.data);
  for (const char* bad : {"", "SHA-1", "crc32c", ",,", "CRC32"}) {
    EXPECT_EQ(answer("DataDigest", bad), "Reject") << bad;
    EXPECT_FALSE(parameters.digests.data);
  }
}

TEST_F(NegotiationTest, DeclarationsNamesAndTheRest) {
  EXPECT_EQ(answer("MaxRecvDataSegmentLength", "4096"), std::to_string(kMaxReceiveSegmentBytes));
  EXPECT_EQ(parameters.send_segment_bytes, 4096U);
  EXPECT_EQ(answer("MaxRecvDataSegmentLength", "1"), "Reject");
  EXPECT_EQ(parameters.send_segment_bytes, 8192U);
  EXPECT_EQ(answer("IFMarker", "Yes"), "No");
  EXPECT_EQ(answer("OFMarkInt", "2048~8192"), "Reject");
  EXPECT_EQ(answer("TaskReporting", "FastAbort,RFC3720"), "RFC3720");
  EXPECT_EQ(answer("TaskReporting", "FastAbort"), "Reject");
  EXPECT_EQ(answer("SendTargets", "All"), "Reject");
  EXPECT_EQ(answer("TargetPortalGroupTag", "3"), "Reject");
  EXPECT_EQ(answer("X-com.example", "1"), "NotUnderstood");
  for (const char* silent : {"InitiatorName", "InitiatorAlias", "SessionType", "CHAP_N"}) {
    EXPECT_EQ(answer(silent, "x"), "(none)") << silent;
  }
}

TEST_F(NegotiationTest, AKeyIsNegotiatedOnce) {
  Negotiation negotiation(parameters);
  KeyWriter out;
  EXPECT_TRUE(negotiation.answer({{"MaxBurstLength", "4096"}, {"InitiatorName", "x"}}, out));
  EXPECT_TRUE(
      negotiation.answer({{"MaxRecvDataSegmentLength", "512"}, {"InitiatorName", "x"}}, out));
  EXPECT_TRUE(negotiation.answer({{"MaxRecvDataSegmentLength", "1024"}}, out)) << "only declared";
  EXPECT_FALSE(negotiation.answer({{"MaxBurstLength", "8192"}}, out));
}

}  // namespace
}  // namespace io::iscsi
