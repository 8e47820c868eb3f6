// See path_state.h.
#include "mpio/path_state.h"

namespace mpio {

std::string_view name_of(PathState state) {
  switch (state) {
    case PathState::connecting:
      return "connecting";
    case PathState::verifying:
      return "verifying";
    case PathState::stabilising:
      return "stabilising";
    case PathState::up:
      return "up";
    case PathState::suspect:
      return "suspect";
    case PathState::down:
      return "down";
    case PathState::disabled:
      return "disabled";
    case PathState::leaving:
      return "leaving";
    case PathState::refused:
      return "refused";
  }
  return "?";
}

}  // namespace mpio
