// See pairs.h.
#include "bench/pairs.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

namespace bench {
namespace {

double seconds_for(Contender& contender, uint64_t reads) {
  const auto begun = std::chrono::steady_clock::now();
  contender.run(reads);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

// So many reads as take about `seconds`.
uint64_t reads_in(Contender& contender, double seconds) {
  uint64_t reads = 64;
  double took = seconds_for(contender, reads);
  while (took < seconds / 8 && took < 0.05) {
    reads *= 4;
    took = seconds_for(contender, reads);
  }
  return std::max<uint64_t>(1, static_cast<uint64_t>(static_cast<double>(reads) * seconds / took));
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// Ratios are near 1, rates are thousands.
std::string row(const std::string& name, const std::vector<double>& values, int digits,
                const std::string& unit) {
  return fmt::format("{:24} median {:8.{}f}  lowest {:8.{}f}  highest {:8.{}f}  {}\n", name,
                     median(values), digits, *std::min_element(values.begin(), values.end()),
                     digits, *std::max_element(values.begin(), values.end()), digits, unit);
}

}  // namespace

void compare(const Side& first, const Side& second, const PairsPlan& plan, uint32_t bytes) {
  const uint64_t reads = reads_in(first.contender, plan.seconds);
  reads_in(second.contender, plan.seconds);  // warm as well
  std::vector<double> first_rates;
  std::vector<double> second_rates;
  std::vector<double> ratios;
  for (unsigned pair = 0; pair < plan.pairs; ++pair) {
    double first_s = 0;
    double second_s = 0;
    if (pair % 2 == 0) {
      first_s = seconds_for(first.contender, reads);
      second_s = seconds_for(second.contender, reads);
    } else {
      second_s = seconds_for(second.contender, reads);
      first_s = seconds_for(first.contender, reads);
    }
    first_rates.push_back(static_cast<double>(reads) / first_s);
    second_rates.push_back(static_cast<double>(reads) / second_s);
    ratios.push_back(first_s / second_s);
  }
  const std::string unit = fmt::format("reads of {} KiB/s", bytes / 1024);
  fmt::print("{}{}{}", row(first.name, first_rates, 0, unit),
             row(second.name, second_rates, 0, unit),
             row("ratio", ratios, 3, fmt::format("in {} pairs", plan.pairs)));
  std::fflush(stdout);
}

}  // namespace bench
