// See nexus.h.
#include "io/front/nexus.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "scsi/luns.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace io::front {
namespace {

// ABORTED COMMAND: hosts try again, and not for ever.
constexpr uint16_t kCommunicationFailure = 0x0800;
constexpr uint16_t kCommunicationTimeOut = 0x0801;
constexpr uint16_t kInvalidOpcode = 0x2000;

// The target has said nothing that is for the client.
void end_unanswered(iscsi::Task& task, int error) {
  switch (error) {
    case EOPNOTSUPP:
      return iscsi::end_check(task, scsi::kIllegalRequest, kInvalidOpcode);
    case ETIMEDOUT:
      return iscsi::end_check(task, scsi::kAbortedCommand, kCommunicationTimeOut);
    default:
      return iscsi::end_check(task, scsi::kAbortedCommand, kCommunicationFailure);
  }
}

}  // namespace

NexusWork::NexusWork(std::unique_ptr<BackEnd> back_end, Place place, uint16_t attention,
                     NexusWorkOwner& owner)
    : back_end_(std::move(back_end)),
      place_(std::move(place)),
      attention_(attention),
      owner_(owner) {}

NexusWork::~NexusWork() {
  abandoned_ = true;
  phase_ = Phase::finished;
  back_end_.reset();  // requests come back from inside
}

void NexusWork::start() {
  phase_ = Phase::starting;
  back_end_->start([this](const std::string& error) { on_started(error); });
}

void NexusWork::on_started(const std::string& error) {
  if (phase_ != Phase::starting) {
    return;  // it was abandoned meanwhile
  }
  if (!error.empty()) {
    phase_ = Phase::failed;
    return owner_.on_work_failed(*this, error);
  }
  phase_ = Phase::serving;
  for (const Function& function : std::exchange(functions_, {})) {
    ask_array(function);
  }
  send_waiting();
}

void NexusWork::send_waiting() {
  if (phase_ != Phase::serving || owner_.unit_is_being_released()) {
    return;
  }
  for (Pending& pending : pending_) {
    if (!pending.sent) {
      send(pending);
    }
  }
}

void NexusWork::submit(iscsi::Task& task) {
  if (phase_ == Phase::serving && attention_ == 0) {
    attention_ = back_end_->scsi().take_attention();
  }
  if (answer_here(task, attention_)) {
    return task.done(task);
  }
  Pending& pending = pending_.emplace_back();
  pending.work = this;
  pending.task = &task;
  prepare(pending);
  if (phase_ == Phase::serving && !owner_.unit_is_being_released()) {
    send(pending);
  }
}

void NexusWork::prepare(Pending& pending) {
  iscsi::Task& task = *pending.task;
  const WholeAnswer whole =
      pending.as_it_came ? WholeAnswer{.cdb = task.cdb} : whole_answer_for(task.cdb);
  mpio::ScsiRequest& request = pending.request;
  request = {};
  request.cdb = whole.cdb;
  if (!task.data_out.empty()) {
    request.direction = mpio::Direction::to_target;
    // The interface moves data both ways; what goes to the target is only read.
    pending.slice = {const_cast<uint8_t*>(task.data_out.data()), task.data_out.size()};
  } else if (whole.bytes != 0 || task.data_in_bytes != 0) {
    request.direction = mpio::Direction::from_target;
    pending.data = std::move(task.data_in);
    pending.data.resize(whole.bytes != 0 ? whole.bytes : task.data_in_bytes);
    pending.slice = {pending.data.data(), pending.data.size()};
  }
  request.length_bytes = static_cast<uint32_t>(pending.slice.size_bytes);
  if (request.length_bytes != 0) {
    request.slices = {&pending.slice, 1};
  }
  request.owner = &pending;
  request.done = [](mpio::ScsiRequest& done) {
    auto& ended = *static_cast<Pending*>(done.owner);
    ended.work->finish(ended);
  };
}

void NexusWork::send(Pending& pending) {
  pending.sent = true;
  back_end_->scsi().submit(pending.request);
}

// The response to a task goes ahead of that to a function that waited for it.
void NexusWork::finish(Pending& pending) {
  iscsi::Task* const task = pending.task;
  if (task != nullptr && needs_its_own_words(pending)) {
    pending.as_it_came = true;
    prepare(pending);
    return send(pending);
  }
  if (task != nullptr) {
    answer(pending);
  }
  const std::list<Waiter> ready = take_ready_waiters(pending);
  drop(pending);
  if (task != nullptr) {
    task->done(*task);
  }
  for (const Waiter& waiter : ready) {
    if (!abandoned_) {
      waiter.respond(waiter.response);
    }
  }
  stop_when_idle();
}

// READ KEYS was asked as READ FULL STATUS, which not every array knows.
bool NexusWork::needs_its_own_words(const Pending& pending) {
  const mpio::ScsiRequest& request = pending.request;
  if (pending.as_it_came || request.error != 0 || !tells_registrations(pending.task->cdb)) {
    return false;
  }
  if (request.scsi_status == scsi::kCheckCondition) {
    const base::Bytes sense = base::Bytes(request.sense).first(request.sense_bytes);
    return scsi::decode_sense(sense).key == scsi::kIllegalRequest;
  }
  const base::Bytes data =
      base::Bytes(pending.data).first(pending.data.size() - request.residual_bytes);
  return request.scsi_status == scsi::kGood &&
         !tell_registrations(pending.task->cdb, data, [](auto...) { return std::nullopt; });
}

void NexusWork::answer(Pending& pending) {
  iscsi::Task& task = *pending.task;
  const mpio::ScsiRequest& request = pending.request;
  if (request.error != 0) {
    return end_unanswered(task, request.error);
  }
  task.status = request.scsi_status;
  task.sense_bytes = static_cast<uint8_t>(request.sense_bytes);
  std::copy_n(request.sense.begin(), request.sense_bytes, task.sense.begin());
  if (request.direction == mpio::Direction::from_target) {
    pending.data.resize(pending.data.size() - request.residual_bytes);
    if (request.scsi_status == scsi::kGood && !pending.as_it_came) {
      make_data_in(pending);
    }
    task.data_in = std::move(pending.data);
  }
  if (request.direction != mpio::Direction::to_target) {
    task.data_in_beyond = request.overflow_bytes;
  }
}

void NexusWork::make_data_in(Pending& pending) {
  const scsi::Cdb& cdb = pending.task->cdb;
  if (tells_registrations(cdb)) {
    auto told = tell_registrations(
        cdb, pending.data,
        [this](std::string_view name, const Isid& isid) { return owner_.find_nexus(name, isid); });
    pending.data = std::move(*told);
  }
  adjust(cdb, place_, pending.data);
}

// The oldest end first, as a rule.
void NexusWork::drop(const Pending& pending) {
  pending_.erase(std::find_if(pending_.begin(), pending_.end(),
                              [&pending](const Pending& other) { return &other == &pending; }));
}

// Those that wait for it and nothing else.
std::list<NexusWork::Waiter> NexusWork::take_ready_waiters(const Pending& pending) {
  std::list<Waiter> ready;
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    const auto next = std::next(waiter);
    std::erase(waiter->open, &pending);
    if (waiter->open.empty()) {
      ready.splice(ready.end(), waiters_, waiter);
    }
    waiter = next;
  }
  return ready;
}

// Comes back without an answer. What the array may have goes on, with the data it needs.
void NexusWork::abort(Pending& pending) {
  iscsi::Task& task = *std::exchange(pending.task, nullptr);
  if (pending.sent && pending.request.direction == mpio::Direction::to_target) {
    pending.data = std::move(*task.data_out_buffer);
  }
  if (!pending.sent) {
    drop(pending);
  }
  task.aborted = true;
  task.done(task);
}

void NexusWork::wait_for(Waiter waiter) {
  if (waiter.open.empty()) {
    return waiter.respond(waiter.response);
  }
  waiters_.push_back(std::move(waiter));
}

void NexusWork::manage(scsi::TaskFunction function, uint64_t lun, uint64_t tag, Respond done) {
  if (scsi::names_logical_unit(function) && scsi::decode_lun(lun) != 0U) {
    return done(scsi::FunctionResponse::no_such_lun);
  }
  if (function == scsi::TaskFunction::abort_task) {
    return abort_task(tag, std::move(done));
  }
  Waiter waiter{abort_unsent(), scsi::FunctionResponse::complete, std::move(done)};
  if (function == scsi::TaskFunction::abort_task_set) {
    return wait_for(std::move(waiter));
  }
  const Function at_the_array{function == scsi::TaskFunction::clear_task_set
                                  ? function
                                  : scsi::TaskFunction::logical_unit_reset,
                              std::move(waiter.respond)};
  if (phase_ == Phase::serving) {
    ask_array(at_the_array);
  } else if (phase_ == Phase::fresh || phase_ == Phase::starting) {
    functions_.push_back(at_the_array);
  } else {
    at_the_array.respond(scsi::FunctionResponse::rejected);
  }
}

// Those that the array has.
std::vector<const NexusWork::Pending*> NexusWork::abort_unsent() {
  std::vector<const Pending*> sent;
  for (auto pending = pending_.begin(); pending != pending_.end();) {
    Pending& each = *pending++;
    each.sent ? sent.push_back(&each) : abort(each);
  }
  return sent;
}

void NexusWork::ask_array(const Function& function) {
  back_end_->manage(function.what, [this, respond = function.respond](bool complete) {
    if (abandoned_) {
      return;
    }
    if (!complete) {
      return respond(scsi::FunctionResponse::rejected);
    }
    Waiter waiter{{}, scsi::FunctionResponse::complete, respond};
    for (const Pending& pending : pending_) {
      waiter.open.push_back(&pending);
    }
    wait_for(std::move(waiter));
  });
}

// What the array has is answered, and has ended then: there is no such task any more.
void NexusWork::abort_task(uint64_t tag, Respond done) {
  const auto found = std::find_if(pending_.begin(), pending_.end(), [tag](const Pending& pending) {
    return pending.task->tag == tag;
  });
  if (found == pending_.end()) {
    return done(scsi::FunctionResponse::no_such_task);
  }
  if (found->sent) {
    return wait_for({{&*found}, scsi::FunctionResponse::no_such_task, std::move(done)});
  }
  abort(*found);
  done(scsi::FunctionResponse::complete);
}

void NexusWork::abandon() {
  abandoned_ = true;
  held_unit_ = phase_ == Phase::serving && back_end_->scsi().holds_unit();
  waiters_.clear();
  functions_.clear();
  for (auto pending = pending_.begin(); pending != pending_.end();) {
    abort(*pending++);
  }
  stop_when_idle();
}

void NexusWork::stop_when_idle() {
  if (!abandoned_ || !pending_.empty() || phase_ == Phase::stopping || phase_ == Phase::finished) {
    return;
  }
  if (phase_ == Phase::fresh) {
    phase_ = Phase::finished;
    return owner_.on_work_finished(*this);
  }
  phase_ = Phase::stopping;
  back_end_->stop([this] {
    phase_ = Phase::finished;
    owner_.on_work_finished(*this);
  });
}

}  // namespace io::front
