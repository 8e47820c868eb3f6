// See scene.h.
#include "sim/testing/scene.h"

#include <gtest/gtest.h>

#include "sim/block_stamp.h"

namespace sim {
namespace {

WorldConfig world_of(const SceneOptions& options) {
  WorldConfig config;
  config.seed = 1;
  config.paths = options.paths;
  config.array.controllers = 2;
  for (uint32_t path = 0; path < options.paths; ++path) {
    config.array.ports.push_back({path % 2});
  }
  config.array.luns.push_back({.size_bytes = config.blocks * kBlockBytes});
  config.array.alua = options.alua;
  config.array.passive_state = options.passive_state;
  config.array.passive = options.passive;
  config.fabric.paths = options.paths;
  config.fabric.lanes = options.lanes;
  config.fabric.lost_reset_percent = 0;
  config.workload.requests = 0;
  config.workload.hot_ranges = 1;
  return config;
}

}  // namespace

Scene::Scene(const SceneOptions& options)
    : world(world_of(options), FaultPlan{.mood = Mood::calm}, false, [&](World& built) {
        auto made = std::make_unique<MpioHost>(
            built, MpioHostOptions{.policy = options.policy, .disk = options.disk});
        host = made.get();
        return made;
      }) {
  static_cast<void>(world.bring_up());
}

// What is broken is told even where a test looks at something else.
Scene::~Scene() {
  for (const Finding& finding : world.findings.list()) {
    ADD_FAILURE() << name_of(finding.invariant) << ": " << finding.text;
  }
}

Scene::Io& Scene::submit(mpio::BlockOp op, uint64_t block, uint64_t blocks, uint8_t value,
                         uint32_t lane) {
  ios.push_back(std::make_unique<Io>());
  Io& io = *ios.back();
  io.data.assign(blocks * kBlockBytes, value);
  io.slice = {io.data.data(), io.data.size()};
  io.scene = this;
  io.began_ns = world.clock.now_ns();
  io.request.op = op;
  io.request.offset_bytes = block * kBlockBytes;
  io.request.length_bytes = blocks * kBlockBytes;
  io.request.slices = {&io.slice, 1};
  io.request.owner = &io;
  io.request.done = [](mpio::BlockRequest& request) {
    Io& ended = *static_cast<Io*>(request.owner);
    ended.done = true;
    ended.ended_ns = ended.scene->world.clock.now_ns();
  };
  host->disk().lane(lane).submit(io.request);
  return io;
}

Scene::Io& Scene::write(uint64_t block, uint8_t value, uint64_t blocks, uint32_t lane) {
  return submit(mpio::BlockOp::write, block, blocks, value, lane);
}

Scene::Io& Scene::read(uint64_t block, uint64_t blocks, uint32_t lane) {
  return submit(mpio::BlockOp::read, block, blocks, 0, lane);
}

bool Scene::wait(const Io& io, uint64_t within_ns) {
  return world.run_until([&io] { return io.done; }, within_ns);
}

uint32_t Scene::path_in_use() {
  const mpio::DiskStatus before = status();
  const Io& io = read(0);
  static_cast<void>(wait(io));
  const mpio::DiskStatus after = status();
  for (uint32_t path = 0; path < after.paths.size(); ++path) {
    if (after.paths[path].ios != before.paths[path].ios) {
      return path;
    }
  }
  return UINT32_MAX;
}

uint64_t Scene::time_until(uint32_t path, mpio::PathState wanted) {
  const uint64_t began = world.clock.now_ns();
  return world.run_until([&] { return state(path) == wanted; }, 100 * kSecond)
             ? world.clock.now_ns() - began
             : UINT64_MAX;
}

uint8_t Scene::on_medium(uint64_t block) {
  std::vector<uint8_t> bytes(kBlockBytes);
  static_cast<void>(world.storage->lun(0).backing().read(block * kBlockBytes, bytes));
  return bytes.front();
}

}  // namespace sim
