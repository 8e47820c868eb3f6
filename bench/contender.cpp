// See contender.h.
#include "bench/contender.h"

#include <sched.h>

#include <cstdio>
#include <cstdlib>

namespace bench {

void pin_this_thread(int cpu) {
  if (cpu < 0) {
    return;
  }
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(cpu), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) {
    give_up("--cpu", "this processor is not there");
  }
}

void give_up(const char* what, const char* why) {
  std::fprintf(stderr, "%s: %s\n", what, why);
  std::_Exit(1);
}

}  // namespace bench
