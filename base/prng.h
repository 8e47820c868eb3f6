// Seeded random numbers: splitmix64 and xoshiro256**, integers only, the same on every machine and
// compiler. Not for secrets.
#pragma once

#include <array>
#include <cstdint>

namespace base {

// Advances `state` and returns the next value of its stream.
constexpr uint64_t splitmix64(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

class Prng {
 public:
  explicit constexpr Prng(uint64_t seed) {
    for (uint64_t& word : state_) {
      word = splitmix64(seed);
    }
  }
  // A stream of its own for each part of a system, so that one more draw here shifts nothing there.
  static constexpr Prng stream(uint64_t seed, uint64_t component, uint64_t entity = 0) {
    uint64_t mix = seed;
    mix = splitmix64(mix) ^ (component * 0xd1342543de82ef95);
    mix = splitmix64(mix) ^ (entity * 0xaf251af3b0f025b5);
    return Prng(mix);
  }

  constexpr uint64_t next() {
    const uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }
  // 0 .. limit - 1; 0 when limit is 0. The bias (below 2^-32 for limits under 2^32) does not matter
  // here.
  constexpr uint64_t below(uint64_t limit) { return limit == 0 ? 0 : next() % limit; }
  // low .. high, both included.
  constexpr uint64_t between(uint64_t low, uint64_t high) { return low + below(high - low + 1); }
  constexpr bool chance(uint64_t numerator, uint64_t denominator) {
    return below(denominator) < numerator;
  }

 private:
  static constexpr uint64_t rotate(uint64_t value, int by) {
    return (value << by) | (value >> (64 - by));
  }

  std::array<uint64_t, 4> state_{};
};

}  // namespace base
