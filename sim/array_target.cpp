// See array_target.h.
#include "sim/array_target.h"

#include <algorithm>
#include <utility>

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

void ArrayTarget::finish(Job& job) {
  TargetTask& target_task = *job.target_task;
  const array::Task& task = job.task;
  free_jobs_.push_back(&job);
  if (task.aborted) {
    return;  // its nexus ended: nobody waits
  }
  target_task.scsi_status = task.status;
  target_task.data_in.assign(
      task.data_in.begin(),
      task.data_in.begin() +
          static_cast<ptrdiff_t>(std::min<size_t>(task.data_in.size(), target_task.data_in_limit)));
  target_task.sense.assign(task.sense.begin(), task.sense.begin() + task.sense_bytes);
  if (!task.drop_reply) {
    job.sink->on_task_done(target_task);
  }
}

}  // namespace sim
