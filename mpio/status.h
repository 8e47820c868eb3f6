// A snapshot of the disk for people: what `dsmkit show` prints, the demo draws and tests wait for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mpio/block_device.h"
#include "mpio/path_state.h"

namespace mpio {

struct PathStatus {
  std::string name;
  PathState state = PathState::connecting;
  std::string lifecycle;
  std::string health;
  std::string access;     // SPC name of the group's access state; "" when it is not known
  std::string effective;  // what the plan made of it
  bool candidate = false;
  bool has_group = false;
  uint16_t group = 0;
  bool preferred_group = false;
  uint16_t relative_port = 0;
  uint64_t in_flight = 0;
  uint64_t ios = 0;  // commands answered GOOD
  uint64_t read_bytes = 0;
  uint64_t written_bytes = 0;
  uint64_t errors = 0;     // commands that ended otherwise, or not at all
  uint64_t failovers = 0;  // times the path was lost in service
  uint64_t retries = 0;    // commands sent here that had failed before
  uint64_t logins = 0;
  uint64_t latency_sum_ns = 0;  // over `ios`
  uint64_t latency_max_ns = 0;
  std::optional<bool> write_protected;  // what the path last said
  std::string last_error;
};

struct UnsettledStatus {
  std::string path;
  uint64_t lba = 0;
  uint64_t blocks = 0;
  uint64_t age_ms = 0;
};

// How often an error rule has decided what becomes of a command.
struct RuleCount {
  std::string name;
  bool of_vendor = false;  // from a profile, not built in
  uint64_t count = 0;
};

struct DiskStatus {
  std::string identity;  // hex digits, or text where the identity is text
  std::string vendor;
  std::string product;
  std::string revision;
  std::string serial;
  Geometry geometry;
  std::string policy;
  std::string alua;
  bool symmetric = true;
  std::string state;   // "starting", "ok", "degraded", "no path", "stopping"
  unsigned lanes = 1;  // event loops, each with a session of its own down every path
  uint64_t queued_requests = 0;
  uint64_t in_flight_requests = 0;
  uint64_t failed_requests = 0;
  uint64_t presumed_lost_writes = 0;
  std::vector<UnsettledStatus> unsettled;
  std::vector<RuleCount> error_rules;
  std::vector<PathStatus> paths;
};

}  // namespace mpio
