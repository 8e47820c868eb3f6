// Events as sentences.
#include "dsm/event.h"

namespace dsm {

std::string_view name_of(EventKind kind) {
  switch (kind) {
    case EventKind::nexus_arrived:
      return "nexus arrived";
    case EventKind::nexus_activated:
      return "nexus activated";
    case EventKind::nexus_removing:
      return "nexus removing";
    case EventKind::nexus_removed:
      return "nexus removed";
    case EventKind::path_verified:
      return "path verified";
    case EventKind::path_suspect:
      return "path suspect";
    case EventKind::path_failed:
      return "path failed";
    case EventKind::path_removed:
      return "path removed";
    case EventKind::command_done:
      return "command done";
    case EventKind::slot_idle:
      return "slot idle";
    case EventKind::lanes_synchronised:
      return "lanes synchronised";
    case EventKind::timer:
      return "timer";
    case EventKind::set_preferred:
      return "set preferred path";
    case EventKind::set_desired:
      return "set desired state";
    case EventKind::set_weight:
      return "set weight";
    case EventKind::reservation_key:
      return "reservation key";
    case EventKind::registered:
      return "registered";
    case EventKind::start_operation:
      return "start operation";
    case EventKind::cancel_operation:
      return "cancel operation";
  }
  return "?";
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
