// dsmkit verify-blocks --nbd ADDRESS ...: a load that sees lost, torn, misplaced and resurrected
// writes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/size_text.h"
#include "cli/verify/run.h"
#include "io/event_loop.h"
#include "io/nbd/client.h"

namespace cli {
namespace {

struct VerifyOptions {
  std::string nbd;
  std::string size;
  std::string backing;
  unsigned connections = 1;
  unsigned seconds = 0;
  uint64_t seed = 0;
  bool until_signal = false;
  verify::RunOptions run;
};

class Verifying {
 public:
  Verifying(const VerifyOptions& options, io::EventLoop& loop, io::nbd::Address address,
            uint64_t block_count)
      : options_(options),
        loop_(loop),
        address_(std::move(address)),
        ledger_(options.seed, block_count) {}

  int run() {
    for (const int number : {SIGTERM, SIGINT}) {
      loop_.on_signal(number, [this] { stop(); });
    }
    for (unsigned i = 0; i < options_.connections; ++i) {
      clients_.push_back(
          std::make_unique<io::nbd::Client>(loop_, address_, io::nbd::ClientConfig{}));
      clients_.back()->on_lost([this](const std::string& why) { on_lost(why); });
      clients_.back()->connect([this](const std::string& error) { on_connected(error); });
    }
    loop_.run();
    return exit_code_;
  }

 private:
  void on_connected(const std::string& error) {
    if (!error.empty()) {
      exit_code_ = fail(kExitUnavailable, error);
      loop_.stop();
      return;
    }
    if (++connected_ < clients_.size()) {
      return;
    }
    const mpio::Geometry& geometry = clients_[0]->geometry();
    const uint64_t wanted = ledger_.block_count() * options_.run.block_bytes;
    if (geometry.size_bytes < wanted ||
        options_.run.block_bytes % geometry.logical_block_bytes != 0) {
      exit_code_ = fail(kExitUsage,
                        fmt::format("the export has {} bytes in blocks of {}; the verified range "
                                    "needs {} bytes in blocks of {}: give another --size or "
                                    "--block-size",
                                    geometry.size_bytes, geometry.logical_block_bytes, wanted,
                                    options_.run.block_bytes));
      loop_.stop();
      return;
    }
    if (geometry.read_only) {
      exit_code_ = fail(kExitUsage, "the export is read-only; verify-blocks has to write to it");
      loop_.stop();
      return;
    }
    std::vector<mpio::BlockDevice*> devices;
    for (const auto& client : clients_) {
      devices.push_back(client.get());
    }
    run_ = std::make_unique<verify::Run>(options_.run, ledger_, loop_, devices);
    run_->start([this] { on_load_done(); });
    fmt::print("running: {} in blocks of {} bytes, seed {}\n", format_size(wanted),
               options_.run.block_bytes, options_.seed);
    std::fflush(stdout);
    if (options_.seconds != 0) {
      loop_.arm_after(end_timer_, options_.seconds * uint64_t{1'000'000'000});
    }
  }

  void stop() {
    if (run_ == nullptr) {
      loop_.stop();
      return;
    }
    run_->stop();
  }

  void on_lost(const std::string& why) {
    fmt::print(stderr, "dsmkit: {}\n", why);
    connection_lost_ = true;
    stop();
  }

  void on_load_done() {
    if (connection_lost_) {
      report();
      return;
    }
    run_->read_back([this] { report(); });
  }

  void report() {
    verify::RunReport report = run_->report();
    std::string error;
    if (!options_.backing.empty() && !connection_lost_ &&
        !verify::check_file(options_.backing, options_.run, ledger_, report, error)) {
      exit_code_ = fail(kExitUnavailable, error);
    }
    for (const verify::DamageRecord& damage : report.damage) {
      fmt::print("block {}: {} (shows version {}, at least {} was promised)\n", damage.block,
                 verify::name_of(damage.finding), damage.content.version, damage.expected_version);
    }
    if (report.io_errors != 0) {
      fmt::print("first I/O error: {}\n", std::strerror(report.first_error));
    }
    fmt::print("{} blocks written, {} verified, {} damaged, {} I/O errors\n", report.blocks_written,
               report.blocks_verified, report.damaged_blocks, report.io_errors);
    if (report.damaged_blocks != 0 || report.io_errors != 0 || connection_lost_) {
      exit_code_ = kExitFailed;
    }
    loop_.stop();
  }

  const VerifyOptions& options_;
  io::EventLoop& loop_;
  io::nbd::Address address_;
  verify::Ledger ledger_;
  std::vector<std::unique_ptr<io::nbd::Client>> clients_;
  std::unique_ptr<verify::Run> run_;
  size_t connected_ = 0;
  bool connection_lost_ = false;
  int exit_code_ = kExitOk;
  base::MemberTimer<&Verifying::stop> end_timer_{*this};
};

int verify_blocks(VerifyOptions& options) {
  const io::nbd::ParsedAddress address = io::nbd::parse_address(options.nbd);
  if (!address.address) {
    return fail(kExitUsage, "--nbd " + options.nbd + ": " + address.error);
  }
  const auto size = parse_size_bytes(options.size);
  if (!size || *size < options.run.block_bytes) {
    return fail(kExitUsage, fmt::format("--size {}: give a size such as 64M, at least one block",
                                        options.size));
  }
  if (options.seed == 0) {
    options.seed = std::random_device{}() | 1U;
  }
  if (!options.until_signal && options.seconds == 0 && options.run.operation_limit == 0) {
    options.seconds = 10;
  }
  io::EventLoop loop;
  Verifying verifying(options, loop, *address.address, *size / options.run.block_bytes);
  return verifying.run();
}

}  // namespace

void add_verify_blocks_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "verify-blocks", "Load an NBD export with versioned blocks and check every answer");
  auto options = std::make_shared<VerifyOptions>();
  options->size = "64M";
  command->add_option("--nbd", options->nbd, "unix:SOCKET or tcp:HOST:PORT")->required();
  command->add_option("--size", options->size, "Verified range from the start of the export")
      ->capture_default_str();
  command->add_option("--block-size", options->run.block_bytes, "Bytes per versioned block")
      ->capture_default_str()
      ->check(CLI::Range(512, 65536));
  command->add_option("--queue-depth", options->run.queue_depth, "Requests at a time")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  command->add_option("--connections", options->connections, "NBD connections")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  command->add_option("--seconds", options->seconds, "Stop after so long (default 10)");
  command->add_option("--operations", options->run.operation_limit, "Stop after so many requests");
  command->add_flag("--until-signal", options->until_signal, "Stop on SIGINT or SIGTERM");
  command->add_option("--backing", options->backing,
                      "In the end also judge the blocks in this file (the array's backing store)");
  command->add_option("--seed", options->seed, "Repeat a run (default: a fresh one, printed)");
  command->callback(
      [&invocation, options] { invocation.run = [options] { return verify_blocks(*options); }; });
}

}  // namespace cli
