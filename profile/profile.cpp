// See profile.h.
#include "profile/profile.h"

namespace profile {

void Profile::finish() {
  rows.clear();
  for (Rule& rule : rules) {
    rule.row.name = rule.name.c_str();
    rule.row.explain = rule.meaning.c_str();
    rows.push_back(rule.row);
  }
  device_policies.clear();
  for (const Device& device : devices) {
    device_policies.push_back({device.id, device.policy.value_or(policy)});
  }
  if (array.product.empty() && !devices.empty()) {
    array.vendor = devices.front().vendor;
    array.product = devices.front().product;
  }
}

uint32_t dsm::Config::*dsm_field(Number number) {
  switch (number) {
    case Number::least_blocks_sequential_bytes:
      return &dsm::Config::least_blocks_cache_bytes;
    case Number::tur_deadline_ms:
      return &dsm::Config::tur_deadline_ms;
    case Number::rtpg_deadline_ms:
      return &dsm::Config::rtpg_deadline_ms;
    case Number::stpg_deadline_ms:
      return &dsm::Config::stpg_deadline_ms;
    case Number::retry_pause_ms:
      return &dsm::Config::retry_pause_ms;
    case Number::retry_pause_max_ms:
      return &dsm::Config::retry_pause_max_ms;
    case Number::access_work_ms:
      return &dsm::Config::access_work_ms;
    case Number::path_error_limit:
      return &dsm::Config::path_error_limit;
    case Number::path_error_window_ms:
      return &dsm::Config::path_error_window_ms;
    default:
      return nullptr;
  }
}

void apply(const Profile& profile, dsm::Config& config) {
  config.default_policy = profile.policy;
  config.device_policies = profile.device_policies;
  config.vendor_rows = profile.rows;
  config.least_blocks_cache = profile.least_blocks_sequential;
  config.extended_rtpg = profile.extended_rtpg;
  for (size_t i = 0; i < kNumberCount; ++i) {
    const auto number = static_cast<Number>(i);
    if (const auto field = dsm_field(number)) {
      config.*field = profile.number(number);
    }
  }
}

}  // namespace profile
