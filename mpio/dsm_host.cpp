// See dsm_host.h.
#include "mpio/dsm_host.h"

#include <algorithm>
#include <array>
#include <utility>

#include "dsm/trace/feed.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace mpio {

// A command of the DSM's own.
struct DsmHost::Command {
  DsmHost* host = nullptr;
  LinkCommand link;
  IoSlice slice;
  std::vector<uint8_t> data;
  dsm::LunId lun = 0;
  dsm::PathId path = 0;
  dsm::NexusId nexus = 0;
  dsm::CommandId id = 0;
};

dsm::TransportOutcome outcome_of(Delivery delivery) {
  switch (delivery) {
    case Delivery::delivered:
      return dsm::TransportOutcome::delivered;
    case Delivery::link_lost:
      return dsm::TransportOutcome::connection_lost;
    case Delivery::dropped:
      return dsm::TransportOutcome::silent;
    case Delivery::not_sent:
      return dsm::TransportOutcome::not_sent;
  }
  return dsm::TransportOutcome::other;
}

DsmHost::DsmHost(const DiskConfig& config, unsigned lanes, Loop& control, DsmHostOwner& owner)
    : control_(control),
      owner_(owner),
      config_(config.dsm),
      records_picks_(config.trace_picks && config.trace.write != nullptr),
      module_(config_) {
  config_.lane_count = lanes;
  config_.statistics = false;  // the disk counts by path, over all its nexuses, and with latencies
  if (config.trace.write != nullptr) {
    recorder_.start(config.trace, config_, "dsmkit disk", now(), true);
  }
}

DsmHost::~DsmHost() {
  control_.cancel(timer_);
  control_.cancel(unsent_timer_);
}

// --- events in
// ----------------------------------------------------------------------------------------

std::string DsmHost::join(dsm::PathId path, dsm::NexusId nexus, const dsm::ClaimResult& claim,
                          std::string_view name, const dsm::ArrivalSettings& settings) {
  const auto keep = [this]<typename T>(T* made) {
    storage_[made] = std::shared_ptr<T>(made);
    return made;
  };
  dsm::Lane* const lanes = new dsm::Lane[config_.lane_count];
  storage_[lanes] = std::shared_ptr<dsm::Lane[]>(lanes);
  const dsm::Arrival arrival{.claim = &claim,
                             .spare_lun_id = 1,
                             .spare_lun = keep(new dsm::Lun),
                             .lanes = lanes,
                             .path = keep(new dsm::Path),
                             .nexus = keep(new dsm::Nexus),
                             .nexus_name = name,
                             .settings = settings};
  refusal_.clear();
  joining_ = nexus;
  on(dsm::event::nexus_arrived(now(), nexus, path, arrival));
  joining_ = 0;
  return refusal_;
}

void DsmHost::on(const dsm::Event& event) {
  if (busy_) {
    // Events with views into somebody's memory come from the transports, never from an action.
    BASE_ASSERT(event.kind != dsm::EventKind::nexus_arrived &&
                event.kind != dsm::EventKind::command_done);
    pending_.push_back(event);
    return;
  }
  run(event);
  carry_out_all();
}

void DsmHost::ask(unsigned lane, const dsm::Event& event) {
  if (lane == 0) {
    on(event);
    return;
  }
  run(event);
  hand_over(lane);
}

void DsmHost::run(const dsm::Event& event) {
  const std::lock_guard lock(mutex_);
  scratch_.clear();
  dsm::Progress progress = dsm::trace::on(module_, recorder_, event, scratch_);
  take_actions();
  while (progress == dsm::Progress::more) {
    scratch_.clear();
    progress = dsm::trace::resume(module_, recorder_, event.now, scratch_);
    take_actions();
  }
  publish();
}

void DsmHost::record_pick(unsigned lane, const dsm::Lun& lun, const dsm::Pick& pick) {
  const std::lock_guard lock(mutex_);
  recorder_.picked(now(), {.lun = lun.id,
                           .lane = static_cast<uint16_t>(lane),
                           .slot = static_cast<uint8_t>(pick.slot),
                           .word = pick.word});
}

void DsmHost::take_actions() {
  to_do_.insert(to_do_.end(), scratch_.begin(), scratch_.end());
}

// The lanes cannot look into the plan: it is guarded.
void DsmHost::publish() {
  const dsm::Lun* lun = lun_.load(std::memory_order_relaxed);
  const bool not_yet = lun != nullptr && lun->plan.cannot_serve_yet;
  cannot_serve_yet_.store(not_yet, std::memory_order_release);
  serves_.store(lun != nullptr && lun->candidates() != 0 && !not_yet, std::memory_order_release);
}

bool DsmHost::knows_path(dsm::PathId path) const {
  const auto lock = hold();
  return module_.find_path(path) != nullptr;
}

void DsmHost::path_event(dsm::EventKind kind, dsm::PathId path) {
  on(dsm::event::of_path(kind, now(), path));
}

void DsmHost::path_failed(unsigned lane, dsm::PathId path) {
  ask(lane, dsm::event::of_path(dsm::EventKind::path_failed, now(), path));
}

void DsmHost::nexus_event(dsm::EventKind kind, dsm::NexusId nexus) {
  on(dsm::event::of_nexus(kind, now(), nexus));
}

void DsmHost::attention(dsm::NexusId id, uint16_t code) {
  std::array<uint8_t, 18> sense{};
  static_cast<void>(scsi::encode_fixed_sense(sense, scsi::make_sense(scsi::kUnitAttention, code)));
  dsm::Nexus* nexus = nullptr;
  {
    const auto lock = hold();
    nexus = module_.find_nexus(id);
  }
  // The control thread is the one that lets it go.
  if (nexus != nullptr) {
    static_cast<void>(
        interpret(0, *nexus, {.scsi_status = scsi::kCheckCondition, .sense = sense, .now = now()}));
  }
}

dsm::OperationId DsmHost::start(dsm::Operation operation) {
  operation.id = ++last_operation_;
  on(dsm::event::start(now(), operation));
  return last_operation_;
}

void DsmHost::start(dsm::Operation operation, std::vector<uint8_t> parameter_list) {
  parameter_lists_[next_operation()] = std::move(parameter_list);
  start(operation);
}

base::Status DsmHost::check_settings(dsm::LunId lun, const dsm::PolicySettings& settings) const {
  const auto lock = hold();
  return module_.check_settings(lun, settings);
}

dsm::Verdict DsmHost::interpret(unsigned lane, dsm::Nexus& nexus,
                                const dsm::Completion& completion) {
  dsm::Verdict verdict;
  {
    const std::lock_guard lock(mutex_);
    scratch_.clear();
    verdict = dsm::trace::interpret(module_, recorder_, nexus, completion, scratch_);
    ++rule_counts_[verdict.row];
    take_actions();
    publish();
  }
  hand_over(lane);
  return verdict;
}

std::vector<RuleCount> DsmHost::rule_counts() const {
  std::vector<RuleCount> counts;
  const auto lock = hold();
  for (const auto& [row, count] : rule_counts_) {
    const bool builtin = row >= dsm::kBuiltinRowBase;
    const dsm::ErrorRow& rule =
        builtin ? dsm::builtin_rows()[row - dsm::kBuiltinRowBase] : config_.vendor_rows[row];
    counts.push_back({rule.name, !builtin, count});
  }
  return counts;
}

bool DsmHost::begin_on_path(dsm::Token& token, unsigned lane, dsm::PathId path) {
  const std::lock_guard lock(mutex_);
  const dsm::Lun* leads_to = lun();
  return leads_to != nullptr && module_.begin_on_path(token, leads_to->id, lane, path).ok();
}

void DsmHost::complete(unsigned lane, dsm::Token& token) {
  const dsm::LunId lun = token.lun->id;
  if (dsm::complete(token) == dsm::CompleteResult::slot_idle) {
    ask(lane, dsm::event::of_lun(dsm::EventKind::slot_idle, now(), lun));
  }
}

// --- actions out
// --------------------------------------------------------------------------------------

// Lane 0 is the control thread; the others send for it.
void DsmHost::hand_over(unsigned lane) {
  if (lane == 0) {
    carry_out_all();
    return;
  }
  if (told_control_.exchange(true, std::memory_order_acq_rel)) {
    return;
  }
  control_.post([this, alive = std::weak_ptr(alive_)] {
    if (alive.lock() != nullptr) {
      told_control_.store(false, std::memory_order_release);
      carry_out_all();
    }
  });
}

bool DsmHost::next_action(dsm::Action& action) {
  const std::lock_guard lock(mutex_);
  if (to_do_.empty()) {
    return false;
  }
  action = to_do_.front();
  to_do_.pop_front();
  return true;
}

void DsmHost::carry_out_all() {
  if (busy_) {
    return;  // further out on the stack it goes on
  }
  for (;;) {
    busy_ = true;
    for (dsm::Action action; next_action(action);) {
      carry_out_one(action);
    }
    busy_ = false;
    if (pending_.empty()) {
      return;
    }
    const dsm::Event event = pending_.front();
    pending_.pop_front();
    run(event);
  }
}

void DsmHost::carry_out_one(const dsm::Action& action) {
  switch (action.kind) {
    case dsm::ActionKind::joined: {
      const auto lock = hold();
      lun_.store(action.lun_object, std::memory_order_release);
      publish();
      break;
    }
    case dsm::ActionKind::refused:
      if (action.nexus == joining_) {
        refusal_ = action.status.message();
      }
      break;
    case dsm::ActionKind::send:
      send(action);
      break;
    case dsm::ActionKind::throttle:
    case dsm::ActionKind::resume:
      owner_.on_plan_changed();
      break;
    case dsm::ActionKind::arm_timer:
      control_.arm(timer_, action.due);
      break;
    case dsm::ActionKind::cancel_timer:
      control_.cancel(timer_);
      break;
    case dsm::ActionKind::synchronise_lanes:
      owner_.after_all_lanes([this, lun = action.lun] {
        on(dsm::event::of_lun(dsm::EventKind::lanes_synchronised, now(), lun));
      });
      break;
    case dsm::ActionKind::drained:
      owner_.on_nexus_drained(action.path);
      break;
    case dsm::ActionKind::mistrust_path:
      owner_.on_mistrusted(action.path);
      break;
    case dsm::ActionKind::release:
      release(action);
      break;
    case dsm::ActionKind::op_done:
      parameter_lists_.erase(action.result.id);
      owner_.on_operation_done(action.result);
      break;
    case dsm::ActionKind::report:
      if (action.report.what == dsm::ReportWhat::candidates) {
        owner_.on_plan_changed();
      }
      owner_.on_report(action);
      break;
  }
}

// A lane may be looking at a LUN that the DSM has let go of; paths and nexuses it sees only while
// it has a command counted there.
void DsmHost::release(const dsm::Action& action) {
  if (action.storage == lun()) {
    lun_.store(nullptr, std::memory_order_release);
    const auto lock = hold();
    publish();
  }
  auto node = storage_.extract(action.storage);
  if (!node.empty() &&
      (action.released == dsm::Released::lun || action.released == dsm::Released::lanes)) {
    owner_.after_all_lanes([kept = std::move(node.mapped())] {});
  }
}

void DsmHost::send(const dsm::Action& action) {
  if (idle_.empty()) {
    commands_.push_back(std::make_unique<Command>());
    idle_.push_back(commands_.back().get());
  }
  Command& command = *idle_.back();
  idle_.pop_back();
  command.host = this;
  command.lun = action.lun;
  command.path = action.path;
  command.nexus = action.nexus;
  command.id = action.send.id;
  command.link = {};
  TransportCommand& transport = command.link.transport;
  transport.cdb = action.send.cdb;
  const auto list = parameter_lists_.find(action.send.data_of_operation);
  const bool list_is_gone = action.send.data_of_operation != 0 && list == parameter_lists_.end();
  if (action.send.data_in_capacity != 0) {
    transport.direction = Direction::from_target;
    command.data.assign(action.send.data_in_capacity, 0);
  } else {
    if (list != parameter_lists_.end()) {
      command.data = list->second;
    } else {
      command.data.assign(action.send.data_out.begin(),
                          action.send.data_out.begin() + action.send.data_out_bytes);
    }
    transport.direction = command.data.empty() ? Direction::none : Direction::to_target;
  }
  command.slice = {command.data.data(), command.data.size()};
  if (!command.data.empty()) {
    transport.slices = {&command.slice, 1};
    transport.length_bytes = static_cast<uint32_t>(command.data.size());
  }
  command.link.deadline_ns = uint64_t{action.send.deadline_ms} * 1'000'000;
  command.link.owner = &command;
  command.link.done = [](LinkCommand& link) {
    Command& done = *static_cast<Command*>(link.owner);
    done.host->on_command_done(done);
  };
  PathLink* link = owner_.link_of_path(action.path);
  if (link != nullptr && link->up() && !list_is_gone) {
    link->submit(command.link);
  } else {
    transport.delivery = Delivery::not_sent;
    unsent_.push_back(&command);
    control_.defer(unsent_timer_);
  }
}

void DsmHost::deliver_unsent() {
  for (std::deque<Command*> unsent = std::exchange(unsent_, {}); !unsent.empty();) {
    Command& command = *unsent.front();
    unsent.pop_front();
    on_command_done(command);
  }
}

void DsmHost::on_command_done(Command& command) {
  const TransportCommand& transport = command.link.transport;
  const size_t residual = std::min<size_t>(transport.residual_bytes, command.data.size());
  const base::Bytes sense{transport.sense.data(), transport.sense_bytes};
  if (transport.delivery == Delivery::delivered) {
    if (const Attention attention = attention_of(transport.scsi_status, sense);
        attention != Attention::none) {
      owner_.on_attention(command.path, attention);
    }
  }
  const bool has_data = transport.direction == Direction::from_target;
  // The DSM may ask for another command at once: this one is put back only afterwards.
  on(dsm::event::command_done(
      now(), command.lun, command.nexus,
      {.id = command.id,
       .outcome = outcome_of(transport.delivery),
       .scsi_status = transport.scsi_status,
       .sense = sense,
       .data_in = has_data ? base::Bytes(command.data).first(command.data.size() - residual)
                           : base::Bytes()}));
  idle_.push_back(&command);
}

void DsmHost::on_timer() {
  if (const dsm::Lun* lun = this->lun()) {
    on(dsm::event::of_lun(dsm::EventKind::timer, now(), lun->id));
  }
}

}  // namespace mpio
