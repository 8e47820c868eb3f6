// Makes a fault plan happen: turns the switches of the fabric and of the array when each fault
// begins and ends, and keeps the truth about the paths for the judges.
#pragma once

#include <memory>
#include <vector>

#include "array/array.h"
#include "sim/checkers/path_health.h"
#include "sim/clock.h"
#include "sim/fabric.h"
#include "sim/fault_plan.h"
#include "sim/timeline.h"

namespace sim {

class FaultDriver {
 public:
  FaultDriver(const FaultPlan& plan, Clock& clock, Fabric& fabric, array::Array& array,
              PathHealth& health, Timeline& timeline);
  ~FaultDriver();

  // The plan's times count from now.
  void start();
  // Ends everything that is going on and starts nothing more. With `keep_permanent` faults without
  // an end stay.
  void heal(bool keep_permanent);
  // A transition that began under a fault ends by itself, whatever was healed before.
  uint64_t transition_ends_ns() const { return transition_ends_ns_; }
  // Every group has the access state that it was made with.
  void send_home();
  // Faults going on now.
  size_t active() const;

  // By hand, for scenarios; the same as an entry of the plan.
  void begin(const Fault& fault);
  void reset(const Fault& fault);
  void end(const Fault& fault);

 private:
  struct Entry;

  void apply_links();
  void begin_controller(const Fault& fault);
  void end_controller(const Fault& fault);
  void change_access(const Fault& fault);
  void assess();
  bool touches(const Fault& fault, uint32_t path) const;
  uint32_t paths() const { return static_cast<uint32_t>(array_.config().ports.size()); }
  bool explicit_alua() const;

  Clock& clock_;
  Fabric& fabric_;
  array::Array& array_;
  PathHealth& health_;
  Timeline& timeline_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<Fault> active_;
  uint64_t transition_ends_ns_ = 0;
};

}  // namespace sim
