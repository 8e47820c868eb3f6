// The time limits of a Windows host, as an administrator may set them.
#pragma once

#include <cstdint>

#include "windows/harness/mpio.h"

namespace harness {

struct HostTimes {
  uint32_t request_s = 5;           // TimeOutValue of the class driver's requests
  uint64_t link_down_ns = 0;        // LinkDownTime: so long the port driver holds requests
  uint64_t login_ns = 0;            // then a login is given up
  uint64_t login_pause_ns = 0;      // DelayBetweenReconnect
  uint64_t removal_ns = 0;          // from the link-down time to the removal by plug and play
  bool removes_devices = false;     // else a device stays for ever
  bool extended_blocks = false;     // STORAGE_REQUEST_BLOCK, as MPIO passes on for type 6
  bool times_out_as_reset = false;  // what the adapter makes of a request whose time is over
  Patience patience;
};

// Drawn from a stream of its own.
HostTimes draw_times(uint64_t seed);

}  // namespace harness
