// What this driver's vendor has decided about their arrays: load balance, error rules, timers. Made
// of a vendor's profile (that of mydsm is vendors/mydsm.toml):
//     dsmkit profile show PROFILE --header
#pragma once

#include "dsm/config.h"

// clang-format off
namespace driver::vendor {

// In the order of the profile, ahead of the built-in rules.
inline constexpr std::span<const dsm::ErrorRow> kErrorRows;

// What a LUN of these devices starts with, unless the registry says otherwise.
inline constexpr dsm::DevicePolicy kDevicePoliciesTable[] = {
    {"DSMKIT  EMBEDDED ARRAY  ", dsm::PolicyId::round_robin},
};
inline constexpr std::span<const dsm::DevicePolicy> kDevicePolicies = kDevicePoliciesTable;

// What of the announced support is believed.
inline constexpr dsm::AluaSupport kBelievedAlua = dsm::AluaSupport::both;
// How long others are preferred to a path that works badly.
inline constexpr uint32_t kPathErrorHoldMs = 60000;

inline void configure(dsm::Config& config) {
  config.default_policy = dsm::PolicyId::round_robin;
  config.device_policies = kDevicePolicies;
  config.vendor_rows = kErrorRows;
  config.least_blocks_cache = true;
  config.extended_rtpg = true;
  config.least_blocks_cache_bytes = 1048576;
  config.tur_deadline_ms = 10000;
  config.rtpg_deadline_ms = 10000;
  config.stpg_deadline_ms = 20000;
  config.retry_pause_ms = 10;
  config.retry_pause_max_ms = 1000;
  config.access_work_ms = 60000;
  config.path_error_limit = 10;
  config.path_error_window_ms = 60000;
}

}  // namespace driver::vendor
