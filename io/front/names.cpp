// See names.h.
#include "io/front/names.h"

#include "mpio/hex.h"
#include "scsi/transport_id.h"

namespace io::front {
namespace {

constexpr const char* kSuffix = ":dsmkit";

}  // namespace

std::string back_end_name(const std::string& initiator_name) {
  std::string name = initiator_name + kSuffix;
  if (name.size() > scsi::kMaxIscsiNameBytes) {
    const std::string mark = "-" + mpio::hex(make_isid(initiator_name, "", "", 0)) + kSuffix;
    name = initiator_name.substr(0, scsi::kMaxIscsiNameBytes - mark.size()) + mark;
  }
  return name;
}

Isid back_end_isid(const iscsi::InitiatorPort& initiator, unsigned front_port,
                   const std::string& portal, const std::string& target) {
  return make_isid(initiator.name + "," + mpio::hex(initiator.isid), portal, target, front_port);
}

}  // namespace io::front
