// See names.h.
#include "io/front/names.h"

#include <algorithm>

#include "mpio/hex.h"
#include "scsi/transport_id.h"

namespace io::front {
namespace {

constexpr const char* kSuffix = ":dsmkit";
constexpr size_t kQualifier = 4;  // where it begins

}  // namespace

std::string back_end_name(const std::string& initiator_name) {
  std::string name = initiator_name + kSuffix;
  if (name.size() > scsi::kMaxIscsiNameBytes) {
    const std::string mark = "-" + mpio::hex(make_isid(initiator_name, "", "", 0)) + kSuffix;
    name = initiator_name.substr(0, scsi::kMaxIscsiNameBytes - mark.size()) + mark;
  }
  return name;
}

bool is_back_end_name(std::string_view name) {
  return name.ends_with(kSuffix);
}

Isid back_end_isid(const iscsi::InitiatorPort& initiator, unsigned front_port,
                   const std::string& portal, const std::string& target) {
  Isid isid = make_isid(initiator.name, mpio::hex(initiator.isid), "", front_port);
  const Isid of_path = make_isid("", portal, target, 0);
  std::copy(of_path.begin() + kQualifier, of_path.end(), isid.begin() + kQualifier);
  return isid;
}

bool same_front_nexus(const Isid& a, const Isid& b) {
  return std::equal(a.begin(), a.begin() + kQualifier, b.begin());
}

}  // namespace io::front
