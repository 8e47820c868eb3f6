// What a path of the disk is doing, in the words of `dsmkit show`.
#pragma once

#include <cstdint>
#include <string_view>

namespace mpio {

enum class PathState : uint8_t {
  connecting,   // the first connection is being made
  verifying,    // logged in; who is there?
  stabilising,  // well, and waiting until it has been so for long enough
  up,           // carries I/O, or could
  suspect,      // nothing heard for a while
  down,         // failed; logs in again and again
  disabled,     // well, but taken out of use by the administrator
  leaving,      // being taken out of the disk
  refused,      // leads to something that is not this disk; looked at again now and then
};
std::string_view name_of(PathState state);

}  // namespace mpio
