// A disk whose lanes are real threads, over real sockets to the embedded array: writers on every
// lane while ports go down and come back. What this adds to the simulator is memory: it runs under
// ThreadSanitizer.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <vector>

#include "array/array.h"
#include "io/iscsi/array_device.h"
#include "io/iscsi_target.h"
#include "io/iscsi_transport.h"
#include "io/iscsi_url.h"
#include "io/loop_thread.h"
#include "mpio/disk.h"

namespace io {
namespace {

constexpr unsigned kLanes = 3;
constexpr unsigned kPorts = 2;
constexpr uint32_t kBlockBytes = 512;
constexpr uint64_t kBlocksPerWriter = 8;
constexpr unsigned kRounds = 400;

// Writes its own blocks again and again and reads them back, one request at a time, on one lane.
class Writer {
 public:
  Writer(mpio::BlockDevice& device, unsigned number) : device_(device), number_(number) {
    request_.owner = this;
    request_.slices = {&slice_, 1};
    request_.done = [](mpio::BlockRequest& request) {
      static_cast<Writer*>(request.owner)->on_done();
    };
  }

  void step() {
    const uint64_t block = number_ * kBlocksPerWriter + round_ % kBlocksPerWriter;
    request_.op = reading_ ? mpio::BlockOp::read : mpio::BlockOp::write;
    request_.offset_bytes = block * kBlockBytes;
    request_.length_bytes = kBlockBytes;
    data_.fill(reading_ ? 0 : stamp());
    device_.submit(request_);
  }

  std::future<void> over() { return over_.get_future(); }
  unsigned errors() const { return errors_; }
  unsigned wrong() const { return wrong_; }

 private:
  uint8_t stamp() const { return static_cast<uint8_t>(round_ * 7 + number_); }

  void on_done() {
    errors_ += request_.error != 0 ? 1 : 0;
    if (reading_) {
      wrong_ += data_.front() != stamp() || data_.back() != stamp() ? 1 : 0;
      ++round_;
    }
    reading_ = !reading_;
    if (round_ == kRounds) {
      over_.set_value();
    } else {
      step();
    }
  }

  mpio::BlockDevice& device_;
  unsigned number_;
  std::array<uint8_t, kBlockBytes> data_{};
  mpio::IoSlice slice_{data_.data(), data_.size()};
  mpio::BlockRequest request_;
  unsigned round_ = 0;
  bool reading_ = false;
  unsigned errors_ = 0;
  unsigned wrong_ = 0;
  std::promise<void> over_;
};

class DiskLanesOnThreads : public ::testing::Test {
 protected:
  DiskLanesOnThreads() {
    array::Config config;
    config.luns.push_back({.size_bytes = 1u << 20});
    config.alua = array::AluaMode::none;
    config.symmetric = true;
    IscsiTarget::Settings settings;
    for (unsigned port = 0; port < kPorts; ++port) {
      config.ports.push_back({.controller = port});
      settings.portals.push_back({"127.0.0.1", 0});
    }
    array_thread.run([&] {
      std::string error;
      storage = array::Array::create(config, array_thread.loop(), error);
      device.emplace(*storage);
      target = IscsiTarget::open(array_thread.loop(), *device, std::move(settings), error);
      EXPECT_EQ(error, "");
    });
    std::vector<mpio::LaneSetup> lanes;
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      mpio::LaneSetup& setup = lanes.emplace_back();
      setup.loop = &threads[lane].loop();
      for (unsigned port = 0; port < kPorts; ++port) {
        IscsiUrl url = parse_iscsi_url("iscsi://" + target->portal_text(port) + "/" +
                                       config.target_name + "/0");
        set_initiator(url.path, "iqn.2026-11.test.dsmkit:threads", lane);
        transports.push_back(std::make_unique<IscsiTransport>(threads[lane].loop(), url.path));
        setup.transports.push_back(transports.back().get());
      }
    }
    mpio::DiskConfig tuned;
    tuned.stability_ms = 10;
    tuned.backoff_max_ms = 50;
    disk = std::make_unique<mpio::Disk>(tuned, lanes, nullptr);
    std::promise<std::string> started;
    threads[0].post(
        [&] { disk->start(20'000, [&](const std::string& error) { started.set_value(error); }); });
    EXPECT_EQ(started.get_future().get(), "");
  }

  ~DiskLanesOnThreads() override {
    std::promise<void> stopped;
    threads[0].post([&] { disk->stop(10'000, [&] { stopped.set_value(); }); });
    stopped.get_future().wait();
    for (LoopThread& thread : threads) {
      thread.join();
    }
    disk.reset();
    transports.clear();
    array_thread.run([&] {
      target.reset();
      storage.reset();
    });
  }

  mpio::DiskStatus status() {
    mpio::DiskStatus answer;
    threads[0].run([&] { answer = disk->status(); });
    return answer;
  }
  void wait_until_up() {
    for (bool up = false; !up;) {
      const mpio::DiskStatus now = status();
      up = now.state == "ok";
    }
  }

  LoopThread array_thread;
  std::unique_ptr<array::Array> storage;
  std::optional<iscsi::ArrayDevice> device;
  std::unique_ptr<IscsiTarget> target;
  std::array<LoopThread, kLanes> threads;
  std::vector<std::unique_ptr<IscsiTransport>> transports;
  std::unique_ptr<mpio::Disk> disk;
};

TEST_F(DiskLanesOnThreads, NothingIsLostWhilePortsComeAndGo) {
  std::vector<std::unique_ptr<Writer>> writers;
  std::vector<std::future<void>> over;
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    writers.push_back(std::make_unique<Writer>(disk->lane(lane), lane));
    over.push_back(writers.back()->over());
    threads[lane].post([&writer = *writers.back()] { writer.step(); });
  }
  for (unsigned port = 0; port < kPorts; ++port) {
    array_thread.run([&] { storage->set_port_enabled(port, false); });
    array_thread.run([&] { storage->set_port_enabled(port, true); });
    wait_until_up();
  }
  for (std::future<void>& one : over) {
    one.wait();
  }
  for (const auto& writer : writers) {
    EXPECT_EQ(writer->errors(), 0U);
    EXPECT_EQ(writer->wrong(), 0U);
  }
  const mpio::DiskStatus after = status();
  EXPECT_GE(after.paths[0].failovers + after.paths[1].failovers, 1U);
  EXPECT_GE(after.paths[0].ios + after.paths[1].ios, 2U * kLanes * kRounds);
}

}  // namespace
}  // namespace io
