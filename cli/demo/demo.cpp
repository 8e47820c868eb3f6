// See demo.h.
#include "cli/demo/demo.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/prng.h"
#include "base/units.h"
#include "cli/exit_codes.h"
#include "cli/size_text.h"

namespace cli::demo {
namespace {

using base::kNsPerMs;
constexpr uint64_t kTickNs = 50 * kNsPerMs;
constexpr uint64_t kLunBytes = 64u << 20;
constexpr uint64_t kVerifiedBytes = 16u << 20;
constexpr uint64_t kPatienceNs = 30'000 * kNsPerMs;  // for paths to come back

PathState drawn(mpio::PathState state, bool carries_io) {
  switch (state) {
    case mpio::PathState::connecting:
    case mpio::PathState::verifying:
      return PathState::connecting;
    case mpio::PathState::stabilising:
      return PathState::waiting;
    case mpio::PathState::up:
      return carries_io ? PathState::serving : PathState::waiting;
    case mpio::PathState::suspect:
      return PathState::suspect;
    case mpio::PathState::leaving:
    case mpio::PathState::down:
    case mpio::PathState::disabled:
    case mpio::PathState::refused:
      return PathState::down;
  }
  return PathState::down;
}

std::string make_folder() {
  const char* const tmp = std::getenv("TMPDIR");
  std::string name =
      std::string(tmp != nullptr && *tmp != '\0' ? tmp : "/tmp") + "/dsmkit-demo-XXXXXX";
  return ::mkdtemp(name.data()) != nullptr ? name : std::string();
}

}  // namespace

std::vector<Demo::Scene> Demo::script(uint64_t seed) {
  base::Prng prng = base::Prng::stream(seed, 0x64656d6f);
  const std::string controller = std::to_string(prng.below(2));
  // One of controller 0's, whose group is at home there: a port that carries I/O.
  const std::string port = std::to_string(2 * prng.below(Stage::kPorts / 2));
  const auto ms = [&prng](uint64_t low, uint64_t high) {
    return prng.between(low, high) * kNsPerMs;
  };
  return {
      {.name = "calm", .at_least_ns = ms(1'000, 1'500)},
      {.name = "controller " + controller + " crashes",
       .fault = true,
       .fault_name = "controller-crash",
       .arguments = {controller},
       .at_least_ns = ms(1'500, 2'500)},
      {.name = "controller " + controller + " comes back",
       .fault_name = "controller-restart",
       .arguments = {controller},
       .at_least_ns = 1'000 * kNsPerMs,
       .until_all_serve = true},
      {.name = "port " + port + " is a black hole",
       .fault = true,
       .fault_name = "black-hole",
       .arguments = {port, "on"},
       .at_least_ns = ms(2'500, 3'500)},
      {.name = "port " + port + " heals",
       .fault_name = "black-hole",
       .arguments = {port, "off"},
       .at_least_ns = 1'000 * kNsPerMs,
       .until_all_serve = true},
      {.name = "calm again", .at_least_ns = 1'000 * kNsPerMs},
  };
}

Demo::Demo(const DemoOptions& options, io::EventLoop& loop)
    : options_(options), loop_(loop), folder_(make_folder()), stage_(loop) {
  if (options_.seed == 0) {
    options_.seed = std::random_device{}() | 1U;
  }
  scenes_ = script(options_.seed);
  stage_.on_path = [this](unsigned path, mpio::PathState after, const std::string& why) {
    on_path(path, after, why);
  };
}

Demo::~Demo() {
  loop_.cancel(tick_);
  load_.reset();
  client_.reset();
  if (!folder_.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
}

void Demo::give_up(int code, const std::string& why) {
  fmt::print(stderr, "dsmkit: {}\n", why);
  exit_code_ = code;
  loop_.stop();
}

int Demo::run() {
  if (folder_.empty()) {
    fmt::print(stderr, "dsmkit: cannot make a temporary folder; set TMPDIR to one with room\n");
    return kExitUnavailable;
  }
  fmt::print("seed {} (repeat with: dsmkit demo --seed {})\n", options_.seed, options_.seed);
  if (const std::string error = stage_.open_array(folder_, kLunBytes); !error.empty()) {
    fmt::print(stderr, "dsmkit: {}\n", error);
    return kExitUnavailable;
  }
  for (const int number : {SIGTERM, SIGINT}) {
    loop_.on_signal(number, [this] { give_up(kExitFailed, "interrupted before the end"); });
  }
  began_ns_ = loop_.now_ns();
  for (unsigned port = 0; port < Stage::kPorts; ++port) {
    timeline_.paths.push_back({});
    timeline_.change_state(port, 0, PathState::connecting, "");
  }
  stage_.open_disk(folder_, [this](const std::string& error) { on_disk_ready(error); });
  loop_.run();
  return exit_code_;
}

void Demo::on_disk_ready(const std::string& error) {
  if (!error.empty()) {
    give_up(kExitFailed, error);
    return;
  }
  client_ = std::make_unique<io::nbd::Client>(loop_, stage_.nbd(), io::nbd::ClientConfig{});
  client_->connect([this](const std::string& why) { on_connected(why); });
}

void Demo::on_connected(const std::string& error) {
  if (!error.empty()) {
    give_up(kExitFailed, error);
    return;
  }
  fmt::print(
      "an array of 2 controllers with {} portals, a disk over all of them ({}), verified "
      "load through NBD\n\n",
      Stage::kPorts, format_size(client_->geometry().size_bytes));
  verify::RunOptions load;
  load.queue_depth = options_.queue_depth;
  ledger_ = std::make_unique<verify::Ledger>(options_.seed, kVerifiedBytes / load.block_bytes);
  load_ = std::make_unique<verify::Run>(load, *ledger_, loop_,
                                        std::vector<mpio::BlockDevice*>{client_.get()});
  load_->on_request = [this](const verify::RequestTrace& request) {
    timeline_.add_request(request.issued_ns - began_ns_, request.finished_ns - began_ns_);
  };
  load_->start([this] { read_back(); });
  begin_scene();
  loop_.arm_after(tick_, kTickNs);
}

void Demo::begin_scene() {
  const Scene& scene = scenes_[scene_];
  scene_began_ns_ = now();
  all_serve_ = false;
  timeline_.begin_phase(scene.name, scene.fault, now());
  fmt::print("{:6.1f} s  {}\n", static_cast<double>(now()) / 1e9, scene.name);
  std::fflush(stdout);
  if (!scene.fault_name.empty()) {
    if (const std::string error = stage_.fault(scene.fault_name, scene.arguments); !error.empty()) {
      give_up(kExitFailed, error);
    }
  }
}

// The disk itself tells what was slow for which reason; a client only sees that it was.
void Demo::end_scene() {
  const size_t phase = timeline_.phases.size() - 1;
  stage_.take_longest([this, phase](const mpio::Disk::Longest& longest) {
    longest_.resize(phase + 1);
    longest_[phase] = longest;
  });
}

void Demo::on_tick() {
  stage_.status([this](const mpio::DiskStatus& status) { take_sample(status); });
  const Scene& scene = scenes_[scene_];
  const uint64_t lasted = now() - scene_began_ns_;
  if (scene.until_all_serve && !all_serve_ && lasted > kPatienceNs) {
    give_up(kExitFailed, "not all paths came back after: " + scene.name);
    return;
  }
  if (lasted >= scene.at_least_ns && (!scene.until_all_serve || all_serve_)) {
    end_scene();
    if (++scene_ == scenes_.size()) {
      --scene_;
      timeline_.finish(now());
      load_->stop();
      return;
    }
    begin_scene();
  }
  loop_.arm_after(tick_, kTickNs);
}

void Demo::take_sample(const mpio::DiskStatus& status) {
  ios_before_.resize(status.paths.size(), 0);
  all_serve_ = true;
  for (size_t i = 0; i < status.paths.size(); ++i) {
    const mpio::PathStatus& path = status.paths[i];
    timeline_.paths[i].name = fmt::format("path {} group {}", i, path.group);
    timeline_.add_ios(i, now(), static_cast<uint32_t>(path.ios - ios_before_[i]));
    ios_before_[i] = path.ios;
    all_serve_ &= path.state == mpio::PathState::up;
    const PathState state = drawn(path.state, path.candidate);
    if (timeline_.state_at(i, now()) != state) {
      timeline_.change_state(i, now(), state, path.last_error);
    }
  }
}

void Demo::on_path(unsigned path, mpio::PathState after, const std::string& why) {
  // Whether a path that is up carries I/O is seen by the next sample.
  if (after != mpio::PathState::up) {
    timeline_.change_state(path, now(), drawn(after, false), why);
  }
  if (load_ != nullptr && !why.empty()) {
    fmt::print("{:6.1f} s    path {}: {}\n", static_cast<double>(now()) / 1e9, path, why);
    std::fflush(stdout);
  }
}

void Demo::read_back() {
  load_->read_back([this] { finish(); });
}

void Demo::finish() {
  verify::RunReport report = load_->report();
  std::string error;
  verify::RunOptions options;
  if (!verify::check_file(stage_.backing_file(), options, *ledger_, report, error)) {
    give_up(kExitFailed, error);
    return;
  }
  client_->disconnect([this, report] {
    stage_.stop_disk([this, report] {
      print_result(report);
      loop_.stop();
    });
  });
}

void Demo::print_result(const verify::RunReport& report) {
  for (size_t phase = 0; phase < longest_.size(); ++phase) {
    timeline_.phases[phase].longest_stall_ns = longest_[phase].request_ns;
    timeline_.phases[phase].longest_held_ns = longest_[phase].held_write_ns;
  }
  fmt::print("\n{}\n", render_text(timeline_, options_.unicode));
  fmt::print(
      "Held writes: a newer write over a block whose last write may still be executed by a dead "
      "port "
      "waits until\nthat port lets the disk log in again (docs/late-writes.md). Nothing else waits "
      "for it.\n\n");
  if (!options_.svg.empty()) {
    std::ofstream file(options_.svg, std::ios::trunc);
    file << render_svg(timeline_, fmt::format("dsmkit demo, seed {}", options_.seed));
    if (file.flush()) {
      fmt::print("timeline drawn in {}\n", options_.svg);
    } else {
      fmt::print(stderr, "dsmkit: cannot write {}; give another file with --svg\n", options_.svg);
    }
  }
  for (const verify::DamageRecord& damage : report.damage) {
    fmt::print("block {}: {}\n", damage.block, verify::name_of(damage.finding));
  }
  std::string stalls;
  for (const Phase& phase : timeline_.phases) {
    if (phase.fault) {
      stalls += fmt::format("{}{} {}", stalls.empty() ? "" : ", ", phase.name,
                            format_duration_ns(phase.longest_stall_ns));
    }
  }
  fmt::print(
      "{} blocks written, {} blocks verified, {} damaged, {} I/O errors; longest stall: {}\n",
      report.blocks_written, report.blocks_verified, report.damaged_blocks, report.io_errors,
      stalls);
  exit_code_ = report.damaged_blocks == 0 && report.io_errors == 0 ? kExitOk : kExitFailed;
}

}  // namespace cli::demo
