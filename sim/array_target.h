// array/ behind the fabric: path i ends at port i, and the host's initiator port for it has an ISID
// of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "array/array.h"
#include "sim/target.h"

namespace sim {

class ArrayTarget final : public Target {
 public:
  // `initiator`: the name of the host's initiator ports.
  explicit ArrayTarget(array::Array& array, std::string initiator = "iqn.2026-11.dev.dsmkit:sim");
  ~ArrayTarget();

  bool listening(uint32_t path) const override { return array_.port_is_up(path); }
  NexusHandle login(uint32_t path, uint32_t lane, uint32_t isid_salt) override;
  void nexus_lost(NexusHandle nexus) override;
  void execute(NexusHandle nexus, TargetTask& task, TaskSink& sink) override;

 private:
  struct Session;
  struct Job;

  Session* find(NexusHandle nexus);
  void finish(Job& job);

  array::Array& array_;
  std::string initiator_;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::vector<Job*> free_jobs_;
};

}  // namespace sim
