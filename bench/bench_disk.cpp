// See bench_disk.h.
#include "bench/bench_disk.h"

#include <cstring>

#include "base/prng.h"
#include "io/iscsi_url.h"

namespace bench {

// The reads of one lane, on its thread.
class BenchDisk::LaneLoad {
 public:
  LaneLoad(mpio::BlockDevice& device, ReadShape shape, unsigned lane, BenchDisk& disk)
      : device_(device), shape_(shape), disk_(disk), prng_(lane + 1) {
    places_ = device_.geometry().size_bytes / shape_.bytes;
    for (unsigned i = 0; i < shape_.depth; ++i) {
      Read& read = *reads_.emplace_back(std::make_unique<Read>());
      read.data.resize(shape_.bytes);
      read.slice = {read.data.data(), read.data.size()};
      read.request.length_bytes = shape_.bytes;
      read.request.slices = {&read.slice, 1};
      read.request.owner = this;
      read.request.done = [](mpio::BlockRequest& request) {
        static_cast<LaneLoad*>(request.owner)->on_done(request);
      };
    }
  }

  void start(uint64_t reads) {
    to_submit_ = to_finish_ = reads;
    for (size_t i = 0; i < reads_.size() && to_submit_ != 0; ++i) {
      submit(reads_[i]->request);
    }
  }

 private:
  struct Read {
    std::vector<uint8_t> data;
    mpio::IoSlice slice;
    mpio::BlockRequest request;
  };

  void submit(mpio::BlockRequest& request) {
    --to_submit_;
    request.offset_bytes = prng_.below(places_) * shape_.bytes;
    device_.submit(request);
  }
  void on_done(mpio::BlockRequest& request) {
    if (request.error != 0) {
      give_up("a read of the disk failed", std::strerror(request.error));
    }
    if (--to_finish_ == 0) {
      disk_.loop_.post([this] {
        if (--disk_.loads_left_ == 0) {
          disk_.loop_.stop();
        }
      });
    } else if (to_submit_ != 0) {
      submit(request);
    }
  }

  mpio::BlockDevice& device_;
  ReadShape shape_;
  BenchDisk& disk_;
  base::Prng prng_;
  uint64_t places_ = 0;
  std::vector<std::unique_ptr<Read>> reads_;
  uint64_t to_submit_ = 0;
  uint64_t to_finish_ = 0;
};

BenchDisk::BenchDisk(const std::vector<io::IscsiPathConfig>& paths, unsigned lanes, ReadShape shape,
                     const std::vector<int>& cpus) {
  std::vector<mpio::LaneSetup> setups;
  for (unsigned lane = 0; lane < lanes; ++lane) {
    const int cpu = cpus.empty() ? -1 : cpus[lane % cpus.size()];
    if (lane == 0) {
      pin_this_thread(cpu);
    } else {
      other_lanes_.push_back(std::make_unique<io::LoopThread>());
      other_lanes_.back()->run([cpu] { pin_this_thread(cpu); });
    }
    mpio::LaneSetup& setup = setups.emplace_back();
    setup.loop = &loop_of(lane);
    for (io::IscsiPathConfig path : paths) {
      io::set_initiator(path, path.initiator_name, lane);
      transports_.push_back(std::make_unique<io::IscsiTransport>(loop_of(lane), path));
      setup.transports.push_back(transports_.back().get());
    }
  }
  mpio::DiskConfig config;
  config.stability_ms = 0;
  disk_ = std::make_unique<mpio::Disk>(config, setups, nullptr);
  disk_->start(20'000, [this](const std::string& error) {
    if (!error.empty()) {
      give_up("the disk does not start", error.c_str());
    }
    loop_.stop();
  });
  loop_.run();
  wait_until_up();
  for (unsigned lane = 0; lane < lanes; ++lane) {
    loads_.push_back(std::make_unique<LaneLoad>(disk_->lane(lane), shape, lane, *this));
  }
}

void BenchDisk::wait_until_up() {
  const uint64_t end = loop_.now_ns() + 20'000'000'000;
  while (disk_->status().state != "ok") {
    if (loop_.now_ns() > end) {
      give_up("the disk does not get all its paths", disk_->status().state.c_str());
    }
    loop_.run_once(10);
  }
}

BenchDisk::~BenchDisk() {
  disk_->stop(10'000, [this] { loop_.stop(); });
  loop_.run();
  for (const auto& lane : other_lanes_) {
    lane->join();
  }
  disk_.reset();
  transports_.clear();
}

void BenchDisk::run(uint64_t reads) {
  loads_left_ = loads_.size();
  const uint64_t share = (reads + loads_.size() - 1) / loads_.size();
  for (size_t lane = 1; lane < loads_.size(); ++lane) {
    other_lanes_[lane - 1]->post([&load = *loads_[lane], share] { load.start(share); });
  }
  loads_[0]->start(share);
  loop_.run();
}

}  // namespace bench
