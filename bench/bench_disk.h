// mpio::Disk over libiscsi in this process, without any front end: reads are submitted on the
// disk's own lanes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/contender.h"
#include "io/event_loop.h"
#include "io/iscsi_path_config.h"
#include "io/iscsi_transport.h"
#include "io/loop_thread.h"
#include "mpio/disk.h"

namespace bench {

class BenchDisk final : public Contender {
 public:
  // Logs in everywhere and waits until every path is up; gives up when that fails. The first lane
  // is the calling thread; lane i is pinned to cpus[i % size] (none: not at all).
  BenchDisk(const std::vector<io::IscsiPathConfig>& paths, unsigned lanes, ReadShape shape,
            const std::vector<int>& cpus);
  ~BenchDisk() override;
  BenchDisk(const BenchDisk&) = delete;
  BenchDisk& operator=(const BenchDisk&) = delete;

  // Spread evenly over the lanes, each of which has `depth` reads under way.
  void run(uint64_t reads) override;

  const mpio::Disk& disk() const { return *disk_; }

 private:
  class LaneLoad;

  io::EventLoop& loop_of(unsigned lane) {
    return lane == 0 ? loop_ : other_lanes_[lane - 1]->loop();
  }
  void wait_until_up();

  io::EventLoop loop_;
  std::vector<std::unique_ptr<io::LoopThread>> other_lanes_;
  std::vector<std::unique_ptr<io::IscsiTransport>> transports_;
  std::unique_ptr<mpio::Disk> disk_;
  std::vector<std::unique_ptr<LaneLoad>> loads_;
  size_t loads_left_ = 0;
};

}  // namespace bench
