// The value of `dsmkit array --lun`: a backing, and what kind of LUN it makes, separated by commas.
//
//   ram:SIZE or file:PATH   a comma in PATH is written twice
//   read-only removable     flags
//   block=512|4096          logical block size, in bytes
//   physical=512|4096       physical block size, in bytes; not below the logical one (4096)
//   thick                   always fully provisioned; otherwise thin
//   thin=SIZE               thin, with space for no more than SIZE
//   threshold=PERCENT       of thin=SIZE: where hosts are warned
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "array/config.h"

namespace cli {

// `block_bytes` applies unless the text says otherwise. Empty: `error` names what is wrong with it.
std::optional<array::LunConfig> parse_lun(const std::string& text, uint32_t block_bytes,
                                          std::string& error);
// What is special about the LUN, for people: ", read-only, 64 MiB of space" or nothing.
std::string traits_text(const array::LunConfig& lun);

// For --help.
inline constexpr const char* kLunOptionHelp =
    "A LUN, ram:SIZE or file:PATH, numbered from 0 in the order given (default: one ram:256M). "
    "After commas: read-only, removable, block=512 or 4096, physical=512 or 4096, thick, thin=SIZE "
    "(space for so much), "
    "threshold=PERCENT (of that space: warn hosts)";

}  // namespace cli
