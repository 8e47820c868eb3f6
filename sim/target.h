// The far end of the fabric: what a storage array is to the network. ArrayTarget puts array/ behind
// it; tests put toys there.
#pragma once

#include <cstdint>
#include <vector>

#include "scsi/cdb.h"

namespace sim {

// Names a session at the target; 0 is none.
using NexusHandle = uint64_t;

// One command at the target. The fabric keeps it alive until it has been answered or its nexus has
// ended.
struct TargetTask {
  // In.
  uint32_t path = 0;
  scsi::Cdb cdb;
  std::vector<uint8_t> data_out;
  uint32_t data_in_limit = 0;
  bool late = false;  // the initiator has given it up already
  // Out.
  uint8_t scsi_status = 0;
  std::vector<uint8_t> data_in;
  std::vector<uint8_t> sense;
  void* owner = nullptr;  // the fabric's
  uint64_t tag = 0;       // the target's
};

class TaskSink {
 public:
  virtual void on_task_done(TargetTask& task) = 0;

 protected:
  ~TaskSink() = default;
};

class Target {
 public:
  // Nobody listens at a port of a dead controller.
  virtual bool listening(uint32_t path) const = 0;
  // A login from the host's initiator port of that path and lane, always the same ISID: an older
  // session of it must have ended, tasks and all, before this returns. 0: refused. `isid_salt` is 0
  // but where a test breaks that rule on purpose.
  virtual NexusHandle login(uint32_t path, uint32_t lane, uint32_t isid_salt) = 0;
  // The session's connection is gone. Its tasks end unanswered and without further effect.
  virtual void nexus_lost(NexusHandle nexus) = 0;
  // Answers through the sink, later or from inside.
  virtual void execute(NexusHandle nexus, TargetTask& task, TaskSink& sink) = 0;

 protected:
  ~Target() = default;
};

}  // namespace sim
