// A logical unit: identity, geometry, blocks, and what I_T nexuses leave behind in it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "array/backing.h"
#include "array/config.h"
#include "array/mode_pages.h"
#include "array/pool.h"
#include "array/reservations.h"
#include "scsi/lba_status.h"

namespace array {

class Lun {
 public:
  // Null when the backing cannot be opened or the size makes no sense; `error` says why.
  static std::unique_ptr<Lun> open(const Config& array_config, uint32_t number, std::string& error);

  uint32_t number() const { return number_; }
  uint32_t block_bytes() const { return config_.block_bytes; }
  uint64_t block_count() const { return backing_->size_bytes() / config_.block_bytes; }
  uint8_t physical_exponent() const { return config_.physical_exponent; }
  bool removable() const { return config_.removable; }
  bool thin() const { return config_.provisioning.thin; }
  bool write_protected() const {
    return config_.read_only || write_protect_ || modes_.write_protected();
  }
  // The administrator's, besides the configuration and what initiators set themselves.
  void set_write_protect(bool protect) { write_protect_ = protect; }
  bool has_volatile_cache() const { return backing_->is_volatile(); }
  Backing& backing() { return *backing_; }
  Pool& pool() { return pool_; }
  ModePages& modes() { return modes_; }
  // NAA type 6 (IEEE registered extended), 16 bytes; the same through every port, different for
  // every LUN and array.
  const std::array<uint8_t, 16>& naa() const { return naa_; }
  const std::string& serial() const { return serial_; }
  // Another name and serial number, both unlike any before: lun_identity.cpp.
  void change_identity();

  bool contains(uint64_t lba, uint64_t blocks) const {
    return lba <= block_count() && blocks <= block_count() - lba;
  }
  // A thin unit is best unmapped in multiples of this.
  uint32_t unmap_granularity_blocks() const;

  // --- blocks. The caller has checked the range; data are whole blocks.
  // ---------------------------
  enum class WriteResult : uint8_t { done, failed, no_space };
  bool read(uint64_t lba, base::MutableBytes out);
  WriteResult write(uint64_t lba, base::Bytes data);
  // Writes `pattern`, one block, to each of `blocks`.
  WriteResult fill(uint64_t lba, uint64_t blocks, base::Bytes pattern);
  // They read as zeros, and are not mapped any more if the unit is thin.
  WriteResult unmap(uint64_t lba, uint64_t blocks);
  bool prefetch(uint64_t lba, uint64_t blocks);  // true: they are in memory
  bool sync();
  bool resize(uint64_t size_bytes);
  // Up to `max` ranges from `lba` on, in order and without gaps.
  std::vector<scsi::LbaStatus> lba_status(uint64_t lba, size_t max);

  // --- what I_T nexuses leave behind, by Nexus::id, which is never 0.
  // ----------------------------------
  // SCSI-2 RESERVE and RELEASE. False: another nexus holds the reservation.
  bool reserve(uint64_t nexus);
  void release(uint64_t nexus);  // somebody else's stays
  bool reserved() const { return reserved_by_ != 0; }
  bool reserved_against(uint64_t nexus) const { return reserved_by_ != 0 && reserved_by_ != nexus; }
  // PREVENT ALLOW MEDIUM REMOVAL.
  void prevent_removal(uint64_t nexus, bool prevent);
  bool removal_prevented() const { return !preventing_.empty(); }
  bool medium_present() const { return medium_present_; }
  void set_medium_present(bool present) { medium_present_ = present; }
  // The nexus has ended.
  void forget(uint64_t nexus);
  // Logical unit reset, SAM-5 6.3.3. Persistent reservations stay.
  void reset();

  // --- persistent reservations
  // ------------------------------------------------------------------------------------------
  const Reservations& reservations() const { return reservations_; }
  // Those of a file are stored beside it while they are to persist. False, and nothing has changed:
  // they cannot be stored.
  bool set_reservations(Reservations reservations);
  // All memory is gone but that of the medium and of reservations that persist.
  void lose_power();
  // What went wrong at opening and did not prevent it; empty: nothing.
  const std::string& notice() const { return notice_; }

 private:
  Lun(const Config& array_config, uint32_t number, std::unique_ptr<Backing> backing);
  WriteResult settle(bool written);

  LunConfig config_;
  uint32_t number_;
  std::unique_ptr<Backing> backing_;
  Pool pool_;
  ModePages modes_;
  std::array<uint8_t, 16> naa_{};
  std::string serial_;
  uint64_t reserved_by_ = 0;  // 0: nobody
  Reservations reservations_;
  std::string notice_;
  std::vector<uint64_t> preventing_;
  bool medium_present_ = true;
  bool write_protect_ = false;
};

}  // namespace array
