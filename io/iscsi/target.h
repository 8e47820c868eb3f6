// What all connections of one iSCSI target share.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "io/iscsi/chap.h"
#include "io/iscsi/device.h"

namespace io::iscsi {

class Connection;

// Where a portal can be reached, as SendTargets tells it.
struct PortalAddress {
  std::string
      host;  // numeric; empty: every address, so the one by which the initiator came is told
  uint16_t port = 0;
};

struct Target {
  TargetDevice& device;
  std::string name;                    // IQN
  std::vector<PortalAddress> portals;  // index = the device's port
  ChapAccount chap;  // empty: no authentication. Applies to normal sessions, not to discovery
  ChapAccount chap_mutual;  // what we answer when the initiator challenges us
  // One line per event worth a line (a refused login, a connection that broke the protocol); never
  // null.
  std::function<void(const std::string&)> log = [](const std::string&) {};

  // Kept by the connections themselves: all that live, for what acts across sessions (resets).
  std::vector<Connection*> connections;
  uint16_t next_session_handle = 1;

  // Each portal is a portal group of its own, because each is a target port of its own.
  static unsigned portal_group_tag(unsigned port) { return port + 1; }
};

}  // namespace io::iscsi
