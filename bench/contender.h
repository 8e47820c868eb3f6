// What is compared: something that reads random blocks of one LUN as fast as it can, so many
// requests at a time.
#pragma once

#include <cstdint>

namespace bench {

struct ReadShape {
  uint32_t bytes = 4096;  // of one read; reads lie on multiples of it
  unsigned depth = 1;     // reads under way at any time
};

class Contender {
 public:
  virtual ~Contender() = default;
  // Makes `reads` reads and returns when the last is answered. A read that fails ends the program:
  // there is nothing to compare then.
  virtual void run(uint64_t reads) = 0;
};

// Pins the calling thread; -1: to nothing.
void pin_this_thread(int cpu);
// Ends the program with this message on stderr.
[[noreturn]] void give_up(const char* what, const char* why);

}  // namespace bench
