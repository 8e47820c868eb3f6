// How the stand-in for mpio.sys calls an entry point of the DSM.
#pragma once

#include <string>

#include "windows/harness/machine.h"

namespace harness {

// Whatever the DSM does in a call, it comes back as it went in.
template <typename Result, typename... Parameters, typename... Arguments>
Result call(KIRQL irql, const char* name, Result NTAPI entry(Parameters...),
            Arguments... arguments) {
  const AtIrql at(irql);
  const size_t locks = machine().locks_held();
  const Result result = entry(arguments...);
  if (machine().irql() != irql || machine().locks_held() != locks) {
    fail(std::string(name) + " came back at another IRQL, or with a spin lock");
  }
  return result;
}

}  // namespace harness
