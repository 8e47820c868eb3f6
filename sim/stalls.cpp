// See stalls.h.
#include "sim/stalls.h"

#include <cstdio>
#include <cstdlib>

namespace sim {

uint64_t Stalls::quantile_ns(unsigned per_mille) const {
  uint64_t wanted = (count_ * per_mille + 999) / 1000;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    if (buckets_[i] >= wanted && wanted != 0) {
      return end_of(i) < longest_ns_ ? end_of(i) : longest_ns_;
    }
    wanted -= buckets_[i];
  }
  return longest_ns_;
}

std::string Stalls::text() const {
  uint64_t most = 1;
  for (const uint64_t bucket : buckets_) {
    most = bucket > most ? bucket : most;
  }
  std::string out;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    if (buckets_[i] == 0) {
      continue;
    }
    char line[128];
    std::snprintf(line, sizeof line, "  < %12.3f ms %10llu ", static_cast<double>(end_of(i)) / 1e6,
                  static_cast<unsigned long long>(buckets_[i]));
    out += line;
    out.append(static_cast<size_t>(1 + buckets_[i] * 40 / most), '#');
    out += '\n';
  }
  return out;
}

std::string Stalls::serialise() const {
  std::string line = std::to_string(longest_ns_) + " " + std::to_string(count_);
  for (const uint64_t bucket : buckets_) {
    line += " " + std::to_string(bucket);
  }
  return line;
}

void Stalls::deserialise(const std::string& line) {
  char* at = nullptr;
  longest_ns_ = std::strtoull(line.c_str(), &at, 10);
  count_ = std::strtoull(at, &at, 10);
  for (uint64_t& bucket : buckets_) {
    bucket = std::strtoull(at, &at, 10);
  }
}

}  // namespace sim
