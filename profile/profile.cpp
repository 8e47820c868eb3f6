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

std::span<const DsmField> dsm_fields() {
  static constexpr DsmField kFields[] = {
      {Number::least_blocks_sequential_bytes, &dsm::Config::least_blocks_cache_bytes,
       "least_blocks_cache_bytes"},
      {Number::tur_deadline_ms, &dsm::Config::tur_deadline_ms, "tur_deadline_ms"},
      {Number::rtpg_deadline_ms, &dsm::Config::rtpg_deadline_ms, "rtpg_deadline_ms"},
      {Number::stpg_deadline_ms, &dsm::Config::stpg_deadline_ms, "stpg_deadline_ms"},
      {Number::retry_pause_ms, &dsm::Config::retry_pause_ms, "retry_pause_ms"},
      {Number::retry_pause_max_ms, &dsm::Config::retry_pause_max_ms, "retry_pause_max_ms"},
      {Number::access_work_ms, &dsm::Config::access_work_ms, "access_work_ms"},
      {Number::path_error_limit, &dsm::Config::path_error_limit, "path_error_limit"},
      {Number::path_error_window_ms, &dsm::Config::path_error_window_ms, "path_error_window_ms"},
  };
  return kFields;
}

uint32_t dsm::Config::*dsm_field(Number number) {
  for (const DsmField& field : dsm_fields()) {
    if (field.number == number) {
      return field.field;
    }
  }
  return nullptr;
}

void apply(const Profile& profile, dsm::Config& config) {
  config.default_policy = profile.policy;
  config.device_policies = profile.device_policies;
  config.vendor_rows = profile.rows;
  config.least_blocks_cache = profile.least_blocks_sequential;
  config.extended_rtpg = profile.extended_rtpg;
  for (const DsmField& field : dsm_fields()) {
    config.*field.field = profile.number(field.number);
  }
}

}  // namespace profile
