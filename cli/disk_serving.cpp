// See disk_serving.h.
#include "cli/disk_serving.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "cli/command.h"
#include "cli/disk_administration.h"
#include "cli/disk_service.h"
#include "cli/exit_codes.h"
#include "cli/profile_json.h"
#include "cli/show_text.h"
#include "cli/status_json.h"
#include "io/control_socket.h"
#include "io/event_loop.h"

namespace cli {
namespace {

// The table of paths, drawn again and again on a terminal.
class LiveTable {
 public:
  LiveTable(io::EventLoop& loop, const mpio::Disk& disk) : loop_(loop), disk_(disk) { draw(); }
  ~LiveTable() { loop_.cancel(timer_); }

 private:
  static constexpr uint64_t kPeriodNs = 1'000'000'000;

  void draw() {
    const std::string table = show_text(status_json(disk_.status()));
    if (lines_ != 0) {
      fmt::print("\x1b[{}A\x1b[J", lines_);
    }
    fmt::print("{}", table);
    std::fflush(stdout);
    lines_ = static_cast<size_t>(std::count(table.begin(), table.end(), '\n'));
    loop_.arm_after(timer_, kPeriodNs);
  }

  io::EventLoop& loop_;
  const mpio::Disk& disk_;
  size_t lines_ = 0;
  base::MemberTimer<&LiveTable::draw> timer_{*this};
};

class Serving {
 public:
  Serving(const DiskOptions& options, io::EventLoop& loop)
      : options_(options), loop_(loop), service_(loop, options.service) {
    service_.on_path = [this](unsigned path, mpio::PathState before, mpio::PathState after,
                              const std::string& why) {
      note(fmt::format("path {}: {} -> {}{}{}", service_.disk().path_name(path),
                       mpio::name_of(before), mpio::name_of(after), why.empty() ? "" : ": ", why));
    };
    service_.on_news = [this](const std::string& text) { note(text); };
  }

  int run() {
    for (const int number : {SIGTERM, SIGINT}) {
      loop_.on_signal(number, [this] { stop(); });
    }
    service_.start([this](const std::string& error) { on_started(error); });
    loop_.run();
    return exit_code_;
  }

 private:
  void note(const std::string& text) {
    if (table_ == nullptr) {
      fmt::print(stderr, "dsmkit: {}\n", text);
    }
  }

  void on_started(const std::string& error) {
    std::string why = error;
    if (why.empty() && !options_.control.empty()) {
      administration_ = std::make_unique<DiskAdministration>(loop_, service_.disk(), service_,
                                                             SettingsStore(options_.settings));
      if (options_.profile != nullptr) {
        administration_->show_profile(profile_json(*options_.profile, options_.service.disk));
      }
      control_ = io::ControlSocket::open_late(
          loop_, options_.control,
          [this](const io::ControlRequest& request, const io::ControlSocket::Answer& answer) {
            administration_->handle(request, answer);
          },
          why);
    }
    if (!why.empty()) {
      exit_code_ = fail(kExitUnavailable, why);
      stop();
      return;
    }
    for (const std::string& url : service_.urls()) {
      fmt::print("{}\n", url);
    }
    fmt::print("ready\n");
    std::fflush(stdout);
    if (isatty(STDOUT_FILENO) == 1) {
      table_ = std::make_unique<LiveTable>(loop_, service_.disk());
    }
  }

  // The second signal does not wait for anybody.
  void stop() {
    if (std::exchange(stopping_, true)) {
      loop_.stop();
      return;
    }
    table_.reset();
    service_.stop([this] { loop_.stop(); });
  }

  const DiskOptions& options_;
  io::EventLoop& loop_;
  DiskService service_;
  std::unique_ptr<DiskAdministration> administration_;
  std::unique_ptr<io::ControlSocket> control_;
  std::unique_ptr<LiveTable> table_;
  bool stopping_ = false;
  int exit_code_ = kExitOk;
};

}  // namespace

int run_disk(const DiskOptions& options) {
  io::EventLoop loop;
  return Serving(options, loop).run();
}

}  // namespace cli
