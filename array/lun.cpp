// See lun.h.
#include "array/lun.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "array/reservation_file.h"

namespace array {
namespace {

// A locally chosen company id in the range of none: 24 bits after the NAA nibble. Real arrays put
// their OUI here.
constexpr uint32_t kCompanyId = 0xd53c17;
constexpr uint64_t kFillBytes = 64 * 1024;
// The longest range that one descriptor of GET LBA STATUS is asked to find.
constexpr uint64_t kMaxStatusBytes = uint64_t{1} << 30;

std::string label(const LunConfig& config, uint32_t number) {
  return "LUN " + std::to_string(number) + " (" +
         (config.file.empty() ? "ram:" + std::to_string(config.size_bytes)
                              : "file:" + config.file) +
         ")";
}

ModePages::Traits traits_of(const Config& config, const Backing& backing, const Pool& pool) {
  return {
      .volatile_cache = backing.is_volatile(),
      .implicit_access = config.alua == AluaMode::implicit_only || config.alua == AluaMode::both,
      .reports_thresholds = pool.limited(),
      .threshold_sets = pool.threshold_sets()};
}

}  // namespace

std::unique_ptr<Lun> Lun::open(const Config& array_config, uint32_t number, std::string& error) {
  const LunConfig& config = array_config.luns[number];
  if (config.block_bytes != 512 && config.block_bytes != 4096) {
    error = label(config, number) + ": blocks of " + std::to_string(config.block_bytes) +
            " bytes are not supported; use 512 or 4096";
    return nullptr;
  }
  std::unique_ptr<Backing> backing = config.file.empty()
                                         ? make_ram_backing(config.size_bytes)
                                         : open_file_backing(config.file, config.read_only, error);
  if (!backing) {
    return nullptr;
  }
  if (backing->size_bytes() == 0 || backing->size_bytes() % config.block_bytes != 0) {
    error = label(config, number) + ": the size must be a multiple of the block size (" +
            std::to_string(config.block_bytes) + " bytes) and not zero";
    return nullptr;
  }
  std::unique_ptr<Lun> lun(new Lun(array_config, number, std::move(backing)));
  if (!config.file.empty()) {
    if (auto stored = load_reservations(reservation_file_of(config.file), lun->notice_)) {
      lun->reservations_ = std::move(*stored);
    } else if (!lun->notice_.empty()) {
      lun->notice_ = label(config, number) + ": " + lun->notice_;
    }
  }
  return lun;
}

Lun::Lun(const Config& array_config, uint32_t number, std::unique_ptr<Backing> backing)
    : config_(array_config.luns[number]),
      number_(number),
      backing_(std::move(backing)),
      pool_(config_.provisioning, *backing_),
      modes_(traits_of(array_config, *backing_, pool_)) {
  // NAA 6: nibble 6, 24-bit company, 36-bit vendor id, 64-bit extension (SPC-4 7.8.6.6.5).
  naa_[0] = 0x60 | (kCompanyId >> 20);
  naa_[1] = static_cast<uint8_t>(kCompanyId >> 12);
  naa_[2] = static_cast<uint8_t>(kCompanyId >> 4);
  naa_[3] = static_cast<uint8_t>(kCompanyId << 4);
  base::store_be32(&naa_[4], array_config.serial);
  base::store_be32(&naa_[12], number + 1);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%08X%08X", array_config.serial, number + 1);
  serial_ = text.data();
}

uint32_t Lun::unmap_granularity_blocks() const {
  return std::max(backing_->map_unit_bytes() / config_.block_bytes, 1U);
}

// ---- blocks
// -------------------------------------------------------------------------------------------

bool Lun::read(uint64_t lba, base::MutableBytes out) {
  return backing_->read(lba * config_.block_bytes, out);
}

// A write is over: how it ended, and whether it has to be stable now (WCE is zero).
Lun::WriteResult Lun::settle(bool written) {
  const int why = errno;
  pool_.end();
  if (!written) {
    return why == ENOSPC || why == EDQUOT || why == EFBIG ? WriteResult::no_space
                                                          : WriteResult::failed;
  }
  const bool must_sync = backing_->is_volatile() && !modes_.write_cache();
  return !must_sync || backing_->sync() ? WriteResult::done : WriteResult::failed;
}

Lun::WriteResult Lun::write(uint64_t lba, base::Bytes data) {
  const uint64_t offset = lba * config_.block_bytes;
  if (!pool_.begin(offset, data.size())) {
    return WriteResult::no_space;
  }
  return settle(backing_->write(offset, data));
}

Lun::WriteResult Lun::fill(uint64_t lba, uint64_t blocks, base::Bytes pattern) {
  const uint64_t offset = lba * config_.block_bytes;
  const uint64_t length = blocks * config_.block_bytes;
  if (!pool_.begin(offset, length)) {
    return WriteResult::no_space;
  }
  std::vector<uint8_t> many;
  while (many.size() < std::min(kFillBytes, length)) {
    many.insert(many.end(), pattern.begin(), pattern.end());
  }
  bool written = true;
  for (uint64_t done = 0; written && done < length; done += many.size()) {
    const auto count = static_cast<size_t>(std::min<uint64_t>(many.size(), length - done));
    written = backing_->write(offset + done, base::Bytes(many).first(count));
  }
  return settle(written);
}

Lun::WriteResult Lun::unmap(uint64_t lba, uint64_t blocks) {
  if (!thin()) {
    const std::vector<uint8_t> zeros(config_.block_bytes);
    return fill(lba, blocks, zeros);
  }
  const uint64_t offset = lba * config_.block_bytes;
  const uint64_t length = blocks * config_.block_bytes;
  static_cast<void>(pool_.begin(offset, length));  // it takes no space, so there is always room
  return settle(backing_->discard(offset, length));
}

bool Lun::prefetch(uint64_t lba, uint64_t blocks) {
  return backing_->prefetch(lba * config_.block_bytes, blocks * config_.block_bytes);
}

bool Lun::sync() {
  return backing_->sync();
}

bool Lun::resize(uint64_t size_bytes) {
  const bool resized = backing_->resize(size_bytes);
  pool_.recount();
  return resized;
}

std::vector<scsi::LbaStatus> Lun::lba_status(uint64_t lba, size_t max) {
  std::vector<scsi::LbaStatus> ranges;
  while (lba < block_count() && ranges.size() < max) {
    const uint64_t offset = lba * config_.block_bytes;
    const uint64_t limit = std::min(kMaxStatusBytes, backing_->size_bytes() - offset);
    Backing::Extent extent{true, limit};
    if (thin()) {
      extent = backing_->extent(offset, limit);
    }
    // A block that is mapped in part is mapped.
    const uint64_t blocks =
        extent.mapped ? (extent.length_bytes + config_.block_bytes - 1) / config_.block_bytes
                      : extent.length_bytes / config_.block_bytes;
    ranges.push_back(
        {lba, static_cast<uint32_t>(std::max<uint64_t>(blocks, 1)), extent.mapped || blocks == 0});
    lba += ranges.back().blocks;
  }
  return ranges;
}

// ---- what I_T nexuses leave behind
// --------------------------------------------------------------------

bool Lun::reserve(uint64_t nexus) {
  if (reserved_against(nexus)) {
    return false;
  }
  reserved_by_ = nexus;
  return true;
}

void Lun::release(uint64_t nexus) {
  if (reserved_by_ == nexus) {
    reserved_by_ = 0;
  }
}

void Lun::prevent_removal(uint64_t nexus, bool prevent) {
  std::erase(preventing_, nexus);
  if (prevent) {
    preventing_.push_back(nexus);
  }
}

void Lun::forget(uint64_t nexus) {
  release(nexus);
  prevent_removal(nexus, false);
}

void Lun::reset() {
  reserved_by_ = 0;
  preventing_.clear();
  modes_.reset();
}

// ---- persistent reservations
// --------------------------------------------------------------------------

bool Lun::set_reservations(Reservations reservations) {
  const bool stored = reservations_.persists() || reservations.persists();
  if (!config_.file.empty() && stored && reservations != reservations_ &&
      !save_reservations(reservation_file_of(config_.file), reservations)) {
    return false;
  }
  reservations_ = std::move(reservations);
  return true;
}

void Lun::lose_power() {
  reset();
  reservations_.lose_power();
}

}  // namespace array
