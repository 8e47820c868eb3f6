// What the DSM adds to each command: select, begin and complete on a LUN with eight paths. Targets,
// as CPU time per command: round robin 8 ns, least queue depth 20 ns; with two threads on one LUN,
// each with its own lane, at most twice that. The loop itself is measured too, to be subtracted.
#include <benchmark/benchmark.h>

#include <array>
#include <memory>

#include "dsm/module.h"

namespace {

using dsm::EventKind;

constexpr unsigned kPaths = 8;
constexpr unsigned kLanes = 2;

// A LUN without ALUA and eight active paths.
class World {
 public:
  explicit World(dsm::PolicyId policy) {
    config_.default_policy = policy;
    config_.lane_count = kLanes;
    claim_.refusal = dsm::ClaimRefusal::none;
    claim_.identity.size = 8;
    for (uint32_t id = 1; id <= kPaths; ++id) {
      const dsm::Arrival arrival{.claim = &claim_,
                                 .spare_lun_id = 1,
                                 .spare_lun = id == 1 ? lun_.get() : nullptr,
                                 .lanes = lanes_.data(),
                                 .path = &paths_[id - 1],
                                 .nexus = &nexuses_[id - 1]};
      on(dsm::event::nexus_arrived(1, id, id, arrival));
      on(dsm::event::of_nexus(EventKind::nexus_activated, 1, id));
    }
  }
  dsm::Lun& lun() { return *lun_; }

 private:
  void on(const dsm::Event& event) {
    actions_.clear();
    module_.on(event, actions_);
  }

  dsm::Config config_;
  dsm::ClaimResult claim_;
  dsm::Actions actions_;
  std::unique_ptr<dsm::Lun> lun_ = std::make_unique<dsm::Lun>();
  std::array<dsm::Lane, kLanes> lanes_;
  std::array<dsm::Path, kPaths> paths_;
  std::array<dsm::Nexus, kPaths> nexuses_;
  dsm::Module module_{config_};
};

// Begins each command `kDepth` commands before it completes, so that queues are not all empty.
constexpr unsigned kDepth = 16;

void run(benchmark::State& state, dsm::Lun& lun) {
  const auto lane = static_cast<unsigned>(state.thread_index());
  std::array<dsm::Token, kDepth> tokens;
  unsigned next = 0;
  for (auto _ : state) {
    dsm::Token& token = tokens[next];
    next = (next + 1) % kDepth;
    if (token.counted()) {
      benchmark::DoNotOptimize(dsm::complete(token));
    }
    const dsm::Pick pick = dsm::select(lun, lane, {});
    if (!pick.found() || !dsm::begin(token, lun, lane, pick)) {
      state.SkipWithError("there must be a path");
      break;
    }
    benchmark::DoNotOptimize(token);
  }
  for (dsm::Token& token : tokens) {
    if (token.counted()) {
      dsm::complete(token);
    }
  }
}

void loop_alone(benchmark::State& state) {
  std::array<dsm::Token, kDepth> tokens;
  unsigned next = 0;
  for (auto _ : state) {
    dsm::Token& token = tokens[next];
    next = (next + 1) % kDepth;
    benchmark::DoNotOptimize(token);
  }
}

void fail_over_only(benchmark::State& state) {
  static World world(dsm::PolicyId::fail_over_only);
  run(state, world.lun());
}
void round_robin(benchmark::State& state) {
  static World world(dsm::PolicyId::round_robin);
  run(state, world.lun());
}
void least_queue_depth(benchmark::State& state) {
  static World world(dsm::PolicyId::least_queue_depth);
  run(state, world.lun());
}

BENCHMARK(loop_alone);
BENCHMARK(fail_over_only)->Threads(1)->Threads(2);
BENCHMARK(round_robin)->Threads(1)->Threads(2);
BENCHMARK(least_queue_depth)->Threads(1)->Threads(2);

}  // namespace
