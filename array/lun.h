// A logical unit: identity, geometry, backing store.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "array/backing.h"
#include "array/config.h"

namespace array {

class Lun {
 public:
  // Null when the backing cannot be opened or the size makes no sense; `error` says why.
  static std::unique_ptr<Lun> open(const Config& array_config, uint32_t number, std::string& error);

  uint32_t number() const { return number_; }
  uint32_t block_bytes() const { return config_.block_bytes; }
  uint64_t block_count() const { return backing_->size_bytes() / config_.block_bytes; }
  uint8_t physical_exponent() const { return config_.physical_exponent; }
  bool read_only() const { return config_.read_only; }
  Backing& backing() { return *backing_; }
  // NAA type 6 (IEEE registered extended), 16 bytes; the same through every port, different for
  // every LUN and array.
  const std::array<uint8_t, 16>& naa() const { return naa_; }
  const std::string& serial() const { return serial_; }
  // Another name and serial number, both unlike any before: lun_identity.cpp.
  void change_identity();

  bool contains(uint64_t lba, uint64_t blocks) const {
    return lba <= block_count() && blocks <= block_count() - lba;
  }

 private:
  Lun(const LunConfig& config, uint32_t number, std::unique_ptr<Backing> backing)
      : config_(config), number_(number), backing_(std::move(backing)) {}

  LunConfig config_;
  uint32_t number_;
  std::unique_ptr<Backing> backing_;
  std::array<uint8_t, 16> naa_{};
  std::string serial_;
};

}  // namespace array
