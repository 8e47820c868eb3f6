// What the back-end nexuses of a front nexus are called. An initiator port of the front always gets
// the same ports at the back: a login anew there reinstates the same sessions, and the array finds
// the persistent reservations of an I_T nexus by these names. So do we: which registrations at the
// array are those of one front nexus shows in their names, also when it is another disk's, or gone.
#pragma once

#include <string>
#include <string_view>

#include "io/iscsi/device.h"
#include "io/isid.h"

namespace io::front {

// The front initiator's name, and that it comes through this disk. Names have at most 223 bytes
// (RFC 7143 4.2.7.1): one that would be longer is cut and told apart by a hash.
std::string back_end_name(const std::string& initiator_name);

bool is_back_end_name(std::string_view name);

// For the session down the path to `portal` and `target`, of the nexus of that initiator port at
// the front's port. The random number is the nexus's, the qualifier the path's: two paths of a
// nexus have the same one time in 65,536.
Isid back_end_isid(const iscsi::InitiatorPort& initiator, unsigned front_port,
                   const std::string& portal, const std::string& target);

// Of sessions with the same name.
bool same_front_nexus(const Isid& a, const Isid& b);

}  // namespace io::front
