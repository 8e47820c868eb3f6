// The space behind a thin LUN: how much of it is in use, when there is none left, and the soft
// threshold on the way there. SBC-3 4.7.3.
#pragma once

#include <cstdint>

#include "array/backing.h"
#include "array/config.h"

namespace array {

class Pool {
 public:
  // Unlimited unless the configuration is thin and has a pool size.
  Pool(const ProvisioningConfig& config, Backing& backing);

  bool limited() const { return size_bytes_ != 0; }
  uint64_t used_bytes() const { return used_bytes_; }

  // Around a change of a range: begin() is false when the pool has no room for all of it; then
  // nothing may be written. end() counts again what is mapped there now.
  bool begin(uint64_t offset_bytes, uint64_t length_bytes);
  void end();
  // The backing has changed its size.
  void recount();

  // Thresholds are told to hosts in sets of so many bytes.
  static constexpr uint32_t kThresholdSetBytes = 64 * 1024;
  uint32_t threshold_sets() const { return threshold_sets_; }  // 0: no threshold
  // True once after the use has risen to the threshold, until it has been below it again.
  bool take_threshold_event();

 private:
  uint64_t mapped_bytes(uint64_t from, uint64_t to);
  void note_threshold();

  Backing& backing_;
  uint64_t size_bytes_ = 0;  // 0: unlimited
  uint32_t threshold_sets_ = 0;
  uint64_t used_bytes_ = 0;
  bool above_threshold_ = false;
  bool event_ = false;
  uint64_t from_ = 0;  // the range of the change under way, whole units
  uint64_t to_ = 0;
  uint64_t mapped_before_ = 0;
};

}  // namespace array
