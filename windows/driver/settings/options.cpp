// See options.h.
#include "windows/driver/settings/options.h"

#include "windows/driver/settings/value.h"
#include "windows/driver/settings/value_names.h"

namespace driver {

void read_options(AtPassive here, const SettingsRoot& parameters, dsm::Config& config) {
  constexpr uint32_t kMsPerSecond = 1000;
  constexpr uint32_t kHourS = 3600;
  Key key(here);
  if (!open_settings(key, parameters, KEY_QUERY_VALUE)) {
    return;
  }
  if (const auto off = read_number(key, name_of_disabled_statistics(), 0, UINT32_MAX)) {
    config.statistics = *off == 0;
  }
  if (const auto seconds = read_number(key, name_of_transition_time(), 0, kHourS)) {
    config.reserve_retry_ms = *seconds * kMsPerSecond;
  }
  if (const auto used = read_flag(key, name_of_cache_use())) {
    config.least_blocks_cache = *used;
  }
  if (const auto bytes = read_long(key, name_of_cache_size(), UINT32_MAX)) {
    config.least_blocks_cache_bytes = static_cast<uint32_t>(*bytes);
  }
}

}  // namespace driver
