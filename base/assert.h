// Assertions of the kernel-safe rooms. What happens on failure is the host's: abort in user space,
// bug check in the driver.
#pragma once

extern "C" [[noreturn]] void dsm_assert_failed(const char* expression, const char* file, int line);

#define BASE_ASSERT(expression)                         \
  (static_cast<bool>(expression) ? static_cast<void>(0) \
                                 : dsm_assert_failed(#expression, __FILE__, __LINE__))
