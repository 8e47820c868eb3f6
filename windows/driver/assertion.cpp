// What a broken assertion of the DSM is to the kernel: the end, with a name.
#include "windows/abi/kernel.h"

extern "C" [[noreturn]] void dsm_assert_failed(const char* expression, const char* file, int line) {
  constexpr ULONG kDriverVerifierDetectedViolation = 0xC4;
  constexpr ULONG_PTR kDsmkit = 0x64736D6B;  // says whose assertion it was
  KeBugCheckEx(kDriverVerifierDetectedViolation, kDsmkit, reinterpret_cast<ULONG_PTR>(expression),
               reinterpret_cast<ULONG_PTR>(file), static_cast<ULONG_PTR>(line));
}
