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

class PowerObserver {
 public:
  // No controller is left: what was in the array's memory is lost.
  virtual void on_power_lost() = 0;

 protected:
  ~PowerObserver() = default;
};

class FaultDriver {
 public:
  FaultDriver(const FaultPlan& plan, Clock& clock, Fabric& fabric, array::Array& array,
              PathHealth& health, Timeline& timeline);
  ~FaultDriver();

  // Another host with links of its own. It shares the fate of the controllers, and of every second
  // port.
  void add_client(Fabric& fabric, PathHealth& health) { clients_.push_back({&fabric, &health}); }
  void observe_power(PowerObserver* observer) { power_observer_ = observer; }

  // The plan's times count from now.
  void start();
  // Ends everything that is going on and starts nothing more. With `keep_permanent` faults without
  // an end stay.
  void heal(bool keep_permanent);
  // A transition that began under a fault ends by itself, whatever was healed before.
  uint64_t transition_ends_ns() const { return transition_ends_ns_; }
  // Every group has the access state that it was made with.
  void send_home();
  // Messages of all hosts.
  size_t in_transit() const;
  // Faults going on now.
  size_t active() const;

  // By hand, for scenarios; the same as an entry of the plan.
  void begin(const Fault& fault);
  void reset(const Fault& fault);
  void end(const Fault& fault);

 private:
  struct Entry;
  struct Client {
    Fabric* fabric;
    PathHealth* health;
  };

  void apply_links();
  void begin_controller(const Fault& fault);
  void end_controller(const Fault& fault);
  void change_access(const Fault& fault);
  void activate_some_group();
  void assess();
  void assess(size_t client);
  bool touches(const Fault& fault, uint32_t path) const;
  static bool concerns(const Fault& fault, size_t client) {
    return client == 0 || is_controller_fault(fault.kind) || fault.begin_ns % 2 == 0;
  }
  LinkFaults links_of(size_t client, uint32_t path) const;
  uint32_t paths() const { return static_cast<uint32_t>(array_.config().ports.size()); }
  bool explicit_alua() const;

  Clock& clock_;
  array::Array& array_;
  Timeline& timeline_;
  std::vector<Client> clients_;
  PowerObserver* power_observer_ = nullptr;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<Fault> active_;
  uint64_t transition_ends_ns_ = 0;
  base::MemberTimer<&FaultDriver::activate_some_group> transition_ended_{*this};
};

}  // namespace sim
