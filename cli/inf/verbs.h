// The commands below `dsmkit inf`, each in a file of its own.
#pragma once

#include <cstddef>

#include "cli/command.h"

namespace cli {

void add_inf_check(CLI::App& inf, Invocation& invocation);
void add_inf_compact(CLI::App& inf, Invocation& invocation);
void add_inf_match(CLI::App& inf, Invocation& invocation);
void add_inf_new(CLI::App& inf, Invocation& invocation);

inline constexpr size_t kMostInfBytes = size_t{4} << 20;  // no INF is that large

}  // namespace cli
