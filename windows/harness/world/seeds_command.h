// The options of ntrun that run seeds.
#pragma once

#include <string>
#include <vector>

namespace harness {

inline constexpr const char* kSeedsUsage =
    "--seeds N [--first K] [--workers N] [--breach NAME]\n"
    "       ntrun DRIVER.sys --seed N [--timeline yes] [--faults I,J,...|none] [--deeds "
    "I,J,...|none] "
    "[--requests N] [--breach NAME] [--record FILE]";

bool is_seeds_option(const std::string& word);
// Returns the exit code.
int seeds_command(const std::string& driver_path, const std::vector<std::string>& words);

}  // namespace harness
