// Ports and controllers: up, down, silent, crashed, frozen, and what becomes of the nexuses and
// tasks that are there.
#include <algorithm>
#include <utility>

#include "array/array.h"

namespace array {

PortState Array::port_state(unsigned port) const {
  const Controller& controller = controllers_[config_.ports[port].controller];
  if (!ports_[port].enabled || !controller.alive) {
    return PortState::down;
  }
  switch (controller.frozen ? Silence::both : ports_[port].silence) {
    case Silence::none:
      return PortState::up;
    case Silence::in:
      return PortState::deaf;
    case Silence::out:
      return PortState::mute;
    case Silence::both:
      break;
  }
  return PortState::frozen;
}

// Runs `change`, then tells every port whose state it changed; nexuses of ports that went down end
// first.
template <typename Change>
void Array::change_ports(Change&& change) {
  std::vector<PortState> before;
  for (unsigned port = 0; port < ports_.size(); ++port) {
    before.push_back(port_state(port));
  }
  change();
  for (unsigned port = 0; port < ports_.size(); ++port) {
    tell_port(port, before[port]);
  }
}

void Array::tell_port(unsigned port, PortState before) {
  const PortState now = port_state(port);
  if (now == before) {
    return;
  }
  if (now == PortState::down) {
    end_nexuses_of_port(port, NexusEnd::port_down);
  }
  if (ports_[port].observer != nullptr) {
    ports_[port].observer->on_port_state(port, now);
  }
}

void Array::set_port_enabled(unsigned port, bool enabled) {
  change_ports([&] { ports_[port].enabled = enabled; });
}

void Array::set_port_silence(unsigned port, Silence silence) {
  change_ports([&] { ports_[port].silence = silence; });
}

void Array::crash_controller(unsigned controller) {
  if (!controllers_[controller].alive) {
    return;
  }
  change_ports([&] {
    controllers_[controller].alive = false;
    controllers_[controller].frozen = false;
  });
  const bool dark = std::none_of(controllers_.begin(), controllers_.end(),
                                 [](const Controller& each) { return each.alive; });
  for (size_t lun = 0; dark && lun < luns_.size(); ++lun) {
    luns_[lun]->lose_power();
  }
  const auto crashed = static_cast<uint16_t>(controller + 1);
  groups_.set_state(crashed, scsi::AccessState::unavailable, true);
  bool active_left = false;
  for (unsigned other = 0; other < controllers_.size(); ++other) {
    active_left = active_left ||
                  (controllers_[other].alive && groups_.state(static_cast<uint16_t>(other + 1)) ==
                                                    scsi::AccessState::active_optimized);
  }
  for (unsigned other = 0; other < controllers_.size() && !active_left; ++other) {
    if (controllers_[other].alive) {
      groups_.set_state(static_cast<uint16_t>(other + 1), scsi::AccessState::active_optimized,
                        true);
      active_left = true;
    }
  }
  for (unsigned other = 0; other < controllers_.size() && !controllers_[owner_].alive; ++other) {
    static_cast<void>(take_over(other));
  }
  announce_access_change();
}

void Array::restart_controller(unsigned controller) {
  if (controllers_[controller].alive) {
    return;
  }
  change_ports([&] { controllers_[controller].alive = true; });
  if (!controllers_[owner_].alive) {
    static_cast<void>(take_over(controller));
  }
  // Ownership goes home, as arrays with automatic failback do.
  for (unsigned other = 0; other < controllers_.size(); ++other) {
    const auto id = static_cast<uint16_t>(other + 1);
    if (controllers_[other].alive) {
      groups_.set_state(id, groups_.home_state(id), true);
    }
  }
  announce_access_change();
}

void Array::freeze_controller(unsigned controller, bool frozen) {
  if (!controllers_[controller].alive || controllers_[controller].frozen == frozen) {
    return;
  }
  change_ports([&] { controllers_[controller].frozen = frozen; });
  if (!frozen) {
    release_held(controller);
  }
}

// Executes (or answers) what was held by a freeze, nexus by nexus, each in the order of arrival.
void Array::release_held(unsigned controller) {
  std::vector<std::pair<Task*, bool>> ready;
  for (const auto& nexus : nexuses_) {
    if (config_.ports[nexus->port].controller != controller) {
      continue;
    }
    for (auto held = nexus->held.begin(); held != nexus->held.end();) {
      if (held->until_thaw) {
        ready.emplace_back(held->task, held->executed);
        held = nexus->held.erase(held);
      } else {
        ++held;
      }
    }
  }
  for (const auto& [task, executed] : ready) {
    executed ? task->done(*task) : execute(*task);
  }
}

}  // namespace array
