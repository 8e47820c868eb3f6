// A small world for scenarios by hand: the real disk over a few paths, requests one at a time,
// faults when the test says so, all on the virtual clock.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "sim/mpio_host.h"
#include "sim/world.h"

namespace sim {

struct SceneOptions {
  uint32_t paths = 2;
  uint32_t lanes = 1;
  array::AluaMode alua = array::AluaMode::none;
  dsm::PolicyId policy = dsm::PolicyId::fail_over_only;
  scsi::AccessState passive_state = scsi::AccessState::active_nonoptimized;
  std::optional<array::PassiveAnswer> passive;  // active/passive controllers
  mpio::DiskConfig disk;                        // everything else; the policy is the one above
};

class Scene {
 public:
  explicit Scene(const SceneOptions& options);
  ~Scene();

  struct Io {
    mpio::BlockRequest request;
    std::vector<uint8_t> data;
    mpio::IoSlice slice;
    uint64_t began_ns = 0;
    uint64_t ended_ns = 0;
    bool done = false;
    Scene* scene = nullptr;
    uint64_t took_ns() const { return ended_ns - began_ns; }
    uint8_t first_byte() const { return data.front(); }
  };
  // Each stays alive as long as the scene.
  Io& write(uint64_t block, uint8_t value, uint64_t blocks = 1, uint32_t lane = 0);
  Io& read(uint64_t block, uint64_t blocks = 1, uint32_t lane = 0);
  // Runs until it is done; false when it is not within `within_ns`.
  bool wait(const Io& io, uint64_t within_ns = 200 * kSecond);
  // Which path a read takes now.
  uint32_t path_in_use();

  void fault(uint32_t path, const LinkFaults& faults) { world.fabric->set_faults(path, faults); }
  void run_ms(uint64_t ms) { world.run_for(ms * kMillisecond); }
  mpio::PathState state(uint32_t path) const { return host->disk().path_state(path); }
  // Time until the path is in this state; UINT64_MAX: not within 100 s.
  uint64_t time_until(uint32_t path, mpio::PathState wanted);
  mpio::DiskStatus status() const { return host->disk().status(); }
  // What the medium shows, past every path.
  uint8_t on_medium(uint64_t block);

  std::vector<std::unique_ptr<Io>> ios;  // the disk may have them to the end
  MpioHost* host = nullptr;              // made while `world` is, so it stands before it
  World world;

 private:
  Io& submit(mpio::BlockOp op, uint64_t block, uint64_t blocks, uint8_t value, uint32_t lane);
};

}  // namespace sim
