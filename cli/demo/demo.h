// The demo: a verified load on a multipath disk while controllers and portals of its array die and
// come back, and at the end the proof that nothing was lost.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/demo/stage.h"
#include "cli/demo/timeline.h"
#include "cli/verify/run.h"
#include "io/nbd/client.h"

namespace cli::demo {

struct DemoOptions {
  uint64_t seed = 0;  // 0: a fresh one
  std::string svg = "dsmkit-demo.svg";
  uint32_t queue_depth = 16;
  bool unicode = true;
};

class Demo {
 public:
  Demo(const DemoOptions& options, io::EventLoop& loop);
  ~Demo();

  // Plays it all; returns the exit code.
  int run();

 private:
  // One scene. It lasts `at_least_ns` and then until every path is back in service, if it is to.
  struct Scene {
    std::string name;
    bool fault = false;
    std::string fault_name;  // empty: nothing is done
    std::vector<std::string> arguments;
    uint64_t at_least_ns = 0;
    bool until_all_serve = false;
  };
  static std::vector<Scene> script(uint64_t seed);

  uint64_t now() const { return loop_.now_ns() - began_ns_; }
  void give_up(int code, const std::string& why);
  void on_disk_ready(const std::string& error);
  void on_connected(const std::string& error);
  void begin_scene();
  void end_scene();
  void on_tick();
  void take_sample(const mpio::DiskStatus& status);
  void on_path(unsigned path, mpio::PathState after, const std::string& why);
  void read_back();
  void finish();
  void print_result(const verify::RunReport& report);

  DemoOptions options_;
  io::EventLoop& loop_;
  std::string folder_;
  Stage stage_;
  uint64_t began_ns_ = 0;
  std::vector<Scene> scenes_;
  size_t scene_ = 0;
  uint64_t scene_began_ns_ = 0;
  bool all_serve_ = false;
  std::vector<uint64_t> ios_before_;
  std::vector<mpio::Disk::Longest> longest_;  // by scene
  Timeline timeline_;
  std::unique_ptr<verify::Ledger> ledger_;
  std::unique_ptr<io::nbd::Client> client_;
  std::unique_ptr<verify::Run> load_;
  int exit_code_ = 0;
  base::MemberTimer<&Demo::on_tick> tick_{*this};
};

}  // namespace cli::demo
