// How much heap does one idle disk take? What malloc has given out (mallinfo2, all arenas) before
// the disk is made and when all its paths are up; and once more after a burst of reads, for the
// pools that those leave behind.
//
//   bench/heap.py, or: build/release/bench/heap --lanes 2 URL URL URL URL
#include <fmt/format.h>
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/bench_disk.h"
#include "io/iscsi_url.h"

namespace {

// Freed pieces that a thread keeps for itself count as given out: the figure is a little too high.
size_t given_out_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures the heap of one idle disk");
  unsigned lanes = 1;
  std::vector<std::string> urls;
  app.add_option("--lanes", lanes, "")
      ->capture_default_str()
      ->check(CLI::Range(1U, static_cast<unsigned>(mpio::Disk::kMaxLanes)));
  app.add_option("url", urls, "iscsi://HOST:PORT/TARGET/LUN, one per path")->required();
  CLI11_PARSE(app, argc, argv);
  std::vector<io::IscsiPathConfig> paths;
  for (const std::string& text : urls) {
    io::IscsiUrl url = io::parse_iscsi_url(text);
    if (!url.error.empty()) {
      bench::give_up(text.c_str(), url.error.c_str());
    }
    io::set_initiator(url.path, "iqn.2026-11.dev.dsmkit:bench-heap", 0);
    paths.push_back(url.path);
  }
  // The reads' own buffers are none of the disk's: one of 512 bytes.
  const auto measure = [&](bench::ReadShape shape, uint64_t reads) {
    const size_t before = given_out_bytes();
    bench::BenchDisk disk(paths, lanes, shape, {});
    if (reads != 0) {
      disk.run(reads);
    }
    return given_out_bytes() - before;
  };
  measure({512, 1}, 0);  // what libraries keep for ever once they have been used is no disk's
  const size_t idle = measure({512, 1}, 0);
  constexpr bench::ReadShape kBurst{4096, 32};
  const size_t buffers = size_t{kBurst.bytes} * kBurst.depth * lanes;
  const size_t used = measure(kBurst, 10'000) - buffers;
  fmt::print("{} lanes, {} paths: {} KiB idle; {} KiB after reads at queue depth {} per lane\n",
             lanes, paths.size(), (idle + 1023) / 1024, (used + 1023) / 1024, kBurst.depth);
  return 0;
}
