// How long requests took, as a histogram with two buckets per power of two, and the longest of all.
// Small enough to be kept per seed and added up over ten thousand of them.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string>

namespace sim {

class Stalls {
 public:
  void add(uint64_t duration_ns) {
    ++buckets_[bucket_of(duration_ns)];
    longest_ns_ = duration_ns > longest_ns_ ? duration_ns : longest_ns_;
    ++count_;
  }
  void merge(const Stalls& other) {
    for (size_t i = 0; i < buckets_.size(); ++i) {
      buckets_[i] += other.buckets_[i];
    }
    longest_ns_ = other.longest_ns_ > longest_ns_ ? other.longest_ns_ : longest_ns_;
    count_ += other.count_;
  }

  uint64_t count() const { return count_; }
  uint64_t longest_ns() const { return longest_ns_; }
  // An upper bound of the value below which `per_mille` of the samples lie; 0 without samples.
  uint64_t quantile_ns(unsigned per_mille) const;
  // Several lines: bucket, count, bar.
  std::string text() const;
  // Numbers with blanks between, to pass it from one process to another.
  std::string serialise() const;
  void deserialise(const std::string& line);

 private:
  // Bucket 2k: [2^k, 1.5 * 2^k), bucket 2k+1: [1.5 * 2^k, 2^(k+1)).
  static size_t bucket_of(uint64_t ns) {
    const uint64_t value = ns | 1;
    const auto power = static_cast<size_t>(std::bit_width(value) - 1);
    const size_t upper = power == 0 ? 0 : (value >> (power - 1)) & 1;
    return 2 * power + upper;
  }
  static uint64_t end_of(size_t bucket) {
    const uint64_t base = uint64_t{1} << (bucket / 2);
    return bucket % 2 == 0 ? base + base / 2 : base * 2;
  }

  std::array<uint64_t, 128> buckets_{};
  uint64_t longest_ns_ = 0;
  uint64_t count_ = 0;
};

}  // namespace sim
