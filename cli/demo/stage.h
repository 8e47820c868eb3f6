// What the demo plays on: an array with four portals on loopback, a disk over them, its NBD export
// - each part in a thread of its own, talking over real sockets.
//
// Threads: made and used by the demo's main loop; callbacks arrive there.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "array/array.h"
#include "cli/disk_service.h"
#include "io/iscsi/array_device.h"
#include "io/iscsi_target.h"
#include "io/loop_thread.h"

namespace cli::demo {

using io::LoopThread;

class Stage {
 public:
  static constexpr unsigned kPorts = 4;  // dealt to two controllers in turn

  explicit Stage(io::EventLoop& main_loop) : main_loop_(main_loop) {}
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // Path changes, in the main loop.
  std::function<void(unsigned path, mpio::PathState after, const std::string& why)> on_path;

  // The folder holds the LUN's file and the NBD socket. "" or why it does not work.
  std::string open_array(const std::string& folder, uint64_t lun_bytes);
  // `done` comes in the main loop, with "" or why there is no disk.
  void open_disk(const std::string& folder, std::function<void(const std::string& error)> done);

  std::string backing_file() const { return backing_; }
  io::nbd::Address nbd() const { return nbd_; }

  // As `dsmkit array fault NAME ARGUMENT...`.
  std::string fault(const std::string& name, const std::vector<std::string>& arguments);
  // Asks the disk's thread; `answer` comes in the main loop.
  void status(std::function<void(const mpio::DiskStatus& status)> answer);
  // The slowest requests since the last call; `answer` comes in the main loop.
  void take_longest(std::function<void(const mpio::Disk::Longest& longest)> answer);
  void stop_disk(std::function<void()> done);

 private:
  io::EventLoop& main_loop_;
  std::string backing_;
  io::nbd::Address nbd_;
  std::vector<std::string> portals_;
  std::string target_name_;
  std::unique_ptr<LoopThread> array_thread_;
  std::unique_ptr<array::Array> array_;
  std::optional<io::iscsi::ArrayDevice> device_;
  std::unique_ptr<io::IscsiTarget> target_;
  std::unique_ptr<LoopThread> disk_thread_;
  std::unique_ptr<DiskService> disk_;
};

}  // namespace cli::demo
