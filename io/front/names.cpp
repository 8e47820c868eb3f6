// See names.h.
#include "io/front/names.h"

#include "base/bytes.h"

namespace io::front {
namespace {

constexpr size_t kMaxNameBytes = 223;
constexpr const char* kSuffix = ":dsmkit";

std::string hex(base::Bytes bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0xf];
  }
  return text;
}

}  // namespace

std::string back_end_name(const std::string& initiator_name) {
  std::string name = initiator_name + kSuffix;
  if (name.size() > kMaxNameBytes) {
    const std::string mark = "-" + hex(make_isid(initiator_name, "", "", 0)) + kSuffix;
    name = initiator_name.substr(0, kMaxNameBytes - mark.size()) + mark;
  }
  return name;
}

Isid back_end_isid(const iscsi::InitiatorPort& initiator, unsigned front_port,
                   const std::string& portal, const std::string& target) {
  return make_isid(initiator.name + "," + hex(initiator.isid), portal, target, front_port);
}

}  // namespace io::front
