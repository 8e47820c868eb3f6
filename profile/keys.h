// Every key that a profile may have: one table, from which the parser knows them, `dsmkit profile
// show` prints them and docs/profiles.md is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace profile {

// [names] and so on; device and error may stand there many times: [[device]].
enum class Part : uint8_t {
  names,
  driver,
  device,
  policy,
  timers,
  thresholds,
  access,
  error,
  array,
};
inline constexpr size_t kPartCount = 9;

struct PartInfo {
  const char* name;
  bool many;
  bool required;
  const char* meaning;
};
const PartInfo& info_of(Part part);

// The numbers that go to the DSM and its host as they are.
enum class Number : uint8_t {
  least_blocks_sequential_bytes,
  nop_after_ms,
  suspect_after_ms,
  down_after_ms,
  keepalive_ms,
  command_deadline_ms,
  login_deadline_ms,
  no_path_deadline_ms,
  settle_loss_ms,
  backoff_first_ms,
  backoff_max_ms,
  stability_ms,
  recheck_ms,
  tur_deadline_ms,
  rtpg_deadline_ms,
  stpg_deadline_ms,
  retry_pause_ms,
  retry_pause_max_ms,
  access_work_ms,
  retry_limit,
  flap_window_ms,
  flap_hold_max_ms,
  path_error_limit,
  path_error_window_ms,
  path_error_hold_ms,
  none,
};
inline constexpr size_t kNumberCount = static_cast<size_t>(Number::none);

enum class Kind : uint8_t { text, number, boolean, word, words };

struct Key {
  Part part;
  const char* name;
  Kind kind;
  bool required = false;
  const char* values = "";    // for people, where `least` and `most` do not say it
  const char* standard = "";  // likewise: what holds when the key is not there
  const char* meaning = "";
  uint32_t least = 0;
  uint32_t most = 0;
  uint32_t standard_number = 0;
  Number number = Number::none;
};

std::span<const Key> all_keys();
const Key& key_of(Number number);
// Null when the part has no such key.
const Key* find_key(Part part, std::string_view name);

}  // namespace profile
