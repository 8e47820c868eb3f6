// See runner.h. Each worker is a forked process that takes every n-th seed and writes lines into a
// pipe:
//   B seed                          it begins this seed
//   E seed requests events late     it ended well
//   F seed invariant text           it found something
//   H count per bucket ...          all done: the histogram
// A worker that dies between B and E failed an assertion in that seed; a new one goes on behind it.
#include "sim/runner.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace sim {
namespace {

using Wide = unsigned long long;

// Lines longer than a pipe's atomic write do not occur: texts are cut.
void say(int pipe_fd, const std::string& line) {
  size_t done = 0;
  while (done < line.size()) {
    const ssize_t written = ::write(pipe_fd, line.data() + done, line.size() - done);
    if (written <= 0) {
      ::_exit(3);
    }
    done += static_cast<size_t>(written);
  }
}

void work(const RunnerOptions& options, uint64_t first, uint64_t end, uint64_t step, int pipe_fd) {
  Stalls stalls;
  for (uint64_t seed = first; seed < end; seed += step) {
    say(pipe_fd, "B " + std::to_string(seed) + "\n");
    SeedOptions one{.seed = seed, .mutant = options.mutant};
    SeedResult result = options.run(one);
    if (options.determinism_every != 0 && seed % options.determinism_every == 0 &&
        options.run(one).fingerprint != result.fingerprint) {
      result.findings.add(Invariant::determinism, 0, "a second run went another way");
    }
    stalls.merge(result.stalls);
    if (result.findings.empty()) {
      say(pipe_fd, "E " + std::to_string(seed) + " " + std::to_string(result.requests) + " " +
                       std::to_string(result.events) + " " +
                       std::to_string(result.late_executions) + "\n");
    } else {
      const Finding& finding = result.findings.list().front();
      say(pipe_fd, "F " + std::to_string(seed) + " " +
                       std::to_string(static_cast<unsigned>(finding.invariant)) + " " +
                       finding.text.substr(0, 400) + "\n");
    }
  }
  say(pipe_fd, "H " + stalls.serialise() + "\n");
}

struct Worker {
  pid_t pid = -1;
  int fd = -1;
  uint64_t next = 0;
  uint64_t current = 0;
  bool in_seed = false;
  bool finished = false;
  std::string pending;
};

class Farm {
 public:
  Farm(const RunnerOptions& options, std::FILE* out) : options_(options), out_(out) {}

  RunnerReport run() {
    workers_.resize(options_.workers == 0 ? 1 : options_.workers);
    for (size_t i = 0; i < workers_.size(); ++i) {
      workers_[i].next = options_.from + i;
      start(workers_[i]);
    }
    while (pump()) {
    }
    summarise();
    return report_;
  }

 private:
  uint64_t end() const { return options_.from + options_.count; }

  void start(Worker& worker) {
    if (worker.next >= end() || failures_.size() >= options_.max_failures) {
      worker.finished = true;
      return;
    }
    int fds[2];
    if (::pipe(fds) != 0) {
      std::perror("sim: pipe");
      std::exit(2);
    }
    std::fflush(nullptr);
    worker.pid = ::fork();
    if (worker.pid < 0) {
      std::perror("sim: fork");
      std::exit(2);
    }
    if (worker.pid == 0) {
      ::close(fds[0]);
      work(options_, worker.next, end(), workers_.size(), fds[1]);
      ::_exit(0);
    }
    ::close(fds[1]);
    worker.fd = fds[0];
    worker.in_seed = false;
  }

  bool pump() {
    std::vector<pollfd> polls;
    for (const Worker& worker : workers_) {
      if (worker.fd >= 0) {
        polls.push_back({worker.fd, POLLIN, 0});
      }
    }
    if (polls.empty()) {
      return false;
    }
    ::poll(polls.data(), polls.size(), -1);
    for (const pollfd& ready : polls) {
      if (ready.revents == 0) {
        continue;
      }
      for (Worker& worker : workers_) {
        if (worker.fd == ready.fd) {
          read_from(worker);
        }
      }
    }
    return true;
  }

  void read_from(Worker& worker) {
    char buffer[8192];
    const ssize_t got = ::read(worker.fd, buffer, sizeof buffer);
    if (got > 0) {
      worker.pending.append(buffer, static_cast<size_t>(got));
      for (size_t at; (at = worker.pending.find('\n')) != std::string::npos;) {
        on_line(worker, worker.pending.substr(0, at));
        worker.pending.erase(0, at + 1);
      }
      if (failures_.size() >= options_.max_failures && !worker.finished) {
        ::kill(worker.pid, SIGKILL);
        worker.finished = true;
      }
      return;
    }
    ::close(worker.fd);
    worker.fd = -1;
    int status = 0;
    ::waitpid(worker.pid, &status, 0);
    if (worker.in_seed && !worker.finished) {
      fail(worker.current, {.failed = true, .assertion = true, .text = "the process died"});
      worker.next = worker.current + workers_.size();
      start(worker);
    }
  }

  void on_line(Worker& worker, const std::string& line) {
    char* at = nullptr;
    const char kind = line[0];
    if (kind == 'H') {
      Stalls stalls;
      stalls.deserialise(line.substr(2));
      report_.stalls.merge(stalls);
      worker.finished = true;
      return;
    }
    const uint64_t seed = std::strtoull(line.c_str() + 2, &at, 10);
    worker.current = seed;
    worker.in_seed = kind == 'B';
    if (kind == 'E') {
      ++report_.seeds;
      report_.requests += std::strtoull(at, &at, 10);
      report_.events += std::strtoull(at, &at, 10);
      report_.late_executions += std::strtoull(at, &at, 10);
    } else if (kind == 'F') {
      ++report_.seeds;
      const auto invariant = static_cast<Invariant>(std::strtoul(at, &at, 10));
      fail(seed, {.failed = true, .invariant = invariant, .text = at + 1});
    }
  }

  void fail(uint64_t seed, const Outcome& outcome) {
    if (failures_.size() < options_.max_failures) {
      failures_[seed] = outcome;
    }
  }

  void summarise() {
    report_.failures = failures_.size();
    for (const auto& [seed, outcome] : failures_) {
      SeedOptions smallest{.seed = seed, .mutant = options_.mutant};
      if (report_.first_failing_seed == 0) {
        report_.first_failing_seed = seed;
        report_.exit_code = outcome.assertion ? kExitAssertion : exit_code_of(outcome.invariant);
        if (options_.shrink && options_.mutant == Mutant::none &&
            (outcome.assertion || outcome.invariant != Invariant::determinism)) {
          smallest = shrink(smallest, outcome, options_.run);
        }
      }
      std::fprintf(out_, "FAILED seed %llu: %s: %s\n  replay: %s %s\n", static_cast<Wide>(seed),
                   outcome.assertion ? "assertion" : name_of(outcome.invariant),
                   outcome.text.c_str(), options_.replay_command, text_of(smallest).c_str());
    }
    std::fprintf(
        out_,
        "%llu seeds, %llu failed; %llu requests, %llu events, %llu commands executed late; longest "
        "request %.3f s, 99.9 %% below %.3f s\n",
        static_cast<Wide>(report_.seeds), static_cast<Wide>(report_.failures),
        static_cast<Wide>(report_.requests), static_cast<Wide>(report_.events),
        static_cast<Wide>(report_.late_executions),
        static_cast<double>(report_.stalls.longest_ns()) / 1e9,
        static_cast<double>(report_.stalls.quantile_ns(999)) / 1e9);
    std::fflush(out_);
  }

  const RunnerOptions& options_;
  std::FILE* out_;
  std::vector<Worker> workers_;
  std::map<uint64_t, Outcome> failures_;
  RunnerReport report_;
};

}  // namespace

RunnerReport run_seeds(const RunnerOptions& options, std::FILE* out) {
  return Farm(options, out).run();
}

Outcome run_isolated(const SeedOptions& options, const SeedRunner& run) {
  int fds[2];
  if (::pipe(fds) != 0) {
    std::perror("sim: pipe");
    std::exit(2);
  }
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(fds[0]);
    ::close(STDERR_FILENO);
    const SeedResult result = run(options);
    if (!result.findings.empty()) {
      const Finding& finding = result.findings.list().front();
      say(fds[1], std::to_string(static_cast<unsigned>(finding.invariant)) + " " +
                      finding.text.substr(0, 400));
    }
    ::_exit(0);
  }
  ::close(fds[1]);
  std::string said;
  char buffer[1024];
  for (ssize_t got; (got = ::read(fds[0], buffer, sizeof buffer)) > 0;) {
    said.append(buffer, static_cast<size_t>(got));
  }
  ::close(fds[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  Outcome outcome;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    outcome.failed = outcome.assertion = true;
    outcome.text = "the process died";
  } else if (!said.empty()) {
    char* at = nullptr;
    outcome.failed = true;
    outcome.invariant = static_cast<Invariant>(std::strtoul(said.c_str(), &at, 10));
    outcome.text = at + 1;
  }
  return outcome;
}

ExitCode replay_seed(const SeedOptions& options, std::FILE* out, const SeedRunner& run) {
  const SeedResult result = run(options);
  for (const std::string& line : result.timeline) {
    std::fprintf(out, "%s\n", line.c_str());
  }
  SeedOptions again = options;
  again.keep_timeline = false;
  again.trace = {};
  const bool same = run(again).fingerprint == result.fingerprint;
  for (const Finding& finding : result.findings.list()) {
    std::fprintf(out, "FAILED at %.6f s: %s: %s\n", static_cast<double>(finding.at_ns) / 1e9,
                 name_of(finding.invariant), finding.text.c_str());
  }
  if (!same) {
    std::fprintf(out, "FAILED: determinism: a second run went another way\n");
  }
  std::fprintf(out,
               "%s: fingerprint %016llx, %u requests, %u failed, %llu events in %.3f s, longest "
               "request %.3f s\n",
               text_of(options).c_str(), static_cast<Wide>(result.fingerprint), result.requests,
               result.failed_requests, static_cast<Wide>(result.events),
               static_cast<double>(result.virtual_ns) / 1e9,
               static_cast<double>(result.stalls.longest_ns()) / 1e9);
  if (!result.findings.empty()) {
    return exit_code_of(result.findings.list().front().invariant);
  }
  return same ? kExitPass : kExitNondeterminism;
}

}  // namespace sim
