// See dsm_host.h.
#include "mpio/dsm_host.h"

#include <algorithm>
#include <utility>

namespace mpio {

// A command of the DSM's own.
struct DsmHost::Command {
  DsmHost* host = nullptr;
  LinkCommand link;
  IoSlice slice;
  std::vector<uint8_t> data;
  dsm::LunId lun = 0;
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

DsmHost::DsmHost(const DiskConfig& config, base::Scheduler& scheduler, DsmHostOwner& owner)
    : scheduler_(scheduler), owner_(owner), module_(config_) {
  config_.default_policy = config.policy;
}

DsmHost::~DsmHost() {
  scheduler_.cancel(timer_);
  scheduler_.cancel(unsent_timer_);
}

std::string DsmHost::join(dsm::PathId path, dsm::NexusId nexus, const dsm::ClaimResult& claim,
                          std::string_view name) {
  auto new_lun = std::make_unique<dsm::Lun>();
  auto new_lanes = std::make_unique<dsm::Lane[]>(1);
  auto new_path = std::make_unique<dsm::Path>();
  auto new_nexus = std::make_unique<dsm::Nexus>();
  const dsm::Arrival arrival{.claim = &claim,
                             .spare_lun_id = 1,
                             .spare_lun = new_lun.get(),
                             .lanes = new_lanes.get(),
                             .path = new_path.get(),
                             .nexus = new_nexus.get(),
                             .nexus_name = name};
  luns_[new_lun.get()] = std::move(new_lun);
  lanes_[new_lanes.get()] = std::move(new_lanes);
  paths_[new_path.get()] = std::move(new_path);
  nexuses_[new_nexus.get()] = std::move(new_nexus);
  refusal_.clear();
  on(dsm::event::nexus_arrived(now(), nexus, path, arrival));
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
  run_pending();
}

void DsmHost::run(const dsm::Event& event) {
  dsm::Actions actions;
  dsm::Progress progress = module_.on(event, actions);
  carry_out(actions);
  while (progress == dsm::Progress::more) {
    actions.clear();
    progress = module_.resume(event.now, actions);
    carry_out(actions);
  }
}

void DsmHost::run_pending() {
  while (!pending_.empty()) {
    const dsm::Event event = pending_.front();
    pending_.pop_front();
    run(event);
  }
}

void DsmHost::path_event(dsm::EventKind kind, dsm::PathId path) {
  on(dsm::event::of_path(kind, now(), path));
}

void DsmHost::nexus_event(dsm::EventKind kind, dsm::NexusId nexus) {
  on(dsm::event::of_nexus(kind, now(), nexus));
}

dsm::OperationId DsmHost::start(dsm::Operation operation) {
  operation.id = ++last_operation_;
  on(dsm::event::start(now(), operation));
  return last_operation_;
}

dsm::Verdict DsmHost::interpret(dsm::Nexus& nexus, const dsm::Completion& completion) {
  dsm::Actions actions;
  const dsm::Verdict verdict = module_.interpret(nexus, completion, actions);
  carry_out(actions);
  run_pending();
  return verdict;
}

void DsmHost::complete(dsm::Token& token) {
  const dsm::LunId lun = token.lun->id;
  if (dsm::complete(token) == dsm::CompleteResult::slot_idle) {
    on(dsm::event::of_lun(dsm::EventKind::slot_idle, now(), lun));
  }
}

void DsmHost::carry_out(const dsm::Actions& actions) {
  busy_ = true;
  for (const dsm::Action& action : actions) {
    carry_out_one(action);
  }
  busy_ = false;
}

void DsmHost::carry_out_one(const dsm::Action& action) {
  switch (action.kind) {
    case dsm::ActionKind::joined:
      lun_ = action.lun_object;
      break;
    case dsm::ActionKind::refused:
      refusal_ = action.status.message();
      break;
    case dsm::ActionKind::send:
      send(action);
      break;
    case dsm::ActionKind::throttle:
    case dsm::ActionKind::resume:
      owner_.on_plan_changed();
      break;
    case dsm::ActionKind::arm_timer:
      scheduler_.arm(timer_, action.due);
      break;
    case dsm::ActionKind::cancel_timer:
      scheduler_.cancel(timer_);
      break;
    case dsm::ActionKind::synchronise_lanes:
      on(dsm::event::of_lun(dsm::EventKind::lanes_synchronised, now(), action.lun));
      break;
    case dsm::ActionKind::drained:
      break;
    case dsm::ActionKind::release:
      lun_ = action.storage == lun_ ? nullptr : lun_;
      luns_.erase(action.storage);
      lanes_.erase(action.storage);
      paths_.erase(action.storage);
      nexuses_.erase(action.storage);
      break;
    case dsm::ActionKind::op_done:
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

void DsmHost::send(const dsm::Action& action) {
  if (idle_.empty()) {
    commands_.push_back(std::make_unique<Command>());
    idle_.push_back(commands_.back().get());
  }
  Command& command = *idle_.back();
  idle_.pop_back();
  command.host = this;
  command.lun = action.lun;
  command.nexus = action.nexus;
  command.id = action.send.id;
  command.link = {};
  TransportCommand& transport = command.link.transport;
  transport.cdb = action.send.cdb;
  if (action.send.data_in_capacity != 0) {
    transport.direction = Direction::from_target;
    command.data.assign(action.send.data_in_capacity, 0);
  } else {
    transport.direction = action.send.data_out_bytes != 0 ? Direction::to_target : Direction::none;
    command.data.assign(action.send.data_out.begin(),
                        action.send.data_out.begin() + action.send.data_out_bytes);
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
  if (link != nullptr && link->up()) {
    link->submit(command.link);
  } else {
    transport.delivery = Delivery::not_sent;
    unsent_.push_back(&command);
    scheduler_.defer(unsent_timer_);
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
  const bool has_data = transport.direction == Direction::from_target;
  // The DSM may ask for another command at once: this one is put back only afterwards.
  on(dsm::event::command_done(
      now(), command.lun, command.nexus,
      {.id = command.id,
       .outcome = outcome_of(transport.delivery),
       .scsi_status = transport.scsi_status,
       .sense = {transport.sense.data(), transport.sense_bytes},
       .data_in = has_data ? base::Bytes(command.data).first(command.data.size() - residual)
                           : base::Bytes()}));
  idle_.push_back(&command);
}

void DsmHost::on_timer() {
  if (lun_ != nullptr) {
    on(dsm::event::of_lun(dsm::EventKind::timer, now(), lun_->id));
  }
}

}  // namespace mpio
