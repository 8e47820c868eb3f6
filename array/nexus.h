// An I_T nexus at the array: who it is, its unit attentions, and the tasks that wait (held by a
// fault).
#pragma once

#include <cstdint>
#include <list>
#include <vector>

#include "array/task.h"
#include "base/scheduler.h"

namespace array {

class Array;

enum class NexusEnd : uint8_t {
  reinstated,  // the same initiator port logged in anew
  port_down,   // the port or its controller died
  reset,       // target cold reset
};

class NexusOwner {
 public:
  // The array ended the nexus; it and all its tasks are gone when this returns. Not called for
  // drop().
  virtual void on_nexus_ended(NexusEnd reason) = 0;

 protected:
  ~NexusOwner() = default;
};

// A task that a fault keeps from being executed, or, when it has been, from being answered.
struct HeldTask {
  Task* task = nullptr;
  Array* array = nullptr;
  bool until_thaw = false;
  bool executed = false;
  base::Timer timer{&HeldTask::on_time, this};
  static void on_time(void* context);
};

// Unit attention conditions of one logical unit for one nexus, oldest first, each at most once.
class AttentionQueue {
 public:
  void add(uint16_t code);
  bool empty() const { return codes_.empty(); }
  uint16_t front() const { return codes_.front(); }
  void pop() { codes_.erase(codes_.begin()); }
  void remove(uint16_t code);

 private:
  std::vector<uint16_t> codes_;
};

struct Nexus {
  uint64_t id = 0;
  unsigned port = 0;
  InitiatorPort initiator;
  NexusOwner* owner = nullptr;
  std::vector<AttentionQueue> attentions;  // by LUN
  std::list<HeldTask> held;                // addresses stay: timers point here
};

}  // namespace array
