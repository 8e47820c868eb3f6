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

// Of blocks it is known how much more there would have been.
uint32_t NexusWork::beyond(const scsi::Cdb& cdb, const mpio::ScsiRequest& request) const {
  const auto range = scsi::block_range(cdb.span());
  if (!request.overflow || !range || range->access != scsi::BlockAccess::read) {
    return 0;
  }
  const uint64_t all = range->blocks * place_.block_bytes;
  return all > request.length_bytes ? static_cast<uint32_t>(all - request.length_bytes) : 0;
}

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
  for (Pending& pending : pending_) {
    send(pending);
  }
}

void NexusWork::submit(iscsi::Task& task) {
  if (answer_here(task, attention_)) {
    return task.done(task);
  }
  Pending& pending = pending_.emplace_back();
  pending.work = this;
  pending.task = &task;
  const WholeAnswer whole = whole_answer_for(task.cdb);
  mpio::ScsiRequest& request = pending.request;
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
  if (phase_ == Phase::serving) {
    send(pending);
  }
}

void NexusWork::send(Pending& pending) {
  pending.sent = true;
  back_end_->scsi().submit(pending.request);
}

void NexusWork::finish(Pending& pending) {
  iscsi::Task* const task = pending.task;
  if (task != nullptr) {
    const mpio::ScsiRequest& request = pending.request;
    if (request.error != 0) {
      end_unanswered(*task, request.error);
    } else {
      task->status = request.scsi_status;
      task->sense_bytes = static_cast<uint8_t>(request.sense_bytes);
      std::copy_n(request.sense.begin(), request.sense_bytes, task->sense.begin());
      if (request.direction == mpio::Direction::from_target) {
        pending.data.resize(pending.data.size() - request.residual_bytes);
        if (request.scsi_status == scsi::kGood) {
          adjust(task->cdb, place_, pending.data);
        }
        task->data_in = std::move(pending.data);
        task->data_in_beyond = beyond(task->cdb, request);
      }
    }
  }
  forget(pending);
  if (task != nullptr) {
    task->done(*task);
  }
}

// The oldest end first, as a rule.
void NexusWork::drop(const Pending& pending) {
  pending_.erase(std::find_if(pending_.begin(), pending_.end(),
                              [&pending](const Pending& other) { return &other == &pending; }));
}

// Out of the list; whoever waits for it and nothing else hears.
void NexusWork::forget(const Pending& pending) {
  std::list<Waiter> ready;
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    const auto next = std::next(waiter);
    std::erase(waiter->open, &pending);
    if (waiter->open.empty()) {
      ready.splice(ready.end(), waiters_, waiter);
    }
    waiter = next;
  }
  drop(pending);
  for (const Waiter& waiter : ready) {
    waiter.respond(scsi::FunctionResponse::complete);
  }
  stop_when_idle();
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

void NexusWork::wait_for(std::vector<const Pending*> open, Respond respond) {
  if (open.empty()) {
    return respond(scsi::FunctionResponse::complete);
  }
  waiters_.push_back({std::move(open), std::move(respond)});
}

void NexusWork::manage(scsi::TaskFunction function, uint64_t lun, uint64_t tag, Respond done) {
  if (scsi::names_logical_unit(function) && scsi::decode_lun(lun) != 0U) {
    return done(scsi::FunctionResponse::no_such_lun);
  }
  if (function == scsi::TaskFunction::clear_task_set) {
    return done(scsi::FunctionResponse::rejected);
  }
  const bool one = function == scsi::TaskFunction::abort_task;
  if (one || function == scsi::TaskFunction::abort_task_set) {
    std::vector<const Pending*> open;
    bool found = false;
    for (auto pending = pending_.begin(); pending != pending_.end();) {
      Pending& each = *pending++;
      if (one && each.task->tag != tag) {
        continue;
      }
      found = true;
      each.sent ? open.push_back(&each) : abort(each);
    }
    return one && !found ? done(scsi::FunctionResponse::no_such_task)
                         : wait_for(std::move(open), std::move(done));
  }
  if (phase_ != Phase::serving) {
    return done(scsi::FunctionResponse::rejected);
  }
  back_end_->reset_logical_unit([this, done = std::move(done)](bool complete) {
    if (abandoned_) {
      return;
    }
    if (!complete) {
      return done(scsi::FunctionResponse::rejected);
    }
    std::vector<const Pending*> open;
    for (const Pending& pending : pending_) {
      open.push_back(&pending);
    }
    wait_for(std::move(open), done);
  });
}

void NexusWork::abandon() {
  abandoned_ = true;
  waiters_.clear();
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
