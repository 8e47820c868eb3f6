// Which logins count as a proof of the target, and which ways around do not.
#include "io/mutual_chap_witness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace io {
namespace {

constexpr uint8_t kStay = 0x00;
constexpr uint8_t kToOperational = 0x81;
constexpr uint8_t kToFullFeature = 0x87;

std::vector<uint8_t> response(uint8_t flags, const std::string& keys, uint8_t tag = 7) {
  std::vector<uint8_t> pdu(48 + ((keys.size() + 3) & ~size_t{3}));
  pdu[0] = 0x23;
  pdu[1] = flags;
  pdu[7] = static_cast<uint8_t>(keys.size());
  pdu[19] = tag;
  std::copy(keys.begin(), keys.end(), pdu.begin() + 48);
  return pdu;
}

const std::string kEnd(1, '\0');
const std::string kMethod = "AuthMethod=CHAP" + kEnd;
const std::string kChallenge = "CHAP_A=5" + kEnd + "CHAP_I=9" + kEnd + "CHAP_C=0x0123" + kEnd;
const std::string kProof = "CHAP_N=array" + kEnd + "CHAP_R=0x" + std::string(32, 'a') + kEnd;

bool proves(const std::vector<std::vector<uint8_t>>& responses) {
  MutualChapWitness witness;
  for (const auto& pdu : responses) {
    witness.on_response(pdu);
  }
  return witness.proved();
}

TEST(MutualChapWitness, TheHonestWay) {
  EXPECT_TRUE(proves({response(kStay, kMethod), response(kStay, kChallenge),
                      response(kToOperational, kProof), response(kToFullFeature, "")}));
  EXPECT_FALSE(proves({}));
  EXPECT_FALSE(proves({response(kStay, kMethod), response(kStay, kChallenge)}));
}

TEST(MutualChapWitness, WaysAroundIt) {
  EXPECT_FALSE(proves({response(kToFullFeature, "")})) << "no security stage";
  EXPECT_FALSE(proves({response(kStay, kMethod), response(kStay, kChallenge),
                       response(kToOperational, ""), response(kToFullFeature, "")}))
      << "no answer";
  EXPECT_FALSE(proves({response(kToOperational, kProof), response(kToFullFeature, "")}))
      << "an answer to no challenge";
  EXPECT_FALSE(
      proves({response(kToOperational, kChallenge + kProof), response(kToFullFeature, "")}))
      << "both at once: libiscsi has not challenged it yet";
  EXPECT_FALSE(proves({response(kToOperational, kChallenge), response(kToFullFeature, kProof)}))
      << "it left the stage, so it never will be challenged";
  EXPECT_FALSE(proves({response(kStay, kChallenge), response(kToFullFeature, kProof)}))
      << "an answer in another stage";
  EXPECT_FALSE(proves({response(kStay, kChallenge, 8), response(kToOperational, kProof, 8),
                       response(kToFullFeature, "", 7)}))
      << "to a tag that is not libiscsi's, which passes over it";
  EXPECT_FALSE(proves({response(kStay, kChallenge), response(kToOperational, kProof, 8),
                       response(kToFullFeature, "")}));
  EXPECT_FALSE(proves({response(kStay, kChallenge),
                       response(kToOperational, "CHAP_R=0bAAAAAAAAAAAAAAAAAAAAAA==" + kEnd)}))
      << "what libiscsi does not compare";
}

TEST(MutualChapWitness, AnyBytesAreSafe) {
  std::vector<uint8_t> pdu = response(kStay, kChallenge);
  for (size_t length = 0; length <= pdu.size(); ++length) {
    MutualChapWitness witness;
    witness.on_response(base::Bytes(pdu).first(length));
    EXPECT_FALSE(witness.proved());
  }
}

}  // namespace
}  // namespace io
