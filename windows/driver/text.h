// Counted strings over literals, and letters without regard to case.
#pragma once

#include "windows/abi/kernel.h"

namespace driver {

// The kernel only reads it; its type cannot say so.
template <size_t N>
UNICODE_STRING text_of(const WCHAR (&literal)[N]) {
  constexpr auto bytes = static_cast<USHORT>((N - 1) * sizeof(WCHAR));
  return {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), const_cast<WCHAR*>(literal)};
}

// Of ASCII letters; names of keys and services are compared so.
constexpr unsigned capital_of(unsigned unit) {
  return unit >= 'a' && unit <= 'z' ? unit - ('a' - 'A') : unit;
}

}  // namespace driver
