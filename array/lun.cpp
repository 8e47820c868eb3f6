// See lun.h.
#include "array/lun.h"

#include <cstdio>

namespace array {
namespace {

// A locally chosen company id in the range of none: 24 bits after the NAA nibble. Real arrays put
// their OUI here.
constexpr uint32_t kCompanyId = 0xd53c17;

std::string label(const LunConfig& config, uint32_t number) {
  return "LUN " + std::to_string(number) + " (" +
         (config.file.empty() ? "ram:" + std::to_string(config.size_bytes)
                              : "file:" + config.file) +
         ")";
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
  std::unique_ptr<Lun> lun(new Lun(config, number, std::move(backing)));
  // NAA 6: nibble 6, 24-bit company, 36-bit vendor id, 64-bit extension (SPC-4 7.8.6.6.5).
  lun->naa_[0] = 0x60 | (kCompanyId >> 20);
  lun->naa_[1] = static_cast<uint8_t>(kCompanyId >> 12);
  lun->naa_[2] = static_cast<uint8_t>(kCompanyId >> 4);
  lun->naa_[3] = static_cast<uint8_t>(kCompanyId << 4);
  base::store_be32(&lun->naa_[4], array_config.serial);
  base::store_be32(&lun->naa_[12], number + 1);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%08X%08X", array_config.serial, number + 1);
  lun->serial_ = text.data();
  return lun;
}

}  // namespace array
