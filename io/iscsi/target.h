// What all connections of one iSCSI target share.
#pragma once

#include <string>
#include <vector>

#include "array/array.h"
#include "io/iscsi/chap.h"

namespace io::iscsi {

struct Target {
  array::Array& array;
  std::string name;                   // IQN
  std::vector<std::string> addresses; // "host:port" of each portal; index = array port
  ChapAccount chap;                   // empty: no authentication. Applies to normal sessions, not to discovery
  ChapAccount chap_mutual;            // what we answer when the initiator challenges us

  // Each portal is a portal group of its own, because each is a target port of its own.
  static unsigned portal_group_tag(unsigned port) { return port + 1; }
};

}  // namespace io::iscsi
