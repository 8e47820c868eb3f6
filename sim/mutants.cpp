// See mutants.h.
#include "sim/mutants.h"

#include <algorithm>

#include "sim/indices.h"

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
  static constexpr const char* kNames[kMutants] = {"none",
                                                   "executes_twice",
                                                   "fresh_isid",
                                                   "settles_at_once",
                                                   "completes_twice",
                                                   "loses_a_write",
                                                   "ignores_fail",
                                                   "ignores_removal",
                                                   "forgets_changes",
                                                   "skips_registration",
                                                   "forgets_aptpl",
                                                   "lets_fenced_in",
                                                   "retries_conflicts"};
  return kNames[static_cast<size_t>(mutant)];
}

namespace {

using Indices = std::optional<std::vector<uint32_t>>;

std::string text_of(const char* option, const Indices& only) {
  if (!only) {
    return {};
  }
  return option + text_of_indices(*only);
}

template <typename Entry>
void keep_only(const Indices& only, std::vector<Entry>& entries) {
  if (!only) {
    return;
  }
  std::vector<Entry> kept;
  for (uint32_t i = 0; i < entries.size(); ++i) {
    if (std::find(only->begin(), only->end(), i) != only->end()) {
      kept.push_back(entries[i]);
    }
  }
  entries = std::move(kept);
}

}  // namespace

std::string text_of(const SeedOptions& options) {
  std::string text = "--seed " + std::to_string(options.seed) +
                     text_of(" --faults ", options.only_faults) +
                     text_of(" --deeds ", options.only_deeds);
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
  const auto drawn_faults = static_cast<uint32_t>(plan.faults.size());
  const auto drawn_deeds = static_cast<uint32_t>(config.deeds.size());
  keep_only(options.only_faults, plan.faults);
  keep_only(options.only_deeds, config.deeds);
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
  world.target->sabotage = {.confirms_blindly = options.mutant == Mutant::skips_registration,
                            .drops_aptpl = options.mutant == Mutant::forgets_aptpl,
                            .finds_keys = options.mutant == Mutant::lets_fenced_in};
  world.run();
  SeedResult result = result_of(world);
  result.fault_count = drawn_faults;
  result.deed_count = drawn_deeds;
  return result;
}

}  // namespace sim
