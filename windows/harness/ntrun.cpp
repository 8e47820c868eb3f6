// Runs mydsm.sys, as it was built for Windows, through scenarios on Linux:
//   ntrun build/windows-driver/mydsm.sys --scenario all
//   ntrun build/windows-driver/mydsm.sys --seeds 10000
// and records what the DSM in it goes through, as a trace session on Windows would
// (docs/traces.md):
//   ntrun build/windows-driver/mydsm.sys --scenario NAME --record FILE
// or measures what a command costs:
//   ntrun build/windows-driver/mydsm.sys --bench
// Each scenario has a process of its own, so that one that ends in a crash tells of itself only.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <string>
#include <vector>

#include "windows/driver/trace_provider.h"
#include "windows/harness/bench.h"
#include "windows/harness/etw.h"
#include "windows/harness/scenario.h"
#include "windows/harness/world/seeds_command.h"

namespace {

using harness::Scenario;

struct Outcome {
  int status = 0;
  std::string said;
};

void on_crash(int signal) {
  const char text[] = "the driver or the harness crashed\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);
  _exit(128 + signal);
}

// The child: it does not come back. `record`: where the trace goes, or "".
[[noreturn]] void play(const Scenario& scenario, const std::string& driver,
                       const std::string& record, int output) {
  dup2(output, STDERR_FILENO);
  alarm(scenario.limit_s);
  for (const int crash : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
    if (harness::Image::kIsFile) {  // else the sanitizers say more about it
      signal(crash, on_crash);
    }
  }
  if (!record.empty()) {
    harness::etw().want(0, driver::keyword::kRecords);
  }
  scenario.play(driver);
  if (!record.empty()) {
    harness::write_trace(record, harness::etw().trace());
  }
  std::fflush(stdout);
  _exit(0);
}

Outcome run(const Scenario& scenario, const std::string& driver, const std::string& record) {
  int ends[2];
  if (pipe(ends) != 0) {
    return {-1, "no pipe"};
  }
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    play(scenario, driver, record, ends[1]);
  }
  close(ends[1]);
  Outcome outcome;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof(buffer))) > 0;) {
    outcome.said.append(buffer, static_cast<size_t>(got));
  }
  close(ends[0]);
  if (child < 0 || waitpid(child, &outcome.status, 0) != child) {
    outcome.status = -1;
  }
  while (!outcome.said.empty() && outcome.said.back() == '\n') {
    outcome.said.pop_back();
  }
  return outcome;
}

bool passed(const Scenario& scenario, const Outcome& outcome) {
  const bool exited = WIFEXITED(outcome.status);
  if (scenario.expected == nullptr) {
    return exited && WEXITSTATUS(outcome.status) == 0;
  }
  return exited && WEXITSTATUS(outcome.status) == harness::kBroken &&
         outcome.said.find(scenario.expected) != std::string::npos;
}

std::vector<Scenario> all_scenarios() {
  std::vector<Scenario> all;
  for (const auto part : {harness::registration_scenarios(),
                          harness::device_scenarios(),
                          harness::request_scenarios(),
                          harness::error_scenarios(),
                          harness::reservation_scenarios(),
                          harness::reservation_action_scenarios(),
                          harness::reservation_block_scenarios(),
                          harness::pass_through_scenarios(),
                          harness::grading_scenarios(),
                          harness::own_request_scenarios(),
                          harness::settings_scenarios(),
                          harness::settings_fault_scenarios(),
                          harness::wmi_query_scenarios(),
                          harness::wmi_policy_scenarios(),
                          harness::wmi_refusal_scenarios(),
                          harness::wmi_request_scenarios(),
                          harness::acceptance_path_scenarios(),
                          harness::acceptance_access_scenarios(),
                          harness::acceptance_error_scenarios(),
                          harness::tracing_scenarios(),
                          harness::vendor_scenarios(),
                          harness::mutant_scenarios(),
                          harness::seed_scenarios()}) {
    std::copy_if(part.begin(), part.end(), std::back_inserter(all), [](const Scenario& scenario) {
      return harness::Image::kIsFile || !scenario.of_image;
    });
  }
  return all;
}

int usage() {
  std::fprintf(stderr,
               "usage: ntrun DRIVER.sys [--scenario all|NAME [--record FILE]]\n"
               "       ntrun DRIVER.sys %s\n"
               "       ntrun DRIVER.sys --bench [POLICY]\n"
               "       ntrun --list\n",
               harness::kSeedsUsage);
  return 2;
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<Scenario> all = all_scenarios();
  if (count == 2 && std::strcmp(arguments[1], "--list") == 0) {
    for (const Scenario& scenario : all) {
      std::printf("%s\n", scenario.name);
    }
    return 0;
  }
  if ((count == 3 || count == 4) && std::strcmp(arguments[2], "--bench") == 0) {
    const char* const policy = count == 4 ? arguments[3] : "";
    if (!harness::run_bench(arguments[1], policy)) {
      std::fprintf(stderr, "--bench %s: there is no such policy; round-robin is one\n", policy);
      return 2;
    }
    return 0;
  }
  if (count >= 4 && harness::is_seeds_option(arguments[2])) {
    return harness::seeds_command(arguments[1], {arguments + 2, arguments + count});
  }
  const bool records = count == 6 && std::strcmp(arguments[4], "--record") == 0;
  const bool named = (count == 4 || records) && std::strcmp(arguments[2], "--scenario") == 0;
  if (count != 2 && !named) {
    return usage();
  }
  const std::string wanted = named ? arguments[3] : "all";
  const std::string record = records ? arguments[5] : "";
  if (records && wanted == "all") {
    std::fprintf(stderr, "ntrun: --record is of one scenario: name it\n");
    return 2;
  }
  unsigned good = 0;
  unsigned bad = 0;
  for (const Scenario& scenario : all) {
    if (wanted != "all" && wanted != scenario.name) {
      continue;
    }
    const Outcome outcome = run(scenario, arguments[1], record);
    const bool is_good = passed(scenario, outcome);
    ++(is_good ? good : bad);
    std::printf("%-6s %s\n", is_good ? "passed" : "FAILED", scenario.name);
    if (!is_good) {
      std::printf("       %s\n", outcome.said.empty() ? "said nothing" : outcome.said.c_str());
    }
  }
  if (good + bad == 0) {
    std::fprintf(stderr, "ntrun: there is no scenario '%s'; --list names them all\n",
                 wanted.c_str());
    return 2;
  }
  std::printf("%u passed, %u failed\n", good, bad);
  return bad == 0 ? 0 : 1;
}
