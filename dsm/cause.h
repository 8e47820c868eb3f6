// Why something changed; goes with every report.
#pragma once

#include <cstdint>
#include <string_view>

namespace dsm {

enum class Cause : uint8_t {
  none,
  arrival,
  activation,
  removal,
  path_failed,
  path_suspect,
  path_verified,
  path_marginal,
  path_trusted,
  io_error,
  access_change,
  administrator,
  reservation,
  operation,
  timer,
};
std::string_view name_of(Cause cause);

}  // namespace dsm
