// What becomes of a completion that the DSM gives back: the disk does here what a class driver does
// on Windows - it knows which answers are final, which deserve another try, and which errno a
// client understands.
#pragma once

#include <cstdint>

#include "dsm/verdict.h"
#include "mpio/transport.h"

namespace mpio {

enum class ClassAction : uint8_t {
  done,         // final: `error` is 0 or an errno value
  retry_now,    // was not executed; send it again
  retry_later,  // the same after a pause: busy, becoming ready
};

struct ClassDecision {
  ClassAction action = ClassAction::done;
  int error = 0;
};

ClassDecision decide(const dsm::Verdict& verdict, const TransportCommand& command);

}  // namespace mpio
