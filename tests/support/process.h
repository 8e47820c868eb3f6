// A child process of a test: its output is collected line by line, and it dies with the test,
// whatever happens.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace test_support {

// Generous, for the machine may be busy: it only bounds how long a broken test hangs.
inline constexpr std::chrono::milliseconds kDeadline{30'000};

class Process {
 public:
  // Starts argv[0] (looked up in PATH, /usr/sbin and /sbin) with stdin from /dev/null and
  // `environment` added to this process's own. A program that cannot be started ends at once with
  // exit code 127 and says why in output().
  explicit Process(std::vector<std::string> argv,
                   std::vector<std::pair<std::string, std::string>> environment = {});
  // Kills it (SIGKILL) with the whole process group, and reaps it.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }

  // Waits for a line of stdout or stderr that contains `part` (or for which `wanted` holds). False
  // when the deadline passes, or the process ends, without one. Each call looks at all lines from
  // the beginning.
  bool wait_line(std::string_view part, std::chrono::milliseconds deadline = kDeadline);
  bool wait_line(const std::function<bool(const std::string&)>& wanted,
                 std::chrono::milliseconds deadline = kDeadline);

  // The exit code, 128 + the signal that ended it, or -1 when it is still running at the deadline.
  int wait(std::chrono::milliseconds deadline = kDeadline);

  void signal(int number) const;

  // stdout and stderr so far.
  std::string output() const;

 private:
  void read_output(int fd);

  pid_t pid_ = -1;
  int exit_code_ = -1;
  std::thread reader_;
  mutable std::mutex lock_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  bool output_ended_ = false;
};

// Runs a program to its end. `code` as Process::wait().
struct RunResult {
  int code = -1;
  std::string output;
};
RunResult run(std::vector<std::string> argv,
              std::vector<std::pair<std::string, std::string>> environment = {},
              std::chrono::milliseconds deadline = kDeadline);

// Where `name` is in PATH, /usr/sbin or /sbin; empty when it is not installed.
std::string find_tool(std::string_view name);

}  // namespace test_support

// Skips the test when a program is not installed: DSMKIT_NEED_TOOL("tgtd");
#define DSMKIT_NEED_TOOL(name)                       \
  do {                                               \
    if (test_support::find_tool(name).empty()) {     \
      GTEST_SKIP() << (name) << " is not installed"; \
    }                                                \
  } while (false)
