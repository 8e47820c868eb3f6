// array/ behind the fabric: path i ends at port i, and the host's initiator port for it has an ISID
// of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "array/array.h"
#include "sim/target.h"

namespace sim {

// What the array has made of a command, told at the moment of its execution. `host` is the number
// that the observer was registered with.
struct ExecutedTask {
  uint32_t host = 0;
  uint32_t port = 0;
  const scsi::Cdb& cdb;
  base::Bytes data_out;
  uint8_t status = 0;
  bool late = false;  // the initiator has given it up already
};
class TaskObserver {
 public:
  virtual void on_executed(const ExecutedTask& task) = 0;

 protected:
  ~TaskObserver() = default;
};

class ArrayTarget final : public Target {
 public:
  // `initiator`: the name of the host's initiator ports.
  static constexpr const char* kInitiator = "iqn.2026-11.dev.dsmkit:sim";
  explicit ArrayTarget(array::Array& array, std::string initiator = kInitiator);
  ~ArrayTarget();

  void set_observer(TaskObserver* observer, uint32_t host) {
    observer_ = observer;
    host_ = host;
  }

  // Test-only: what the mutants test breaks on purpose.
  struct Sabotage {
    bool confirms_blindly = false;  // REGISTER of the same key again is GOOD, whatever there is
    bool drops_aptpl = false;
    bool finds_keys = false;  // READ KEYS shows the last key that was registered here, twice more
  };
  Sabotage sabotage;

  bool listening(uint32_t path) const override { return array_.port_is_up(path); }
  NexusHandle login(uint32_t path, uint32_t lane, uint32_t isid_salt) override;
  void nexus_lost(NexusHandle nexus) override;
  void execute(NexusHandle nexus, TargetTask& task, TaskSink& sink) override;

 private:
  struct Session;
  struct Job;

  Session* find(NexusHandle nexus);
  void finish(Job& job);
  bool tamper(TargetTask& task);
  void add_keys(TargetTask& task) const;

  array::Array& array_;
  std::string initiator_;
  TaskObserver* observer_ = nullptr;
  uint32_t host_ = 0;
  uint64_t last_key_ = 0;  // for sabotage
  std::vector<std::unique_ptr<Session>> sessions_;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::vector<Job*> free_jobs_;
};

}  // namespace sim
