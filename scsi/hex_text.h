// Bytes as people paste them: ASCII hex with blanks or commas, optional 0x, `#` to the end of the
// line is a comment. The format of sg3-utils' --inhex.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/bytes.h"

namespace scsi {

struct HexTextResult {
  size_t bytes = 0;             // how many were read
  const char* error = nullptr;  // null: all went well
  unsigned line = 0;            // where the error is, counted from 1
  unsigned column = 0;
};

// Reads into `out`; text that holds more bytes than that is an error.
HexTextResult parse_hex_text(std::string_view text, base::MutableBytes out);

}  // namespace scsi
