// See profile_settings.h.
#include "cli/profile_settings.h"

#include <algorithm>

#include "profile/words.h"

namespace cli {
namespace {

using profile::Number;

// Null: it is the DSM's (profile::dsm_field()).
uint32_t mpio::DiskConfig::*disk_field(Number number) {
  using mpio::DiskConfig;
  switch (number) {
    case Number::nop_after_ms:
      return &DiskConfig::nop_after_ms;
    case Number::suspect_after_ms:
      return &DiskConfig::suspect_after_ms;
    case Number::down_after_ms:
      return &DiskConfig::down_after_ms;
    case Number::keepalive_ms:
      return &DiskConfig::keepalive_ms;
    case Number::command_deadline_ms:
      return &DiskConfig::command_deadline_ms;
    case Number::login_deadline_ms:
      return &DiskConfig::login_deadline_ms;
    case Number::no_path_deadline_ms:
      return &DiskConfig::no_path_deadline_ms;
    case Number::settle_loss_ms:
      return &DiskConfig::settle_loss_ms;
    case Number::backoff_first_ms:
      return &DiskConfig::backoff_first_ms;
    case Number::backoff_max_ms:
      return &DiskConfig::backoff_max_ms;
    case Number::stability_ms:
      return &DiskConfig::stability_ms;
    case Number::recheck_ms:
      return &DiskConfig::recheck_ms;
    case Number::retry_limit:
      return &DiskConfig::retry_limit;
    case Number::flap_window_ms:
      return &DiskConfig::flap_window_ms;
    case Number::flap_hold_max_ms:
      return &DiskConfig::flap_hold_max_ms;
    case Number::path_error_hold_ms:
      return &DiskConfig::path_error_hold_ms;
    case Number::path_error_limit:
    case Number::path_error_window_ms:
    case Number::least_blocks_sequential_bytes:
    case Number::tur_deadline_ms:
    case Number::rtpg_deadline_ms:
    case Number::stpg_deadline_ms:
    case Number::retry_pause_ms:
    case Number::retry_pause_max_ms:
    case Number::access_work_ms:
    case Number::none:
      break;
  }
  return nullptr;
}

// "down_after_ms" is --down-after-ms, if there is such an option.
std::string option_of(Number number) {
  std::string name = std::string("--") + profile::key_of(number).name;
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

}  // namespace

const uint32_t& value_of(const mpio::DiskConfig& config, Number number) {
  const auto field = disk_field(number);
  return field != nullptr ? config.*field : config.dsm.*profile::dsm_field(number);
}

void apply(const profile::Profile& profile, const Given& given, mpio::DiskConfig& config) {
  for (size_t i = 0; i < profile::kNumberCount; ++i) {
    const auto number = static_cast<Number>(i);
    if (const auto field = disk_field(number); field != nullptr && !given(option_of(number))) {
      config.*field = profile.number(number);
    }
  }
  profile::apply(profile, config.dsm);
  config.believed_alua = profile.believed_alua;
  for (const profile::Device& device : profile.devices) {
    config.devices.push_back(device.id);
  }
}

void apply(const profile::Profile& profile, const Given& given, ArrayOptions& options) {
  const profile::ArrayModel& model = profile.array;
  options.vendor = model.vendor;
  options.product = model.product;
  options.transition_time_s = model.transition_time_s;
  if (!given("--controllers")) {
    options.controllers = model.controllers;
  }
  const bool alua = model.access == profile::ArrayAccess::alua;
  if (!given("--alua")) {
    options.alua = alua ? profile::text_for(profile::alua_words(), model.alua) : "none";
  }
  if (alua && !given("--passive-state")) {
    options.passive_state = scsi::name_of(model.passive_state);
  }
  if (model.access == profile::ArrayAccess::active_passive && !given("--alua") &&
      !given("--symmetric")) {
    options.passive = array::PassiveAnswer{
        model.passive_key, static_cast<uint16_t>(model.passive_asc << 8 | model.passive_ascq)};
  }
}

}  // namespace cli
