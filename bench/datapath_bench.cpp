// The data path against the bare thing, in one process. bench/datapath.py and its siblings start
// the targets and run this; `--help` explains the rest.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "bench/bench_disk.h"
#include "bench/pairs.h"
#include "bench/raw_session.h"
#include "io/iscsi_url.h"

namespace {

struct Options {
  std::vector<std::string> urls;
  bench::ReadShape shape;
  bench::PairsPlan plan;
  unsigned lanes = 1;
  std::vector<int> cpus;
  std::string contender;
  uint64_t reads = 10'000;
};

// Each contender has a name of its own: one name logging in twice would end its own first session.
std::vector<io::IscsiPathConfig> paths_of(const Options& options, const std::string& contender,
                                          size_t count) {
  std::vector<io::IscsiPathConfig> paths;
  for (size_t i = 0; i < count; ++i) {
    io::IscsiUrl url = io::parse_iscsi_url(options.urls.at(i));
    if (!url.error.empty()) {
      bench::give_up("--url", url.error.c_str());
    }
    io::set_initiator(url.path, "iqn.2026-11.dev.dsmkit:bench-" + contender, 0);
    paths.push_back(url.path);
  }
  return paths;
}

void disk_against_raw(const Options& options) {
  bench::BenchDisk disk(paths_of(options, "disk", 1), 1, options.shape, options.cpus);
  bench::RawSession raw(paths_of(options, "raw", 1)[0], options.shape);
  bench::compare({"raw libiscsi", raw}, {"mpio::Disk", disk}, options.plan, options.shape.bytes);
}

void two_against_one(const Options& options) {
  if (options.urls.size() != 2) {
    bench::give_up("two-against-one", "needs --url twice");
  }
  bench::BenchDisk one(paths_of(options, "one", 1), options.lanes, options.shape, options.cpus);
  bench::BenchDisk two(paths_of(options, "two", 2), options.lanes, options.shape, options.cpus);
  bench::compare({"one path", one}, {"two paths", two}, options.plan, options.shape.bytes);
}

void run_one(const Options& options) {
  bench::pin_this_thread(options.cpus.empty() ? -1 : options.cpus[0]);
  std::unique_ptr<bench::Contender> contender;
  if (options.contender == "raw") {
    contender = std::make_unique<bench::RawSession>(paths_of(options, "raw", 1)[0], options.shape);
  } else {
    contender = std::make_unique<bench::BenchDisk>(paths_of(options, "disk", options.urls.size()),
                                                   options.lanes, options.shape, options.cpus);
  }
  contender->run(options.reads);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures dsmkit's data path against the bare thing");
  Options options;
  app.add_option("--url", options.urls, "iscsi://HOST:PORT/TARGET/LUN")->required();
  app.add_option("--bytes", options.shape.bytes, "of one read")
      ->capture_default_str()
      ->check(CLI::Range(512, 1 << 20));
  app.add_option("--depth", options.shape.depth, "reads under way, per lane")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  app.add_option("--lanes", options.lanes, "of the disk")
      ->capture_default_str()
      ->check(CLI::Range(1U, static_cast<unsigned>(mpio::Disk::kMaxLanes)));
  app.add_option("--cpu", options.cpus, "where the lanes run, one after the other");
  app.add_option("--pairs", options.plan.pairs, "")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  app.add_option("--seconds", options.plan.seconds, "of each half of a pair")
      ->capture_default_str();
  app.require_subcommand(1);
  app.fallthrough();
  app.add_subcommand("disk-against-raw", "mpio::Disk on one path against a libiscsi session")
      ->callback([&] { disk_against_raw(options); });
  app.add_subcommand("two-against-one", "a disk on two paths against a disk on the first of them")
      ->callback([&] { two_against_one(options); });
  auto* run = app.add_subcommand("run", "one of them alone, for a profiler");
  run->add_option("contender", options.contender, "raw or disk")
      ->required()
      ->check(CLI::IsMember({"raw", "disk"}));
  run->add_option("--reads", options.reads, "")->capture_default_str();
  run->callback([&] { run_one(options); });
  CLI11_PARSE(app, argc, argv);
  return 0;
}
