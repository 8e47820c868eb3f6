// Events as sentences.
#include "dsm/event.h"

namespace dsm {

using namespace std::string_view_literals;  // with their length: no kernel has strlen

std::string_view name_of(EventKind kind) {
  switch (kind) {
    case EventKind::nexus_arrived:
      return "nexus arrived"sv;
    case EventKind::nexus_activated:
      return "nexus activated"sv;
    case EventKind::nexus_removing:
      return "nexus removing"sv;
    case EventKind::nexus_removed:
      return "nexus removed"sv;
    case EventKind::path_verified:
      return "path verified"sv;
    case EventKind::path_suspect:
      return "path suspect"sv;
    case EventKind::path_failed:
      return "path failed"sv;
    case EventKind::path_marginal:
      return "path marginal"sv;
    case EventKind::path_trusted:
      return "path trusted"sv;
    case EventKind::path_removed:
      return "path removed"sv;
    case EventKind::command_done:
      return "command done"sv;
    case EventKind::slot_idle:
      return "slot idle"sv;
    case EventKind::lanes_synchronised:
      return "lanes synchronised"sv;
    case EventKind::timer:
      return "timer"sv;
    case EventKind::set_preferred:
      return "set preferred path"sv;
    case EventKind::set_desired:
      return "set desired state"sv;
    case EventKind::set_weight:
      return "set weight"sv;
    case EventKind::set_sequential_cap:
      return "set sequential cap"sv;
    case EventKind::clear_statistics:
      return "clear statistics"sv;
    case EventKind::reservation_key:
      return "reservation key"sv;
    case EventKind::registered:
      return "registered"sv;
    case EventKind::start_operation:
      return "start operation"sv;
    case EventKind::cancel_operation:
      return "cancel operation"sv;
  }
  return "?"sv;
}

namespace event {

Event nexus_arrived(TimeNs now, NexusId nexus, PathId path, const Arrival& arrival) {
  return {.kind = EventKind::nexus_arrived,
          .now = now,
          .path = path,
          .nexus = nexus,
          .arrival = arrival};
}

Event of_nexus(EventKind kind, TimeNs now, NexusId nexus, uint32_t number) {
  return {.kind = kind, .now = now, .nexus = nexus, .number = number};
}

Event of_path(EventKind kind, TimeNs now, PathId path) {
  return {.kind = kind, .now = now, .path = path};
}

Event of_lun(EventKind kind, TimeNs now, LunId lun, uint32_t number) {
  return {.kind = kind, .now = now, .lun = lun, .number = number};
}

Event set_preferred(TimeNs now, LunId lun, NexusId nexus) {
  return {.kind = EventKind::set_preferred, .now = now, .lun = lun, .nexus = nexus};
}

Event set_desired(TimeNs now, NexusId nexus, Desire desire) {
  return {.kind = EventKind::set_desired, .now = now, .nexus = nexus, .desire = desire};
}

Event command_done(TimeNs now, LunId lun, NexusId nexus, const CommandDone& command) {
  return {
      .kind = EventKind::command_done, .now = now, .lun = lun, .nexus = nexus, .command = command};
}

Event start(TimeNs now, const Operation& operation) {
  return {.kind = EventKind::start_operation, .now = now, .operation = operation};
}

Event cancel(TimeNs now, const Operation& operation) {
  return {.kind = EventKind::cancel_operation, .now = now, .operation = operation};
}

}  // namespace event
}  // namespace dsm
