// A Windows host in the simulated world: class driver, MPIO with the real mydsm.sys, and a port
// driver per path over the simulated network. One clock: the world's.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/host.h"
#include "sim/world.h"
#include "windows/harness/loaded_driver.h"
#include "windows/harness/machine.h"
#include "windows/harness/mpio.h"
#include "windows/harness/world/class_driver.h"
#include "windows/harness/world/fabric_port.h"
#include "windows/harness/world/host_times.h"

namespace harness {

// What is built wrong on purpose, at the boundary that the driver's contract runs along.
enum class Breach : uint8_t {
  none,
  fence_forgotten,        // the port driver gives requests back that may still be executed
  completion_forgotten,   // MPIO drops a DSM's completion routine now and then
  resume_forgotten,       // MPIO goes on holding I/O that the DSM has resumed
  recovery_forgotten,     // paths that failed are never verified again
  error_swallowed,        // MPIO reports the first failed write of a path as a success
  reserve_out_passed_on,  // MPIO sends down one path what the DSM wants to handle itself
  setting_swallowed,      // MPIO answers a program's set itself now and then
};
inline constexpr unsigned kBreaches = 8;
const char* name_of(Breach breach);

class WindowsHost final : public sim::Host, PortOwner {
 public:
  WindowsHost(sim::World& world, const Image& image, Breach breach);
  // Unloads the driver; nothing of it may be left.
  ~WindowsHost() override;

  mpio::BlockDevice& device() override { return class_driver_; }
  mpio::ScsiDevice& scsi() { return class_driver_; }
  Mpio& mpio() { return mpio_; }
  FabricPort& port(uint32_t path) { return *ports_[path]; }
  uint32_t paths() const { return static_cast<uint32_t>(ports_.size()); }
  const sim::HostLimits& limits() const override { return limits_; }
  void start() override;
  bool ready() const override { return class_driver_.ready(); }
  bool path_in_service(uint32_t path) const override;
  std::string unrest() const override;
  std::string text() const override;

  // Cables. A path that goes is removed in an orderly way, and its session ends; one that comes
  // logs in.
  void remove_path(uint32_t path);
  void add_path(uint32_t path);
  bool is_moving_cables() const { return plug_and_play_runs_; }
  // When all is over: the driver is unloaded and loaded again, and its devices arrive anew.
  void load_again();
  // A cable is in, and commands may be sent down it now.
  bool is_up(uint32_t path) const;
  // Changes whenever the disk has lost its last device, and when it has one again.
  uint32_t times_without_paths() const { return times_without_paths_; }

 private:
  // The machine's time is the world's; its timers may fire late, as the world's host clock has it.
  class WorldTime final : public TimeKeeper {
   public:
    explicit WorldTime(sim::World& world) : world_(world) {}
    uint64_t now_ns() const override { return world_.clock.now_ns(); }
    void arm(base::Timer& timer, uint64_t due_ns) override { world_.host_clock.arm(timer, due_ns); }
    void cancel(base::Timer& timer) override { world_.host_clock.cancel(timer); }
    bool step() override { return world_.clock.step(); }

   private:
    sim::World& world_;
  };
  // The machine as this host needs it: from before MPIO until after it.
  struct Hosted {
    Hosted(WindowsHost& host, sim::World& world);
    ~Hosted();
    WorldTime time;
  };
  struct PathState;

  void on_port_up(FabricPort& port) override;
  void on_port_gone(FabricPort& port) override;
  void reconcile(uint32_t path);
  void plug_and_play(std::function<void()> job);
  void add_device(uint32_t path);
  void remove_device(uint32_t path);
  void remove_from_mpio(FabricPort& port, bool orderly);
  void pull_cable(uint32_t path);
  void plug_cable(uint32_t path);
  bool at_rest() const;
  void unload();

  sim::World& world_;
  HostTimes times_;
  sim::HostLimits limits_;
  base::Prng prng_;
  Hosted hosted_;
  LoadedDriver driver_;
  Mpio mpio_;
  ClassDriver class_driver_;
  std::vector<std::unique_ptr<FabricPort>> ports_;
  std::vector<std::unique_ptr<PathState>> paths_;
  std::deque<std::function<void()>> plug_and_play_;
  bool plug_and_play_runs_ = false;
  bool closing_ = false;
  uint32_t times_without_paths_ = 0;
};

}  // namespace harness
