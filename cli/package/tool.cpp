// See tool.h.
#include "cli/package/tool.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>

extern char** environ;  // NOLINT: POSIX declares it nowhere else

namespace cli {
namespace {

// What the child does between fork and exec.
class Actions {
 public:
  Actions(int output, const std::string& folder) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
    if (!folder.empty()) {
      posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
    }
  }
  ~Actions() { posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

ToolRun not_started(const std::string& name, int reason) {
  return {127, name + " cannot be started: " + std::strerror(reason)};
}

}  // namespace

ToolRun run_tool(const std::vector<std::string>& command, const std::string& folder) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return not_started(command[0], errno);
  }
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  const Actions actions(ends[1], folder);
  pid_t child = 0;
  const int failed =
      posix_spawnp(&child, arguments[0], actions.get(), nullptr, arguments.data(), environ);
  close(ends[1]);
  ToolRun run;
  std::array<char, 4096> chunk{};
  while (failed == 0) {
    const ssize_t got = read(ends[0], chunk.data(), chunk.size());
    if (got == 0 || (got < 0 && errno != EINTR)) {
      break;
    }
    run.output.append(chunk.data(), got < 0 ? 0 : static_cast<size_t>(got));
  }
  close(ends[0]);
  if (failed != 0) {
    return not_started(command[0], failed);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  run.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return run;
}

bool has_tool(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (access((folder + "/" + name).c_str(), X_OK) == 0) {
      return true;
    }
  }
  return false;
}

}  // namespace cli
