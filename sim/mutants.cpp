// See mutants.h.
#include "sim/mutants.h"

#include <algorithm>

namespace sim {
namespace {

// A host whose device lies about every 40th write.
class LyingHost final : public Host, public mpio::BlockDevice {
 public:
  LyingHost(std::unique_ptr<Host> honest, Clock& clock, Mutant mutant)
      : honest_(std::move(honest)), clock_(clock), mutant_(mutant) {}
  ~LyingHost() override { clock_.cancel(timer_); }

  mpio::BlockDevice& device() override { return *this; }
  const HostLimits& limits() const override { return honest_->limits(); }
  void start() override { honest_->start(); }
  bool ready() const override { return honest_->ready(); }
  bool path_in_service(uint32_t path) const override { return honest_->path_in_service(path); }
  std::string unrest() const override { return honest_->unrest(); }
  std::string text() const override { return honest_->text(); }

  const mpio::Geometry& geometry() const override { return honest_->device().geometry(); }
  void submit(mpio::BlockRequest& request) override {
    if (request.op == mpio::BlockOp::write && ++writes_ % 40 == 0 && chosen_ == nullptr) {
      chosen_ = &request;
      clock_.arm_after(timer_, kMillisecond);
      if (mutant_ == Mutant::loses_a_write) {
        return;
      }
    }
    honest_->device().submit(request);
  }

 private:
  void lie() {
    mpio::BlockRequest& request = *chosen_;
    chosen_ = nullptr;
    request.done(request);
  }

  std::unique_ptr<Host> honest_;
  Clock& clock_;
  Mutant mutant_;
  mpio::BlockRequest* chosen_ = nullptr;
  uint64_t writes_ = 0;
  base::MemberTimer<&LyingHost::lie> timer_{*this};
};

}  // namespace

const char* name_of(Mutant mutant) {
  static constexpr const char* kNames[kMutants] = {
      "none",         "executes_twice", "fresh_isid", "settles_at_once", "completes_twice",
      "loses_a_write"};
  return kNames[static_cast<size_t>(mutant)];
}

std::string text_of(const SeedOptions& options) {
  std::string text = "--seed " + std::to_string(options.seed);
  if (options.only_faults) {
    text += " --faults ";
    for (size_t i = 0; i < options.only_faults->size(); ++i) {
      text += (i == 0 ? "" : ",") + std::to_string((*options.only_faults)[i]);
    }
    text += options.only_faults->empty() ? "none" : "";
  }
  if (options.requests != 0) {
    text += " --requests " + std::to_string(options.requests);
  }
  if (options.mutant != Mutant::none) {
    text += " --mutant " + std::string(name_of(options.mutant));
  }
  return text;
}

SeedResult run_world(const SeedOptions& options, WorldConfig config, FaultPlan plan,
                     const World::HostFactory& factory) {
  const auto drawn = static_cast<uint32_t>(plan.faults.size());
  if (options.only_faults) {
    FaultPlan kept;
    kept.mood = plan.mood;
    for (uint32_t i = 0; i < drawn; ++i) {
      if (std::find(options.only_faults->begin(), options.only_faults->end(), i) !=
          options.only_faults->end()) {
        kept.faults.push_back(plan.faults[i]);
      }
    }
    plan = kept;
  }
  if (options.requests != 0) {
    config.workload.requests = std::min(config.workload.requests, options.requests);
  }
  const bool lies =
      options.mutant == Mutant::completes_twice || options.mutant == Mutant::loses_a_write;
  World world(config, plan, options.keep_timeline, [&](World& built) -> std::unique_ptr<Host> {
    std::unique_ptr<Host> host = factory(built);
    return lies ? std::make_unique<LyingHost>(std::move(host), built.clock, options.mutant)
                : std::move(host);
  });
  world.fabric->sabotage.execute_twice = options.mutant == Mutant::executes_twice;
  world.fabric->sabotage.fresh_isid = options.mutant == Mutant::fresh_isid;
  world.run();
  SeedResult result = result_of(world);
  result.fault_count = drawn;
  return result;
}

}  // namespace sim
