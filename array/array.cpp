// The array's life: nexuses, tasks, ports and controllers. What a command does is in
// commands_*.cpp, whether it may run in access_check.cpp.
#include "array/array.h"

#include <algorithm>
#include <array>
#include <utility>

#include "array/access_check.h"
#include "array/commands.h"
#include "array/lies.h"
#include "scsi/luns.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace array {
namespace {

constexpr uint16_t kPowerOn = 0x2900;
constexpr uint16_t kBusDeviceReset = 0x2903;
constexpr uint16_t kNexusLoss = 0x2907;
constexpr uint16_t kAccessStateChanged = 0x2a06;
constexpr uint16_t kCapacityChanged = 0x2a09;
constexpr uint16_t kCommandsCleared = 0x2f00;
constexpr uint16_t kIdentifierChanged = 0x3f05;
// What a storm of unit attentions consists of, in turn.
constexpr std::array<uint16_t, 6> kStorm = {0x2900, 0x2a06, 0x3f0e, 0x2a09, 0x2907, 0x3f03};

bool validate(const Config& config, std::string& error) {
  if (config.ports.empty() || config.luns.empty()) {
    error = "an array needs at least one port and one LUN";
    return false;
  }
  if (config.luns.size() > 256 || config.controllers == 0 ||
      config.controllers > scsi::kMaxGroups) {
    error = "an array has 1 to 256 LUNs and 1 to 32 controllers";
    return false;
  }
  for (const PortConfig& port : config.ports) {
    if (port.controller >= config.controllers) {
      error = "a port belongs to controller " + std::to_string(port.controller) +
              ", but there are " + std::to_string(config.controllers);
      return false;
    }
  }
  return true;
}

}  // namespace

void HeldTask::on_time(void* context) {
  auto& held = *static_cast<HeldTask*>(context);
  held.array->resume(held);
}

std::unique_ptr<Array> Array::create(const Config& config, base::Scheduler& scheduler,
                                     std::string& error) {
  if (!validate(config, error)) {
    return nullptr;
  }
  std::unique_ptr<Array> array(new Array(config, scheduler));
  for (uint32_t number = 0; number < config.luns.size(); ++number) {
    auto lun = Lun::open(config, number, error);
    if (!lun) {
      return nullptr;
    }
    array->luns_.push_back(std::move(lun));
  }
  return array;
}

Array::Array(const Config& config, base::Scheduler& scheduler)
    : config_(config),
      scheduler_(scheduler),
      groups_(config_),
      ports_(config.ports.size()),
      controllers_(config.controllers) {}

Array::~Array() {
  scheduler_.cancel(transition_timer_);
  while (!nexuses_.empty()) {
    drop(*nexuses_.back());
  }
}

// ---- nexuses
// --------------------------------------------------------------------------------------------

Nexus* Array::login(unsigned port, const InitiatorPort& initiator, NexusOwner& owner) {
  if (port_state(port) == PortState::down || port_state(port) == PortState::frozen) {
    return nullptr;
  }
  uint16_t attention = kPowerOn;
  for (const auto& nexus : nexuses_) {
    if (nexus->port == port && nexus->initiator == initiator) {
      attention = kNexusLoss;
      end_nexus(*nexus, NexusEnd::reinstated);
      break;
    }
  }
  auto nexus = std::make_unique<Nexus>();
  nexus->id = next_nexus_id_++;
  nexus->port = port;
  nexus->initiator = initiator;
  nexus->owner = &owner;
  nexus->attentions.resize(luns_.size());
  for (AttentionQueue& queue : nexus->attentions) {
    queue.add(attention);
  }
  nexuses_.push_back(std::move(nexus));
  return nexuses_.back().get();
}

void Array::drop(Nexus& nexus) {
  abort_tasks(nexus, kEveryLun);
  for (const auto& lun : luns_) {
    lun->forget(nexus.id);
  }
  const auto found = std::find_if(nexuses_.begin(), nexuses_.end(),
                                  [&nexus](const auto& other) { return other.get() == &nexus; });
  nexuses_.erase(found);
}

void Array::end_nexus(Nexus& nexus, NexusEnd reason) {
  NexusOwner& owner = *nexus.owner;
  drop(nexus);
  owner.on_nexus_ended(reason);
}

void Array::end_nexuses_of_port(unsigned port, NexusEnd reason) {
  for (;;) {
    const auto found = std::find_if(nexuses_.begin(), nexuses_.end(),
                                    [port](const auto& nexus) { return nexus->port == port; });
    if (found == nexuses_.end()) {
      return;
    }
    end_nexus(**found, reason);
  }
}

// Aborts the held tasks of the nexus for one LUN number (or all), unexecuted.
void Array::abort_tasks(Nexus& nexus, size_t lun) {
  std::vector<Task*> aborted;
  for (auto held = nexus.held.begin(); held != nexus.held.end();) {
    const auto number = scsi::decode_lun(held->task->lun);
    if (lun == kEveryLun || (number && *number == lun)) {
      scheduler_.cancel(held->timer);
      aborted.push_back(held->task);
      held = nexus.held.erase(held);
    } else {
      ++held;
    }
  }
  for (Task* task : aborted) {
    task->aborted = true;
    task->done(*task);
  }
}

size_t Array::task_count() const {
  size_t count = 0;
  for (const auto& nexus : nexuses_) {
    count += nexus->held.size();
  }
  return count;
}

// ---- tasks
// ------------------------------------------------------------------------------------------------

void Array::submit(Task& task) {
  const PortFaults& faults = ports_[task.nexus->port].faults;
  const bool frozen = controllers_[config_.ports[task.nexus->port].controller].frozen;
  if (!frozen && faults.delay_ns == 0) {
    return execute(task);
  }
  HeldTask& held = task.nexus->held.emplace_back();
  held.task = &task;
  held.array = this;
  held.until_thaw = frozen;
  if (!frozen) {
    scheduler_.arm_after(held.timer, faults.delay_ns);
  }
}

// The delay of a held task is over. Should its controller be frozen by now, it goes on waiting.
void Array::resume(HeldTask& held) {
  Task& task = *held.task;
  Nexus& nexus = *task.nexus;
  if (controllers_[config_.ports[nexus.port].controller].frozen) {
    held.until_thaw = true;
    return;
  }
  const bool executed = held.executed;
  nexus.held.remove_if([&held](const HeldTask& other) { return &other == &held; });
  executed ? task.done(task) : execute(task);
}

bool Array::inject_fault(Task& task) {
  PortFaults& faults = ports_[task.nexus->port].faults;
  if (take_one(faults.busy)) {
    task.status = scsi::kBusy;
  } else if (take_one(faults.task_set_full)) {
    task.status = scsi::kTaskSetFull;
  } else if (take_one(faults.sense_count)) {
    end_check(task, faults.sense_key, faults.sense_code);
  } else if (take_one(faults.attentions)) {
    end_check(task, scsi::kUnitAttention, kStorm[faults.attentions % kStorm.size()]);
  } else if (take_one(faults.sense_lies)) {
    end_with_malformed_sense(faults.sense_lie, task);
  } else {
    return false;
  }
  return true;
}

void Array::execute(Task& task) {
  task.aborted = false;
  task.status = scsi::kGood;
  task.sense_bytes = 0;
  task.data_in.clear();
  Context context{*this, *task.nexus, find_lun(task.lun), task};
  const CommandRow* row = find_command(context);
  if (row != nullptr && ((row->properties & kSkipsAttention) != 0 || !inject_fault(task)) &&
      may_execute(context, *row)) {
    row->execute(context);
  }
  if (task.sense_bytes != 0 && context.lun != nullptr && context.lun->modes().descriptor_sense()) {
    to_descriptor_sense(task);
  }
  lie_about_pages(ports_[task.nexus->port].faults, task);
  answer(task);
}

// The task has been executed; its response goes out now, later, or never.
void Array::answer(Task& task) {
  PortFaults& faults = ports_[task.nexus->port].faults;
  task.drop_reply = take_one(faults.drop_replies);
  task.bad_digest = take_one(faults.bad_digests);
  if (!take_one(faults.delayed_replies)) {
    return task.done(task);
  }
  HeldTask& held = task.nexus->held.emplace_back();
  held.task = &task;
  held.array = this;
  held.executed = true;
  scheduler_.arm_after(held.timer, faults.reply_delay_ns);
}

FunctionResponse Array::manage(Nexus& nexus, TaskFunction function, uint64_t lun, uint64_t tag) {
  Lun* const unit = find_lun(lun);
  const bool needs_lun =
      function != TaskFunction::target_warm_reset && function != TaskFunction::target_cold_reset;
  if (needs_lun && unit == nullptr) {
    return FunctionResponse::no_such_lun;
  }
  switch (function) {
    case TaskFunction::abort_task: {
      const auto found =
          std::find_if(nexus.held.begin(), nexus.held.end(),
                       [tag](const HeldTask& held) { return held.task->tag == tag; });
      if (found == nexus.held.end()) {
        return FunctionResponse::no_such_task;
      }
      Task& task = *found->task;
      scheduler_.cancel(found->timer);
      nexus.held.erase(found);
      task.aborted = true;
      task.done(task);
      break;
    }
    case TaskFunction::abort_task_set:
      abort_tasks(nexus, unit->number());
      break;
    case TaskFunction::clear_task_set:
    case TaskFunction::logical_unit_reset:
      for (const auto& other : nexuses_) {
        abort_tasks(*other, unit->number());
      }
      if (function == TaskFunction::logical_unit_reset) {
        unit->reset();
      }
      attention_for_all(
          function == TaskFunction::clear_task_set ? kCommandsCleared : kBusDeviceReset,
          unit->number(), function == TaskFunction::clear_task_set ? &nexus : nullptr);
      break;
    case TaskFunction::target_warm_reset:
    case TaskFunction::target_cold_reset:
      for (const auto& other : nexuses_) {
        abort_tasks(*other, kEveryLun);
      }
      for (const auto& each : luns_) {
        each->reset();
      }
      attention_for_all(kBusDeviceReset, kEveryLun);
      break;
  }
  return FunctionResponse::complete;
}

void Array::attention_for_all(uint16_t code, size_t lun, const Nexus* except) {
  for (const auto& nexus : nexuses_) {
    if (nexus.get() == except) {
      continue;
    }
    for (size_t i = 0; i < nexus->attentions.size(); ++i) {
      if (lun == kEveryLun || lun == i) {
        nexus->attentions[i].add(code);
      }
    }
  }
}

// ---- ports and controllers
// -------------------------------------------------------------------------------

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
  announce_access_change();
}

void Array::restart_controller(unsigned controller) {
  if (controllers_[controller].alive) {
    return;
  }
  change_ports([&] { controllers_[controller].alive = true; });
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

// ---- access states
// ------------------------------------------------------------------------------------------

void Array::announce_access_change() {
  if (config_.alua != AluaMode::none) {
    attention_for_all(kAccessStateChanged, kEveryLun);
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
  attention_for_all(kAccessStateChanged, kEveryLun, &sender);
}

void Array::end_stuck_transitions() {
  for (uint16_t id = 1; groups_.exists(id); ++id) {
    const bool ends_by_itself = transition_timer_.armed() && transition_group_ == id;
    if (groups_.state(id) == scsi::AccessState::transitioning && !ends_by_itself) {
      static_cast<void>(set_group_state(id, groups_.home_state(id)));
    }
  }
}

// ---- LUNs
// ---------------------------------------------------------------------------------------------------

Lun* Array::find_lun(uint64_t raw) {
  const auto number = scsi::decode_lun(raw);
  return number && *number < luns_.size() ? luns_[*number].get() : nullptr;
}

base::Status Array::resize_lun(size_t index, uint64_t size_bytes) {
  if (index >= luns_.size()) {
    return {base::Code::not_found, "no such LUN"};
  }
  if (size_bytes == 0 || size_bytes % luns_[index]->block_bytes() != 0) {
    return {base::Code::invalid_argument, "the size must be a multiple of the block size"};
  }
  if (!luns_[index]->resize(size_bytes)) {
    return {base::Code::io_error, "the backing store cannot be resized"};
  }
  attention_for_all(kCapacityChanged, index);
  return {};
}

void Array::change_identity(size_t index) {
  luns_[index]->change_identity();
  attention_for_all(kIdentifierChanged, index);
}

void Array::note_write(const Lun& lun, uint64_t lba, uint64_t blocks, const Nexus& nexus) {
  if (journal_ != nullptr) {
    journal_->on_write(lun.number(), lba, blocks, nexus, scheduler_.now_ns());
  }
}

}  // namespace array
