// See fault_driver.h.
#include "sim/fault_driver.h"

#include <algorithm>
#include <array>

namespace sim {

using scsi::AccessState;

struct FaultDriver::Entry {
  void begin() {
    driver->timeline_.add(driver->clock_.now_ns(), What::fault, index,
                          static_cast<uint64_t>(fault.kind), fault.on, 1);
    driver->begin(fault);
    if (fault.end_ns != UINT64_MAX && fault.end_ns > fault.begin_ns) {
      driver->clock_.arm_after(end_timer, fault.end_ns - fault.begin_ns);
    }
  }
  void end() {
    driver->timeline_.add(driver->clock_.now_ns(), What::fault, index,
                          static_cast<uint64_t>(fault.kind), fault.on, 0);
    driver->end(fault);
  }

  FaultDriver* driver = nullptr;
  uint32_t index = 0;
  Fault fault;
  base::MemberTimer<&Entry::begin> begin_timer{*this};
  base::MemberTimer<&Entry::end> end_timer{*this};
};

namespace {

bool same(const Fault& a, const Fault& b) {
  return a.kind == b.kind && a.on == b.on && a.begin_ns == b.begin_ns && a.end_ns == b.end_ns;
}

}  // namespace

FaultDriver::FaultDriver(const FaultPlan& plan, Clock& clock, Fabric& fabric, array::Array& array,
                         PathHealth& health, Timeline& timeline)
    : clock_(clock), array_(array), timeline_(timeline), clients_{{&fabric, &health}} {
  for (const Fault& fault : plan.faults) {
    entries_.push_back(std::make_unique<Entry>());
    entries_.back()->driver = this;
    entries_.back()->index = static_cast<uint32_t>(entries_.size() - 1);
    entries_.back()->fault = fault;
  }
}

FaultDriver::~FaultDriver() {
  clock_.cancel(transition_ended_);
  for (const auto& entry : entries_) {
    clock_.cancel(entry->begin_timer);
    clock_.cancel(entry->end_timer);
  }
}

void FaultDriver::start() {
  for (const auto& entry : entries_) {
    clock_.arm_after(entry->begin_timer, entry->fault.begin_ns);
  }
}

void FaultDriver::heal(bool keep_permanent) {
  for (const auto& entry : entries_) {
    const bool stays = keep_permanent && entry->fault.end_ns == UINT64_MAX;
    if (stays && entry->begin_timer.armed()) {
      clock_.cancel(entry->begin_timer);
      entry->begin();
    } else if (!stays) {
      clock_.cancel(entry->begin_timer);
      clock_.cancel(entry->end_timer);
    }
  }
  const std::vector<Fault> ending = active_;
  for (const Fault& fault : ending) {
    if (!keep_permanent || fault.end_ns != UINT64_MAX) {
      end(fault);
    }
  }
  for (uint32_t port = 0; port < paths(); ++port) {
    array_.port_faults(port) = {};
  }
  activate_some_group();
  if (transition_ends_ns_ >= clock_.now_ns()) {
    clock_.arm(transition_ended_, transition_ends_ns_ + 1);
  }
}

// Crashes, access changes and transitions that overlapped may have left no group active, which no
// array that is well stays like.
void FaultDriver::activate_some_group() {
  bool some_active = false;
  for (uint16_t group = 1; array_.groups().exists(group); ++group) {
    some_active |= array_.groups().state(group) == AccessState::active_optimized;
  }
  for (uint16_t group = 1; !some_active && array_.groups().exists(group); ++group) {
    static_cast<void>(array_.set_group_state(group, array_.groups().home_state(group)));
  }
  assess();
}

void FaultDriver::send_home() {
  for (uint16_t group = 1; array_.groups().exists(group); ++group) {
    static_cast<void>(array_.set_group_state(group, array_.groups().home_state(group)));
  }
  assess();
}

size_t FaultDriver::in_transit() const {
  size_t count = 0;
  for (const Client& client : clients_) {
    count += client.fabric->in_transit();
  }
  return count;
}

size_t FaultDriver::active() const {
  return active_.size();
}

bool FaultDriver::touches(const Fault& fault, uint32_t path) const {
  return is_controller_fault(fault.kind) ? array_.config().ports[path].controller == fault.on
                                         : fault.on == path;
}

bool FaultDriver::explicit_alua() const {
  return array_.config().alua == array::AluaMode::explicit_only ||
         array_.config().alua == array::AluaMode::both;
}

// A disk with several sessions down a path may lose all of them or one.
void FaultDriver::reset(const Fault& fault) {
  Fabric& fabric = *clients_.front().fabric;
  const uint64_t lane = fault.begin_ns % (fabric.lanes() + 1);
  if (lane == fabric.lanes() || fabric.lanes() == 1) {
    fabric.reset(fault.on);
  } else {
    fabric.reset(fault.on, static_cast<uint32_t>(lane));
  }
  for (size_t client = 0; client < clients_.size(); ++client) {
    if (client != 0 && concerns(fault, client)) {
      clients_[client].fabric->reset(fault.on);
    }
    clients_[client].health->shock(fault.on, clock_.now_ns());
  }
}

void FaultDriver::begin(const Fault& fault) {
  const bool lasts = fault.end_ns > fault.begin_ns;
  if (lasts) {
    active_.push_back(fault);
  }
  array::PortFaults* const port =
      is_controller_fault(fault.kind) ? nullptr : &array_.port_faults(fault.on);
  switch (fault.kind) {
    case FaultKind::reset:
      reset(fault);
      break;
    case FaultKind::controller_crash:
    case FaultKind::controller_mute:
      begin_controller(fault);
      break;
    case FaultKind::access_change:
      change_access(fault);
      break;
    case FaultKind::transition: {
      const auto group = static_cast<uint16_t>(fault.on + 1);
      static_cast<void>(array_.begin_transition(group, array_.groups().state(group),
                                                fault.end_ns - fault.begin_ns));
      transition_ends_ns_ =
          std::max(transition_ends_ns_, clock_.now_ns() + fault.end_ns - fault.begin_ns);
      break;
    }
    case FaultKind::busy:
      port->busy = fault.intensity;
      break;
    case FaultKind::task_set_full:
      port->task_set_full = fault.intensity;
      break;
    case FaultKind::transient_sense: {
      // Becoming ready; power on or reset as an abort; nexus loss seen late; parity error on the
      // wire; TASK ABORTED's sister.
      struct Sense {
        uint8_t key;
        uint16_t code;
      };
      static constexpr std::array<Sense, 4> kTransient = {
          {{0x2, 0x0401}, {0xb, 0x4400}, {0xb, 0x4703}, {0x6, 0x2900}}};
      const Sense& sense = kTransient[fault.intensity % kTransient.size()];
      port->sense_key = sense.key;
      port->sense_code = sense.code;
      port->sense_count = 1 + fault.intensity / 4;
      break;
    }
    case FaultKind::unit_attention: {
      static constexpr std::array<uint16_t, 4> kCodes = {0x2900, 0x2a06, 0x2a01, 0x3f0e};
      array_.attention_for_all(kCodes[fault.intensity % kCodes.size()], array::Array::kEveryLun);
      break;
    }
    default:
      break;
  }
  apply_links();
  assess();
}

void FaultDriver::end(const Fault& fault) {
  std::erase_if(active_, [&](const Fault& other) { return same(other, fault); });
  array::PortFaults* const port =
      is_controller_fault(fault.kind) ? nullptr : &array_.port_faults(fault.on);
  switch (fault.kind) {
    case FaultKind::controller_crash:
    case FaultKind::controller_mute:
      end_controller(fault);
      break;
    case FaultKind::access_change:
      for (uint16_t group = 1; array_.groups().exists(group); ++group) {
        if (array_.controller_alive(group - 1U)) {
          static_cast<void>(array_.set_group_state(group, array_.groups().home_state(group)));
        }
      }
      break;
    case FaultKind::busy:
      port->busy = 0;
      break;
    case FaultKind::task_set_full:
      port->task_set_full = 0;
      break;
    case FaultKind::transient_sense:
      port->sense_count = 0;
      break;
    default:
      break;
  }
  apply_links();
  assess();
}

void FaultDriver::begin_controller(const Fault& fault) {
  if (!array_.controller_alive(fault.on)) {
    return;
  }
  apply_links();
  array_.crash_controller(fault.on);
  for (uint32_t path = 0; path < paths(); ++path) {
    if (touches(fault, path)) {
      for (const Client& client : clients_) {
        client.fabric->target_died(path, fault.kind == FaultKind::controller_crash);
      }
    }
  }
  bool dark = true;
  for (unsigned controller = 0; controller < array_.config().controllers; ++controller) {
    dark = dark && !array_.controller_alive(controller);
  }
  if (dark && power_observer_ != nullptr) {
    power_observer_->on_power_lost();
  }
}

void FaultDriver::end_controller(const Fault& fault) {
  const bool still_down = std::any_of(active_.begin(), active_.end(), [&](const Fault& other) {
    return other.on == fault.on &&
           (other.kind == FaultKind::controller_crash || other.kind == FaultKind::controller_mute);
  });
  if (!still_down && !array_.controller_alive(fault.on)) {
    array_.restart_controller(fault.on);
  }
}

// One group gets a worse state; in every second fault another one becomes the optimized one
// instead.
void FaultDriver::change_access(const Fault& fault) {
  static constexpr std::array<AccessState, 4> kStates = {
      AccessState::standby, AccessState::active_nonoptimized, AccessState::unavailable,
      AccessState::standby};
  const auto group = static_cast<uint16_t>(fault.on + 1);
  static_cast<void>(array_.set_group_state(group, kStates[fault.intensity % kStates.size()]));
  const auto other = static_cast<uint16_t>(group == 1 ? 2 : 1);
  if (fault.intensity / 4 % 2 == 0 && array_.groups().exists(other) &&
      array_.controller_alive(other - 1U)) {
    static_cast<void>(array_.set_group_state(other, AccessState::active_optimized));
  }
}

// The switches of every link, from all that is going on.
void FaultDriver::apply_links() {
  for (size_t client = 0; client < clients_.size(); ++client) {
    for (uint32_t path = 0; path < paths(); ++path) {
      clients_[client].fabric->set_faults(path, links_of(client, path));
    }
  }
}

LinkFaults FaultDriver::links_of(size_t client, uint32_t path) const {
  LinkFaults faults;
  for (const Fault& fault : active_) {
    if (!touches(fault, path) || !concerns(fault, client)) {
      continue;
    }
    switch (fault.kind) {
      case FaultKind::drop_requests:
        faults.drop_requests_percent = std::max(faults.drop_requests_percent, fault.intensity);
        break;
      case FaultKind::drop_replies:
        faults.drop_replies_percent = std::max(faults.drop_replies_percent, fault.intensity);
        break;
      case FaultKind::delay:
        faults.extra_delay_ns =
            std::max(faults.extra_delay_ns, fault.intensity * 10 * kMillisecond);
        break;
      case FaultKind::refuse_logins:
        faults.refuse_logins = true;
        break;
      case FaultKind::black_hole_out:
        faults.hole_out = true;
        break;
      case FaultKind::black_hole_in:
        faults.hole_in = true;
        break;
      case FaultKind::black_hole_both:
        faults.hole_out = faults.hole_in = true;
        break;
      case FaultKind::freeze:
      case FaultKind::controller_freeze:
        faults.frozen = true;
        break;
      case FaultKind::controller_mute:
        faults.silent = true;
        break;
      default:
        break;
    }
  }
  return faults;
}

// Healthy: nothing is going on that touches the path, and its group accepts I/O or can be made to.
void FaultDriver::assess() {
  for (size_t client = 0; client < clients_.size(); ++client) {
    assess(client);
  }
}

void FaultDriver::assess(size_t client) {
  for (uint32_t path = 0; path < paths(); ++path) {
    bool healthy = array_.port_is_up(path);
    for (const Fault& fault : active_) {
      healthy = healthy && !(touches(fault, path) && concerns(fault, client));
    }
    const AccessState state = array_.groups().state(array_.group_of_port(path));
    const bool accepts = state == AccessState::active_optimized ||
                         state == AccessState::active_nonoptimized ||
                         (explicit_alua() && state == AccessState::standby);
    clients_[client].health->set(path, healthy && accepts, clock_.now_ns());
  }
}

}  // namespace sim
