// Access states: set, in transition, stuck in one, and announced.
#include <algorithm>

#include "array/array.h"
#include "scsi/sense.h"

namespace array {

void Array::announce_access_change() {
  if (config_.alua != AluaMode::none) {
    attention_for_all(scsi::kAccessStateChanged, kEveryLun);
  }
}

base::Status Array::set_group_state(uint16_t group, scsi::AccessState state) {
  if (config_.alua == AluaMode::none) {
    return {base::Code::unsupported, "an array without ALUA has no access states"};
  }
  if (!groups_.exists(group)) {
    return {base::Code::not_found, "no such target port group"};
  }
  groups_.set_state(group, state, true);
  announce_access_change();
  return {};
}

base::Status Array::begin_transition(uint16_t group, scsi::AccessState after,
                                     uint64_t duration_ns) {
  if (config_.alua == AluaMode::none) {
    return {base::Code::unsupported, "an array without ALUA has no access states"};
  }
  if (!groups_.exists(group)) {
    return {base::Code::not_found, "no such target port group"};
  }
  if (transition_timer_.armed()) {
    return {base::Code::conflict, "another transition is under way"};
  }
  transition_group_ = group;
  transition_after_ = after;
  groups_.set_state(group, scsi::AccessState::transitioning, true);
  scheduler_.arm_after(transition_timer_, duration_ns);
  return {};
}

void Array::on_transition_done() {
  if (controllers_[transition_group_ - 1U].alive) {
    static_cast<void>(set_group_state(transition_group_, transition_after_));
  }
}

void Array::apply_set_groups(std::span<const scsi::SetGroup> changes, const Nexus& sender) {
  for (const scsi::SetGroup& change : changes) {
    groups_.set_state(change.id, change.state, false);
  }
  // One owner at a time: a group made active/optimized takes that from the others (unless they were
  // named too).
  for (const scsi::SetGroup& change : changes) {
    if (config_.symmetric || change.state != scsi::AccessState::active_optimized) {
      continue;
    }
    for (uint16_t other = 1; groups_.exists(other); ++other) {
      const bool named = std::any_of(changes.begin(), changes.end(),
                                     [other](const auto& entry) { return entry.id == other; });
      if (!named && groups_.state(other) == scsi::AccessState::active_optimized) {
        groups_.set_state(other, config_.passive_state, false);
      }
    }
  }
  attention_for_all(scsi::kAccessStateChanged, kEveryLun, &sender);
}

base::Status Array::take_over(unsigned controller) {
  if (!config_.passive) {
    return {base::Code::unsupported, "the controllers of this array share the LUNs"};
  }
  if (!controllers_[controller].alive) {
    return {base::Code::conflict, "the controller is dead"};
  }
  owner_ = controller;
  return {};
}

void Array::end_stuck_transitions() {
  for (uint16_t id = 1; groups_.exists(id); ++id) {
    const bool ends_by_itself = transition_timer_.armed() && transition_group_ == id;
    if (groups_.state(id) == scsi::AccessState::transitioning && !ends_by_itself) {
      static_cast<void>(set_group_state(id, groups_.home_state(id)));
    }
  }
}

}  // namespace array
