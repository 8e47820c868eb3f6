// Values of the registry as the driver takes them: of one type and size, and in a range. What is
// anything else counts as not set, and is reported.
#pragma once

#include <optional>

#include "windows/driver/settings/report.h"

namespace driver {

// REG_DWORD.
std::optional<uint32_t> read_number(const Key& key, UNICODE_STRING name, uint32_t lowest,
                                    uint32_t highest);
// REG_BINARY of 8 bytes, as the processor lays them out.
std::optional<uint64_t> read_long(const Key& key, UNICODE_STRING name, uint64_t highest);
// REG_BINARY of one byte; everything but 0 is true.
std::optional<bool> read_flag(const Key& key, UNICODE_STRING name);

NTSTATUS write_number(const Key& key, UNICODE_STRING name, uint32_t value);
NTSTATUS write_long(const Key& key, UNICODE_STRING name, uint64_t value);
NTSTATUS write_flag(const Key& key, UNICODE_STRING name, bool value);

}  // namespace driver
