// The assertion hook of hosted programs: say where, then abort so that a core and a sanitizer see
// it.
#include <cstdio>
#include <cstdlib>

#include "base/assert.h"

extern "C" void dsm_assert_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
  std::abort();
}
