// See process.h. Between fork and exec the child makes only async-signal-safe calls: the test may
// have threads.
#include "tests/support/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

extern char** environ;

namespace test_support {

namespace {

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& text : strings) {
    out.push_back(text.data());
  }
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> merged_environment(
    const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> all;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view entry(*at);
    bool replaced = false;
    for (const auto& [name, value] : added) {
      replaced = replaced || (entry.substr(0, name.size()) == name && entry[name.size()] == '=');
    }
    if (!replaced) {
      all.emplace_back(entry);
    }
  }
  for (const auto& [name, value] : added) {
    all.push_back(name + "=" + value);
  }
  return all;
}

}  // namespace

std::string find_tool(std::string_view name) {
  if (name.find('/') != std::string_view::npos) {
    return access(std::string(name).c_str(), X_OK) == 0 ? std::string(name) : std::string();
  }
  const char* const path = std::getenv("PATH");
  std::string folders =
      (path != nullptr ? std::string(path) : "/usr/bin:/bin") + ":/usr/sbin:/sbin";
  for (size_t at = 0; at <= folders.size();) {
    const size_t end = std::min(folders.find(':', at), folders.size());
    const std::string candidate = folders.substr(at, end - at) + "/" + std::string(name);
    if (access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
    at = end + 1;
  }
  return {};
}

Process::Process(std::vector<std::string> argv,
                 std::vector<std::pair<std::string, std::string>> environment) {
  const std::string program = find_tool(argv.at(0));
  std::vector<std::string> environment_strings = merged_environment(environment);
  const std::vector<char*> arguments = pointers(argv);
  const std::vector<char*> variables = pointers(environment_strings);
  std::array<int, 2> out{};
  if (pipe2(out.data(), O_CLOEXEC) != 0) {
    std::abort();
  }
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
      _exit(126);
    }
    setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(out[1], 1);
    dup2(out[1], 2);
    execve(program.c_str(), arguments.data(), variables.data());
    constexpr std::string_view kMessage = "cannot start the program\n";
    static_cast<void>(!write(2, kMessage.data(), kMessage.size()));
    _exit(127);
  }
  setpgid(pid_, pid_);  // also here: signal() may come before the child gets to it
  close(out[1]);
  reader_ = std::thread([this, fd = out[0]] { read_output(fd); });
}

Process::~Process() {
  // The group first: a child that daemonised a helper leaves it in the group.
  kill(-pid_, SIGKILL);
  if (exit_code_ < 0) {
    kill(pid_, SIGKILL);
    static_cast<void>(wait());
  }
  reader_.join();
}

void Process::read_output(int fd) {
  std::string partial;
  std::array<char, 4096> chunk;
  for (;;) {
    const ssize_t count = read(fd, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    const std::lock_guard lock(lock_);
    if (count <= 0) {
      if (!partial.empty()) {
        lines_.push_back(partial);
      }
      output_ended_ = true;
      changed_.notify_all();
      break;
    }
    for (ssize_t i = 0; i < count; ++i) {
      const char c = chunk[static_cast<size_t>(i)];
      if (c == '\n') {
        lines_.push_back(std::move(partial));
        partial.clear();
      } else {
        partial.push_back(c);
      }
    }
    changed_.notify_all();
  }
  close(fd);
}

bool Process::wait_line(std::string_view part, std::chrono::milliseconds deadline) {
  return wait_line([part](const std::string& line) { return line.find(part) != std::string::npos; },
                   deadline);
}

bool Process::wait_line(const std::function<bool(const std::string&)>& wanted,
                        std::chrono::milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  std::unique_lock lock(lock_);
  for (size_t seen = 0;;) {
    for (; seen < lines_.size(); ++seen) {
      if (wanted(lines_[seen])) {
        return true;
      }
    }
    if (output_ended_ || changed_.wait_until(lock, end) == std::cv_status::timeout) {
      return false;
    }
  }
}

int Process::wait(std::chrono::milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (exit_code_ < 0) {
    int status = 0;
    const pid_t ended = waitpid(pid_, &status, WNOHANG);
    if (ended == pid_) {
      exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    } else if (std::chrono::steady_clock::now() > end) {
      return -1;
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  return exit_code_;
}

void Process::signal(int number) const {
  if (exit_code_ < 0) {
    kill(pid_, number);
  }
}

std::string Process::output() const {
  const std::lock_guard lock(lock_);
  std::string all;
  for (const std::string& line : lines_) {
    all += line + "\n";
  }
  return all;
}

RunResult run(std::vector<std::string> argv,
              std::vector<std::pair<std::string, std::string>> environment,
              std::chrono::milliseconds deadline) {
  Process process(std::move(argv), std::move(environment));
  RunResult result;
  result.code = process.wait(deadline);
  if (result.code >= 0) {
    // All of its output: the pipe ends when the last one who has it ends.
    static_cast<void>(process.wait_line([](const std::string&) { return false; }, deadline));
  }
  result.output = process.output();
  return result;
}

}  // namespace test_support
