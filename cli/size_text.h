// Sizes as people write them: "4096", "256M", "1.5" is refused. Suffixes K M G T (and KiB, MiB ...)
// are powers of 1024, as QEMU, fio and the NBD tools read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cli {

// Reads a size in bytes. Empty on anything but digits with at most one suffix, or above 2^63 - 1.
std::optional<uint64_t> parse_size_bytes(std::string_view text);

// The shortest exact or three-digit form: "512 B", "256 MiB", "1.50 GiB".
std::string format_size(uint64_t size_bytes);

// A duration for people: "850 us", "12.3 ms", "1.84 s".
std::string format_duration_ns(uint64_t duration_ns);

}  // namespace cli
