// See mutual_chap_witness.h. RFC 7143 11.13, 12.1.3.
#include "io/mutual_chap_witness.h"

#include "io/iscsi/pdu.h"
#include "io/iscsi/text_keys.h"

namespace io {
namespace {

constexpr uint8_t kTransit = 0x80;
constexpr uint8_t kStageBits = 0x0c;
constexpr size_t kResponseChars = 2 + 2 * 16;  // 0x and an MD5 in hexadecimal

// As libiscsi reads it: base64, for example, it would pass over.
bool has_hex(const iscsi::Keys& keys, const char* key, size_t least_chars) {
  const auto found = keys.find(key);
  return found != keys.end() && found->second.starts_with("0x") &&
         found->second.size() >= least_chars;
}

}  // namespace

void MutualChapWitness::on_response(base::Bytes pdu) {
  if (pdu.size() < iscsi::kHeaderBytes || (pdu[0] & 0x3f) != iscsi::kLoginResponse) {
    return;
  }
  const uint32_t tag = base::load_be32(&pdu[16]);
  if (any_ && tag != tag_) {
    challenged_ = proved_ = false;
  }
  any_ = true;
  tag_ = tag;
  const bool security = (pdu[1] & kStageBits) == 0;
  const auto keys =
      iscsi::parse_keys(base::slice(pdu, iscsi::kHeaderBytes, base::load_be24(&pdu[5])));
  if (challenged_ && security && keys && has_hex(*keys, "CHAP_R", kResponseChars)) {
    proved_ = true;
  }
  // Only then libiscsi stays in the security stage and sends its own challenge.
  challenged_ = security && (pdu[1] & kTransit) == 0 && keys && has_hex(*keys, "CHAP_C", 4);
}

}  // namespace io
