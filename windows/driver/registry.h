// The driver's key in the registry, `Parameters` below its own service key, and the list of devices
// that it claims. All of it at PASSIVE_LEVEL. Other settings: settings/.
#pragma once

#include <span>
#include <string_view>

#include "base/bytes.h"
#include "windows/driver/irql.h"
#include "windows/driver/pool.h"
#include "windows/driver/settings/key.h"

namespace driver {

// The full name of the key, in a block of its own (kTextTag). False: no memory.
bool make_parameters_key(const UNICODE_STRING& service_key, UNICODE_STRING& out);

// DsmSupportedDeviceList: entries of up to 8 characters of vendor and 16 of product. What cannot be
// read, or is no list of texts, is an empty list; that, and what of a list is left out or matches
// nothing, is reported.
class SupportedDevices {
 public:
  SupportedDevices(AtPassive here, const SettingsRoot& parameters);
  std::span<const std::string_view> entries() { return {entries_.data(), count_}; }

 private:
  static constexpr size_t kMaxEntries = 256;
  static constexpr size_t kMaxBytes = 16384;  // of the value

  const char* split(base::Bytes list);

  PoolBuffer<uint8_t> value_{kMaxBytes, kTextTag};
  PoolBuffer<char> text_{kMaxBytes / sizeof(WCHAR), kTextTag};
  PoolBuffer<std::string_view> entries_{kMaxEntries, kTextTag};
  size_t count_ = 0;
};

}  // namespace driver
