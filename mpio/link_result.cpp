// The words for LinkResult, as settings, traces and messages print them.
#include "mpio/transport.h"

namespace mpio {

std::string_view name_of(LinkResult result) {
  switch (result) {
    case LinkResult::ok:
      return "ok";
    case LinkResult::refused:
      return "refused";
    case LinkResult::unreachable:
      return "unreachable";
    case LinkResult::timed_out:
      return "timed_out";
    case LinkResult::auth_failed:
      return "auth_failed";
    case LinkResult::no_such_target:
      return "no_such_target";
    case LinkResult::no_such_lun:
      return "no_such_lun";
    case LinkResult::protocol_error:
      return "protocol_error";
    case LinkResult::closed_by_peer:
      return "closed_by_peer";
    case LinkResult::reset:
      return "reset";
    case LinkResult::dropped:
      return "dropped";
  }
  return "unknown";
}

}  // namespace mpio
