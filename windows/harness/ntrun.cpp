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
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "windows/driver/trace_provider.h"
#include "windows/harness/bench.h"
#include "windows/harness/command_line.h"
#include "windows/harness/crash.h"
#include "windows/harness/etw.h"
#include "windows/harness/scenario.h"
#include "windows/harness/world/seeds.h"

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
  harness::name_paged_access();
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
                          harness::request_form_scenarios(),
                          harness::error_scenarios(),
                          harness::reservation_scenarios(),
                          harness::reservation_action_scenarios(),
                          harness::reservation_block_scenarios(),
                          harness::pass_through_scenarios(),
                          harness::grading_scenarios(),
                          harness::own_request_scenarios(),
                          harness::settings_scenarios(),
                          harness::settings_fault_scenarios(),
                          harness::settings_nonsense_scenarios(),
                          harness::wmi_query_scenarios(),
                          harness::wmi_policy_scenarios(),
                          harness::wmi_preferred_scenarios(),
                          harness::wmi_refusal_scenarios(),
                          harness::wmi_request_scenarios(),
                          harness::acceptance_path_scenarios(),
                          harness::acceptance_fail_over_only_scenarios(),
                          harness::acceptance_policy_scenarios(),
                          harness::acceptance_least_blocks_scenarios(),
                          harness::acceptance_access_scenarios(),
                          harness::acceptance_group_scenarios(),
                          harness::acceptance_error_scenarios(),
                          harness::acceptance_claim_scenarios(),
                          harness::acceptance_reservation_scenarios(),
                          harness::acceptance_settings_scenarios(),
                          harness::interrupt_scenarios(),
                          harness::thread_scenarios(),
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

int refuse(const std::string& what) {
  std::fprintf(stderr, "ntrun: %s\n", what.c_str());
  return 2;
}

// Of a file that is no driver each scenario would say the same. Empty: it is one.
std::string trouble_of_image(const std::string& driver) {
  const Scenario loads{"", [](const std::string& file) {
                         const harness::Image image(file, harness::all_exports());
                       }};
  const Outcome outcome = run(loads, driver, "");
  return passed(loads, outcome) ? "" : outcome.said;
}

int play_scenarios(const harness::CommandLine& line) {
  std::vector<Scenario> wanted = all_scenarios();
  if (!line.scenario.empty()) {
    std::erase_if(wanted, [&line](const Scenario& one) { return line.scenario != one.name; });
  }
  if (wanted.empty()) {
    return refuse("there is no scenario '" + line.scenario + "'; ntrun --list names them all");
  }
  unsigned good = 0;
  for (const Scenario& scenario : wanted) {
    const Outcome outcome = run(scenario, line.driver, line.record);
    const bool is_good = passed(scenario, outcome);
    good += is_good ? 1 : 0;
    std::printf("%-6s %s\n", is_good ? "passed" : "FAILED", scenario.name);
    if (!is_good) {
      std::printf("       %s\n", outcome.said.empty() ? "said nothing" : outcome.said.c_str());
    }
  }
  std::printf("%u passed, %zu failed\n", good, wanted.size() - good);
  return good == wanted.size() ? 0 : 1;
}

int play_seeds(harness::CommandLine& line) {
  harness::name_paged_access();
  const std::string replay = "ntrun " + line.driver;
  line.many.replay_command = replay.c_str();
  line.many.shrink = line.breach == harness::Breach::none;
  line.many.run = harness::driver_seeds(line.driver, line.breach);
  if (line.task == harness::CommandLine::Task::seeds) {
    return sim::run_seeds(line.many, stdout).exit_code;
  }
  std::string trace;
  if (!line.record.empty()) {
    line.one.trace = {&trace, [](void* context, base::Bytes records) {
                        static_cast<std::string*>(context)->assign(records.begin(), records.end());
                      }};
  }
  const int code = sim::replay_seed(line.one, stdout, line.many.run);
  if (!line.record.empty()) {
    harness::write_trace(line.record, trace);
  }
  return code;
}

}  // namespace

int main(int count, char** arguments) {
  std::string wrong;
  std::optional<harness::CommandLine> line =
      harness::parse_command_line({arguments + 1, arguments + count}, wrong);
  if (!line) {
    return refuse(wrong + "; see ntrun --help");
  }
  using Task = harness::CommandLine::Task;
  if (line->task == Task::help) {
    std::fputs(harness::usage(), stdout);
    return 0;
  }
  if (line->task == Task::list) {
    for (const Scenario& scenario : all_scenarios()) {
      std::printf("%s\n", scenario.name);
    }
    return 0;
  }
  if (const std::string trouble = trouble_of_image(line->driver); !trouble.empty()) {
    return refuse(trouble);
  }
  switch (line->task) {
    case Task::bench:
      harness::run_bench(line->driver, line->policy);
      return 0;
    case Task::seeds:
    case Task::one_seed:
      return play_seeds(*line);
    default:
      return play_scenarios(*line);
  }
}
