// Persistent reservations as a client of the front sees them. At the array each path of a front
// nexus is registered by itself, under the names of names.h; here every front nexus is registered
// once, as a host with one path would be, and cluster software counts right. SPC-4 6.15.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "io/iscsi/device.h"
#include "io/isid.h"
#include "scsi/cdb.h"

namespace io::front {

// A nexus of the front: who, and at which of its ports.
struct NexusName {
  iscsi::InitiatorPort initiator;
  unsigned port = 0;
};

// The front nexus that is there now and to which this initiator port of the array belongs.
using FindNexus = std::function<std::optional<NexusName>(std::string_view name, const Isid& isid)>;

// READ KEYS and READ FULL STATUS. What is asked for both at the array is READ FULL STATUS, for keys
// alone do not tell whose they are.
bool tells_registrations(const scsi::Cdb& cdb);

// The answer to `cdb`, uncut, out of the array's whole answer to READ FULL STATUS. Back-end nexuses
// of one front nexus that have the same key become one, under the front nexus's name if that is
// there now; all others stay. Empty: the array's answer is cut or makes no sense.
std::optional<std::vector<uint8_t>> tell_registrations(const scsi::Cdb& cdb,
                                                       base::Bytes full_status,
                                                       const FindNexus& find);

}  // namespace io::front
