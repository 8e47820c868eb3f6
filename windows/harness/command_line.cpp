// See command_line.h. The options are rows of a table: what they take, and which of them belong
// together.
#include "windows/harness/command_line.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "dsm/policy.h"
#include "sim/indices.h"

namespace harness {
namespace {

using Task = CommandLine::Task;

constexpr unsigned task_bit(Task task) {
  return 1U << static_cast<unsigned>(task);
}
constexpr unsigned kOfScenarios = task_bit(Task::scenarios);
constexpr unsigned kOfSeeds = task_bit(Task::seeds);
constexpr unsigned kOfOneSeed = task_bit(Task::one_seed);

// What is taken of a value, and what it should have been.
using Take = std::string (*)(std::string_view value, CommandLine& line);

template <typename T>
std::string take_number(std::string_view value, T least, T most, T& out) {
  T number{};
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < least ||
      number > most) {
    return "a number from " + std::to_string(least) + " to " + std::to_string(most);
  }
  out = number;
  return {};
}

std::string take_indices(std::string_view value, std::optional<std::vector<uint32_t>>& out) {
  return sim::parse_indices(value, out.emplace()) ? ""
                                                  : "numbers with commas between them, or none";
}

std::string take_breach(std::string_view value, CommandLine& line) {
  std::string names;
  for (unsigned i = 0; i < kBreaches; ++i) {
    const auto breach = static_cast<Breach>(i);
    if (value == name_of(breach)) {
      line.breach = breach;
      return {};
    }
    names += (i == 0 ? "" : ", ") + std::string(name_of(breach));
  }
  return "one of " + names;
}

std::string take_policy(std::string_view value, CommandLine& line) {
  std::string names;
  for (const dsm::Policy& policy : dsm::policies()) {
    if (policy.id == dsm::PolicyId::none) {
      continue;
    }
    if (policy.name == value) {
      line.policy = value;
      return {};
    }
    names += (names.empty() ? "" : ", ") + std::string(policy.name);
  }
  return "one of " + names;
}

struct Option {
  std::string_view name;
  unsigned tasks;          // that it belongs to
  bool is_task;            // it says which of them
  std::string_view value;  // what it takes, as the usage calls it; empty: nothing
  Take take = nullptr;
};
constexpr Option kOptions[] = {
    {"--scenario", kOfScenarios, true, "NAME",
     [](std::string_view value, CommandLine& line) -> std::string {
       line.scenario = value == "all" ? "" : value;
       return value.empty() ? "the name of a scenario, or all" : "";
     }},
    {"--record", kOfScenarios | kOfOneSeed, false, "FILE",
     [](std::string_view value, CommandLine& line) -> std::string {
       line.record = value;
       return value.empty() ? "the name of a file" : "";
     }},
    {"--seeds", kOfSeeds, true, "N",
     [](std::string_view value, CommandLine& line) {
       return take_number<uint64_t>(value, 1, UINT64_MAX, line.many.count);
     }},
    {"--seed", kOfOneSeed, true, "N",
     [](std::string_view value, CommandLine& line) {
       return take_number<uint64_t>(value, 0, UINT64_MAX, line.one.seed);
     }},
    {"--first", kOfSeeds, false, "K",
     [](std::string_view value, CommandLine& line) {
       return take_number<uint64_t>(value, 0, UINT64_MAX, line.many.from);
     }},
    {"--workers", kOfSeeds, false, "N",
     [](std::string_view value, CommandLine& line) {
       constexpr unsigned kMost = 256;
       return take_number<unsigned>(value, 1, kMost, line.many.workers);
     }},
    {"--timeline", kOfOneSeed, false, "yes",
     [](std::string_view value, CommandLine& line) -> std::string {
       line.one.keep_timeline = value == "yes";
       return value == "yes" || value == "no" ? "" : "yes or no";
     }},
    {"--faults", kOfOneSeed, false, "I,J,...|none",
     [](std::string_view value, CommandLine& line) {
       return take_indices(value, line.one.only_faults);
     }},
    {"--deeds", kOfOneSeed, false, "I,J,...|none",
     [](std::string_view value, CommandLine& line) {
       return take_indices(value, line.one.only_deeds);
     }},
    {"--requests", kOfOneSeed, false, "N",
     [](std::string_view value, CommandLine& line) {
       return take_number<uint32_t>(value, 1, UINT32_MAX, line.one.requests);
     }},
    {"--breach", kOfSeeds | kOfOneSeed, false, "NAME", take_breach},
    {"--bench", task_bit(Task::bench), true, "", take_policy},  // the value may be left out
    {"--list", task_bit(Task::list), true, ""},
    {"--help", task_bit(Task::help), true, ""},
};

const Option* find_option(std::string_view word) {
  const auto* const found =
      std::find_if(std::begin(kOptions), std::end(kOptions),
                   [word](const Option& option) { return option.name == word; });
  return found == std::end(kOptions) ? nullptr : found;
}

bool is_option(std::string_view word) {
  return word.starts_with('-');
}

// The options that say which task one belongs to: "--seeds or --seed".
std::string tasks_of(const Option& option) {
  std::string names;
  for (const Option& other : kOptions) {
    if (other.is_task && (other.tasks & option.tasks) != 0) {
      names += (names.empty() ? "" : " or ") + std::string(other.name);
    }
  }
  return names;
}

Task task_of(unsigned bit) {
  Task task = Task::scenarios;
  while (task_bit(task) != bit) {
    task = static_cast<Task>(static_cast<unsigned>(task) + 1);
  }
  return task;
}

class Parser {
 public:
  explicit Parser(const std::vector<std::string_view>& words) : words_(words) {}

  std::string run(CommandLine& out) {
    std::string wrong;
    while (wrong.empty() && at_ < words_.size()) {
      const std::string_view word = words_[at_++];
      wrong = is_option(word) ? take_option(word, out) : take_driver(word, out);
    }
    return wrong.empty() ? judge(out) : wrong;
  }

 private:
  std::string take_driver(std::string_view word, CommandLine& out) {
    if (!out.driver.empty()) {
      return "'" + std::string(word) + "' belongs to no option, and the driver's image is '" +
             out.driver + "' already";
    }
    out.driver = word;
    return word.empty() ? "the name of the driver's image is empty" : "";
  }

  std::string take_option(std::string_view word, CommandLine& out) {
    const Option* const option = find_option(word);
    const std::string name(word);
    if (option == nullptr) {
      return "there is no option '" + name + "'";
    }
    if (std::find(seen_.begin(), seen_.end(), option) != seen_.end()) {
      return name + " is there twice";
    }
    seen_.push_back(option);
    if (option->take == nullptr) {
      return {};
    }
    const bool has_value = at_ < words_.size() && !is_option(words_[at_]);
    if (!has_value) {
      return option->value.empty()
                 ? ""
                 : name + " wants a value: " + name + " " + std::string(option->value);
    }
    const std::string_view value = words_[at_++];
    const std::string wanted = option->take(value, out);
    return wanted.empty() ? "" : name + " wants " + wanted + ", not '" + std::string(value) + "'";
  }

  // What stands there goes together, and nothing is missing.
  std::string judge(CommandLine& out) const {
    const Option* chosen = nullptr;
    for (const Option* option : seen_) {
      if (option->is_task && chosen != nullptr) {
        return std::string(chosen->name) + " and " + std::string(option->name) +
               " are two tasks: give one";
      }
      chosen = option->is_task ? option : chosen;
    }
    const unsigned task = chosen != nullptr ? chosen->tasks : kOfScenarios;
    out.task = task_of(task);
    for (const Option* option : seen_) {
      if ((option->tasks & task) == 0) {
        return std::string(option->name) + " goes with " + tasks_of(*option) + " only";
      }
    }
    const bool needs_driver = out.task != Task::list && out.task != Task::help;
    if (needs_driver && out.driver.empty()) {
      return "the driver's image is missing: ntrun build/windows-driver/mydsm.sys ...";
    }
    if (!out.record.empty() && out.scenario.empty() && out.task == Task::scenarios) {
      return "--record is of one scenario or seed: name it with --scenario NAME or --seed N";
    }
    return {};
  }

  const std::vector<std::string_view>& words_;
  size_t at_ = 0;
  std::vector<const Option*> seen_;
};

}  // namespace

std::optional<CommandLine> parse_command_line(const std::vector<std::string_view>& words,
                                              std::string& wrong) {
  CommandLine out;
  wrong = Parser(words).run(out);
  return wrong.empty() ? std::optional(out) : std::nullopt;
}

const char* usage() {
  return "Runs mydsm.sys, as it was built for Windows, on Linux.\n"
         "\n"
         "usage: ntrun DRIVER.sys [--scenario all|NAME] [--record FILE]\n"
         "       ntrun DRIVER.sys --seeds N [--first K] [--workers N] [--breach NAME]\n"
         "       ntrun DRIVER.sys --seed N [--timeline yes] [--faults I,J,...|none]\n"
         "                        [--deeds I,J,...|none] [--requests N] [--breach NAME]\n"
         "                        [--record FILE]\n"
         "       ntrun DRIVER.sys --bench [POLICY]\n"
         "       ntrun --list\n"
         "       ntrun --help\n"
         "\n"
         "  --scenario  plays this one, or all that --list names (without options: all)\n"
         "  --record    what the DSM in it went through, for `dsmkit replay` (docs/traces.md)\n"
         "  --seeds     worlds, from seed K on; --breach breaks a promise at the boundary, which\n"
         "              must be found\n"
         "  --seed      one world again, as a failing seed prints it\n"
         "  --bench     what a command costs, under one policy or each\n"
         "\n"
         "Exit codes: 0 all passed, 1 something failed, 2 the command line or the image is wrong;\n"
         "with --seeds and --seed those of `dsmkit sim`. The image is made by\n"
         "  cmake --preset windows-driver && cmake --build --preset windows-driver\n";
}

}  // namespace harness
