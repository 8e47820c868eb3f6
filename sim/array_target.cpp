// See array_target.h.
#include "sim/array_target.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "scsi/opcodes.h"
#include "scsi/persistent_reservation.h"

namespace sim {

struct ArrayTarget::Session final : array::NexusOwner {
  // Reinstated, or its port died. The fabric learns it when it asks for the nexus again.
  void on_nexus_ended(array::NexusEnd) override { nexus = nullptr; }
  array::Nexus* nexus = nullptr;
};

struct ArrayTarget::Job {
  array::Task task;
  TargetTask* target_task = nullptr;
  TaskSink* sink = nullptr;
  ArrayTarget* owner = nullptr;
};

ArrayTarget::ArrayTarget(array::Array& array, std::string initiator)
    : array_(array), initiator_(std::move(initiator)) {}

ArrayTarget::~ArrayTarget() {
  for (const auto& session : sessions_) {
    if (session->nexus != nullptr) {
      array_.drop(*session->nexus);
    }
  }
}

ArrayTarget::Session* ArrayTarget::find(NexusHandle nexus) {
  return nexus == 0 ? nullptr : sessions_[nexus - 1].get();
}

NexusHandle ArrayTarget::login(uint32_t path, uint32_t lane, uint32_t isid_salt) {
  array::InitiatorPort initiator;
  initiator.name = initiator_;
  initiator.isid = {0x80,
                    0,
                    0,
                    static_cast<uint8_t>(lane),
                    static_cast<uint8_t>(isid_salt),
                    static_cast<uint8_t>(path)};
  sessions_.push_back(std::make_unique<Session>());
  Session& session = *sessions_.back();
  session.nexus = array_.login(path, initiator, session);
  return session.nexus == nullptr ? 0 : sessions_.size();
}

void ArrayTarget::nexus_lost(NexusHandle nexus) {
  Session* const session = find(nexus);
  if (session != nullptr && session->nexus != nullptr) {
    array::Nexus& ended = *session->nexus;
    session->nexus = nullptr;
    array_.drop(ended);
  }
}

void ArrayTarget::execute(NexusHandle nexus, TargetTask& target_task, TaskSink& sink) {
  Session* const session = find(nexus);
  if (session == nullptr || session->nexus == nullptr) {
    return;  // ended; the fabric is about to hear it
  }
  if (tamper(target_task)) {
    sink.on_task_done(target_task);
    return;
  }
  if (free_jobs_.empty()) {
    jobs_.push_back(std::make_unique<Job>());
    free_jobs_.push_back(jobs_.back().get());
  }
  Job& job = *free_jobs_.back();
  free_jobs_.pop_back();
  job.owner = this;
  job.target_task = &target_task;
  job.sink = &sink;
  array::Task& task = job.task;
  task.nexus = session->nexus;
  task.lun = 0;
  task.cdb = target_task.cdb;
  task.tag = target_task.tag;
  task.data_out = target_task.data_out;
  task.owner = &job;
  task.aborted = false;
  task.drop_reply = false;
  task.status = 0;
  task.data_in.clear();
  task.sense_bytes = 0;
  task.done = [](array::Task& done) {
    Job& finished = *static_cast<Job*>(done.owner);
    finished.owner->finish(finished);
  };
  array_.submit(task);
}

// True: it has been answered, and the array does not hear of it.
bool ArrayTarget::tamper(TargetTask& task) {
  constexpr size_t kFlags = 20;
  constexpr uint8_t kAptpl = 0x01;
  const auto list = scsi::decode_reserve_out(task.data_out);
  const auto command = scsi::read_persistent_reserve_out(task.cdb.span());
  if (!command || !list || !scsi::is_registration(command->action)) {
    return false;
  }
  last_key_ = list->service_action_key != 0 ? list->service_action_key : last_key_;
  if (sabotage.drops_aptpl) {
    task.data_out[kFlags] &= static_cast<uint8_t>(~kAptpl);
  }
  return sabotage.confirms_blindly && list->key != 0 && list->key == list->service_action_key;
}

void ArrayTarget::add_keys(TargetTask& task) const {
  if (!sabotage.finds_keys || task.cdb.opcode() != scsi::kPersistentReserveIn ||
      task.cdb.service_action() != static_cast<uint8_t>(scsi::ReserveInAction::read_keys) ||
      task.scsi_status != scsi::kGood || task.data_in.size() < 8 || last_key_ == 0) {
    return;
  }
  const size_t before = task.data_in.size();
  task.data_in.resize(before + 16);
  base::store_be64(&task.data_in[before], last_key_);
  base::store_be64(&task.data_in[before + 8], last_key_);
  base::store_be32(&task.data_in[4], static_cast<uint32_t>(before + 16 - 8));
}

void ArrayTarget::finish(Job& job) {
  TargetTask& target_task = *job.target_task;
  const array::Task& task = job.task;
  free_jobs_.push_back(&job);
  if (task.aborted) {
    return;  // its nexus ended: nobody waits
  }
  if (observer_ != nullptr) {
    observer_->on_executed(
        {host_, target_task.path, task.cdb, task.data_out, task.status, target_task.late});
  }
  target_task.scsi_status = task.status;
  target_task.data_in.assign(
      task.data_in.begin(),
      task.data_in.begin() +
          static_cast<ptrdiff_t>(std::min<size_t>(task.data_in.size(), target_task.data_in_limit)));
  add_keys(target_task);
  target_task.sense.assign(task.sense.begin(), task.sense.begin() + task.sense_bytes);
  if (!task.drop_reply) {
    job.sink->on_task_done(target_task);
  }
}

}  // namespace sim
