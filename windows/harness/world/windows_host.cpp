// See windows_host.h.
#include "windows/harness/world/windows_host.h"

#include <algorithm>
#include <utility>

#include "windows/driver/pool.h"

namespace harness {
namespace {

constexpr uint64_t kTimesStream = 0x74696d65;
constexpr uint64_t kHostStream = 0x686f7374;
// Of the driver: its own commands, and the requests that it counts.
using driver::kCommandTag;
// The longest limit of a command of the driver's own, and of a pass-through request.
constexpr uint64_t kOwnCommandNs = 20 * sim::kSecond;

}  // namespace

const char* name_of(Breach breach) {
  static constexpr const char* kNames[kBreaches] = {
      "none",
      "fence_forgotten",
      "completion_forgotten",
      "resume_forgotten",
      "recovery_forgotten",
      "error_swallowed",
      "reserve_out_passed_on",
      "setting_swallowed",
  };
  return kNames[static_cast<size_t>(breach)];
}

HostTimes draw_times(uint64_t seed) {
  base::Prng prng = base::Prng::stream(seed, kTimesStream);
  HostTimes times;
  times.request_s = static_cast<uint32_t>(prng.between(1, 5));
  times.link_down_ns = prng.between(1, 6) * sim::kSecond;
  times.login_ns = prng.between(500, 2000) * sim::kMillisecond;
  times.login_pause_ns = prng.between(400, 1500) * sim::kMillisecond;
  times.removes_devices = prng.chance(1, 2);
  times.removal_ns = prng.below(3 * sim::kSecond);
  times.extended_blocks = prng.chance(1, 2);
  times.times_out_as_reset = prng.chance(1, 2);
  times.patience.retries = static_cast<unsigned>(prng.between(3, 8));
  times.patience.retry_ns = prng.between(100, 1000) * sim::kMillisecond;
  times.patience.no_path_ns = prng.between(5, 20) * sim::kSecond;
  times.patience.recovery_ns = prng.between(500, 4000) * sim::kMillisecond;
  times.patience.verify_ns = prng.chance(1, 3) ? prng.between(1, 6) * sim::kSecond : 0;
  return times;
}

struct WindowsHost::PathState {
  WindowsHost* host = nullptr;
  uint32_t path = 0;
  bool wanted = true;   // a cable is in
  bool plugged = true;  // plug and play has dealt with that
  base::Timer removal{[](void* context) {
                        PathState& self = *static_cast<PathState*>(context);
                        self.host->remove_device(self.path);
                      },
                      this};
};

WindowsHost::Hosted::Hosted(WindowsHost& host, sim::World& world) : time(world) {
  Machine& here = machine();
  here.clock.follow(&time);
  here.processor = 0;
  here.registry.clear();
  here.references.clear();
  // A thread that could go on mostly gets a processor at once.
  here.workers.delay_ns = [&host] {
    return host.prng_.chance(1, 16) ? host.prng_.below(5 * sim::kMillisecond)
                                    : host.prng_.below(20 * sim::kMicrosecond);
  };
  set_supported_devices({u"DSMKIT  EMBEDDED ARRAY"});
  if (world.config.policy != 0) {
    set_policy_of_all(world.config.policy);
  }
}

WindowsHost::Hosted::~Hosted() {
  machine().workers.end();
  machine().workers.delay_ns = nullptr;
  machine().clock.follow(nullptr);
}

WindowsHost::WindowsHost(sim::World& world, const Image& image, Breach breach)
    : world_(world),
      times_(draw_times(world.config.seed)),
      prng_(base::Prng::stream(world.config.seed, kHostStream)),
      hosted_(*this, world),
      driver_(image),
      mpio_(&image),
      class_driver_(mpio_, world.clock, times_, world.config.seed) {
  mpio_.patience = times_.patience;
  mpio_.sabotage = {.forgets_completions = breach == Breach::completion_forgotten,
                    .forgets_resume = breach == Breach::resume_forgotten,
                    .forgets_recovery = breach == Breach::recovery_forgotten,
                    .swallows_errors = breach == Breach::error_swallowed,
                    .swallows_settings = breach == Breach::setting_swallowed};
  mpio_.ignores_will_handle = breach == Breach::reserve_out_passed_on;
  for (uint32_t path = 0; path < world.config.paths; ++path) {
    PortOwner& owner = *this;
    ports_.push_back(std::make_unique<FabricPort>(*world.fabric, world.clock, path, times_,
                                                  world.config.seed, owner));
    ports_.back()->forgets_fence = breach == Breach::fence_forgotten;
    paths_.push_back(std::make_unique<PathState>());
    paths_.back()->host = this;
    paths_.back()->path = path;
  }
  limits_.command_deadline_ns =
      std::max(times_.request_s * sim::kSecond, kOwnCommandNs) + times_.link_down_ns;
  limits_.login_deadline_ns = times_.login_ns;
  limits_.backoff_max_ns = times_.login_pause_ns;
  limits_.stability_ns = 2 * times_.patience.recovery_ns + times_.removal_ns;
  limits_.no_path_ns = times_.patience.no_path_ns;
  limits_.settle_loss_ns = times_.link_down_ns;
  // Every layer tries again, and each time the path may be one more that does not answer.
  const uint64_t one_ns = (times_.patience.retries + 1) * times_.patience.retry_ns +
                          times_.request_s * sim::kSecond + times_.link_down_ns;
  limits_.hopeless_ns = ClassDriver::kTries * (one_ns + ClassDriver::kPauseNs);
  limits_.request_ns = limits_.no_path_ns + limits_.hopeless_ns;
}

void WindowsHost::start() {
  if (driver_.load() != STATUS_SUCCESS || !mpio_.registered()) {
    fail("the driver does not load");
  }
  for (const auto& port : ports_) {
    port->start();
  }
  class_driver_.start();
}

bool WindowsHost::is_up(uint32_t path) const {
  return paths_[path]->wanted && ports_[path]->is_up() && mpio_.is_usable(*ports_[path]);
}

bool WindowsHost::path_in_service(uint32_t path) const {
  return paths_[path]->wanted ? is_up(path) : !paths_[path]->plugged;
}

void WindowsHost::on_port_up(FabricPort& port) {
  world_.clock.cancel(paths_[port.path()]->removal);
  reconcile(port.path());
}

void WindowsHost::on_port_gone(FabricPort& port) {
  reconcile(port.path());
}

// What plug and play has to do about a path.
void WindowsHost::reconcile(uint32_t path) {
  const FabricPort& port = *ports_[path];
  PathState& state = *paths_[path];
  if (closing_) {
    return;
  }
  if (!state.plugged) {
    return;
  }
  if (port.is_up() && !mpio_.knows(port)) {
    plug_and_play([this, path] { add_device(path); });
  } else if (port.is_gone() && mpio_.knows(port) && times_.removes_devices &&
             !state.removal.armed()) {
    world_.clock.arm_after(state.removal, prng_.below(times_.removal_ns + 1));
  }
}

// One thing at a time, in a thread that may wait.
void WindowsHost::plug_and_play(std::function<void()> job) {
  plug_and_play_.push_back(std::move(job));
  if (plug_and_play_runs_) {
    return;
  }
  plug_and_play_runs_ = true;
  machine().workers.start([this] {
    while (!plug_and_play_.empty()) {
      const std::function<void()> next = std::move(plug_and_play_.front());
      plug_and_play_.pop_front();
      next();
    }
    plug_and_play_runs_ = false;
  });
}

void WindowsHost::add_device(uint32_t path) {
  FabricPort& port = *ports_[path];
  if (closing_ || !port.is_up() || mpio_.knows(port)) {
    return;
  }
  // What was told in between, of a disk that was gone, is forgotten too.
  times_without_paths_ += mpio_.device_count() == 0 && times_without_paths_ != 0 ? 1 : 0;
  if (mpio_.arrive(port)) {
    reconcile(path);
  }
}

void WindowsHost::remove_device(uint32_t path) {
  plug_and_play([this, path] {
    FabricPort& port = *ports_[path];
    if (port.is_gone() && mpio_.knows(port)) {
      remove_from_mpio(port, /*orderly=*/false);
    }
    reconcile(path);
  });
}

void WindowsHost::remove_from_mpio(FabricPort& port, bool orderly) {
  mpio_.remove(port, orderly);
  times_without_paths_ += mpio_.device_count() == 0 ? 1 : 0;
}

void WindowsHost::remove_path(uint32_t path) {
  if (std::exchange(paths_[path]->wanted, false)) {
    world_.health.permit(path, false, world_.clock.now_ns());
    plug_and_play([this, path] { pull_cable(path); });
  }
}

void WindowsHost::add_path(uint32_t path) {
  if (!std::exchange(paths_[path]->wanted, true)) {
    plug_and_play([this, path] { plug_cable(path); });
  }
}

void WindowsHost::pull_cable(uint32_t path) {
  PathState& state = *paths_[path];
  FabricPort& port = *ports_[path];
  if (!state.plugged) {
    return;
  }
  world_.clock.cancel(state.removal);
  if (mpio_.knows(port)) {
    remove_from_mpio(port, /*orderly=*/true);
  }
  machine().wait_until([&port] { return port.open() == 0; }, "the last request of a port");
  port.stop();
  state.plugged = false;
  world_.wire->allow(path, sim::WireJudge::Use::nothing);
}

void WindowsHost::plug_cable(uint32_t path) {
  PathState& state = *paths_[path];
  if (!state.plugged) {
    state.plugged = true;
    world_.wire->allow(path, sim::WireJudge::Use::all);
    ports_[path]->start();
  }
  world_.health.permit(path, true, world_.clock.now_ns());
}

std::string WindowsHost::unrest() const {
  std::string text = mpio_.unrest();
  const auto say = [&text](size_t count, const char* what) {
    text += count == 0 ? "" : std::to_string(count) + " " + what + " ";
  };
  say(class_driver_.open(), "requests of the class driver");
  for (const auto& port : ports_) {
    say(port->open(), "requests in a port driver");
  }
  if (machine().workers.count() != 0) {
    text += "threads that wait for " + machine().workers.text() + " ";
  }
  say(machine().pool.count(kCommandTag), "commands of the driver's own");
  return text;
}

std::string WindowsHost::text() const {
  std::string text;
  for (const auto& port : ports_) {
    text += " [" + port->text() +
            (mpio_.is_usable(*port) ? ", usable]"
             : mpio_.knows(*port)   ? ", failed]"
                                    : ", no device]");
  }
  return text;
}

bool WindowsHost::at_rest() const {
  return unrest().empty() && !plug_and_play_runs_;
}

WindowsHost::~WindowsHost() {
  closing_ = true;
  for (const auto& state : paths_) {
    world_.clock.cancel(state->removal);
  }
  unload();
}

void WindowsHost::load_again() {
  const Patience patience = mpio_.patience;
  unload();
  mpio_.patience = patience;
  if (driver_.load() != STATUS_SUCCESS || !mpio_.registered()) {
    fail("the driver does not load again");
  }
  for (const auto& port : ports_) {
    if (port->is_up()) {
      mpio_.arrive(*port);
    }
  }
}

void WindowsHost::unload() {
  // What is still open ends by its limits, in a world where nothing works too.
  const uint64_t limit = world_.clock.now_ns() + 600 * sim::kSecond;
  while (!at_rest() && world_.clock.step(limit)) {
  }
  if (!at_rest()) {
    fail("the host cannot be shut down: " + unrest() + text());
  }
  mpio_.patience.recovery_ns = 0;
  mpio_.patience.verify_ns = 0;
  driver_.unload();
}

}  // namespace harness
