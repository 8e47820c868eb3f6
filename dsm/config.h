// What the host (or a vendor's profile) decides. Must outlive the module; nothing in it changes
// while the module runs.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dsm/error_table.h"
#include "dsm/types.h"

namespace dsm {

struct Lun;

// Locks of the platform. The topology lock is always taken before a LUN's, and no two LUNs' at
// once. Neither is ever taken by select(), begin(), move() or complete(). Null functions: a
// single-threaded host.
struct LockOps {
  void* context = nullptr;
  void (*lock_topology)(void* context) = nullptr;
  void (*unlock_topology)(void* context) = nullptr;
  void (*lock_lun)(void* context, Lun& lun) = nullptr;
  void (*unlock_lun)(void* context, Lun& lun) = nullptr;
};

// What a LUN of certain devices starts with.
struct DevicePolicy {
  std::string_view device;  // as in the supported-device list: entry_matches()
  PolicyId policy = PolicyId::none;
};

struct Config {
  PolicyId default_policy = PolicyId::round_robin;
  std::span<const DevicePolicy> device_policies;  // the first that matches goes before the default
  unsigned lane_count = 1;                        // lanes of each LUN, 1..kMaxLanes

  // Least blocks: sequential transfers of a LUN stay on one path while no more than so much data is
  // under way there. What a LUN starts with; the event set_sequential_cap changes it.
  bool least_blocks_cache = true;
  uint32_t least_blocks_cache_bytes = 1U << 20;
  bool statistics = true;  // count per nexus what complete() tells

  std::span<const ErrorRow> vendor_rows;

  // Deadlines of the DSM's own commands.
  uint32_t tur_deadline_ms = 10'000;
  uint32_t rtpg_deadline_ms = 10'000;
  uint32_t stpg_deadline_ms = 20'000;  // and of START STOP UNIT
  uint32_t reserve_deadline_ms = 20'000;
  // Pace of its retries: first pause, doubled up to the longest.
  uint32_t retry_pause_ms = 10;
  uint32_t retry_pause_max_ms = 1'000;
  // How long access-state work (an STPG or RTPG and its retries) may go on when the target has not
  // told its implicit transition time, and the limit of what it may tell.
  uint32_t access_work_ms = 60'000;
  // How long a PERSISTENT RESERVE command is tried again through transitions and full queues, on
  // each path.
  uint32_t reserve_retry_ms = 3'000;
  // Ask RTPG for the extended header (SPC-4). Once refused or answered wrongly, never again.
  bool extended_rtpg = true;

  LockOps locks;
};

}  // namespace dsm
