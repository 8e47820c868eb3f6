// The names under which settings stand in the registry: those that administrators know.
#pragma once

#include "windows/driver/text.h"

namespace driver {

#define DRIVER_SETTING(function, name)                 \
  inline UNICODE_STRING function() {                   \
    static constexpr WCHAR text[] = KERNEL_TEXT(name); \
    return text_of(text);                              \
  }

DRIVER_SETTING(name_of_supported_devices, "DsmSupportedDeviceList")
DRIVER_SETTING(name_of_policy, "DsmLoadBalancePolicy")
DRIVER_SETTING(name_of_explicit_mark, "DsmLoadBalancePolicyExplicitlySet")
DRIVER_SETTING(name_of_preferred_path, "DsmPreferredPath")
DRIVER_SETTING(name_of_hardware_key, "DsmTargetsLoadBalanceSetting")
DRIVER_SETTING(name_of_luns_key, "DsmLoadBalanceSettings")
DRIVER_SETTING(name_of_primary_mark, "DsmPrimaryPath")
DRIVER_SETTING(name_of_optimized_mark, "DsmOptimizedPath")
DRIVER_SETTING(name_of_weight, "DsmPathWeight")
DRIVER_SETTING(name_of_pending, "DsmPendingSettings")
DRIVER_SETTING(name_of_disabled_statistics, "DsmDisableStatistics")
DRIVER_SETTING(name_of_transition_time, "DsmMaximumStateTransitionTime")
DRIVER_SETTING(name_of_cache_use, "DsmUseCacheForLeastBlocks")
DRIVER_SETTING(name_of_cache_size, "DsmCacheSizeForLeastBlocks")

#undef DRIVER_SETTING

}  // namespace driver
