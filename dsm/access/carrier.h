// Which nexus carries the next STPG or RTPG. Inside dsm/ only.
#pragma once

#include "dsm/objects.h"

namespace dsm::access {

// The wanted one (AccessWork::prefer_via), one of another group than the one to avoid, one that
// carries I/O, any; never one that has failed to carry a command of this work. START STOP UNIT goes
// down the wanted one and no other. Null: there is none.
Nexus* choose_carrier(Lun& lun);

}  // namespace dsm::access
