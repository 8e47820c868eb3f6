// dsmkit path add|remove|fail|reinstate|prefer|weight|desire --control SOCKET PATH ...: single
// paths of a running disk.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/disk_request.h"

namespace cli {
namespace {

struct PathOptions {
  std::string control;
  std::string path;
  std::string value;
  bool force = false;
};

int run_verb(const std::string& verb, const PathOptions& options) {
  std::vector<std::string> words = {options.path};
  if (!options.value.empty()) {
    words.push_back(options.value);
  }
  if (options.force) {
    words.emplace_back("force");
  }
  nlohmann::json answer;
  return ask_disk(options.control, {"path-" + verb, words}, answer, kChangeTimeoutMs);
}

constexpr const char* kOfTheDisk = "Its number in `dsmkit show`, or the beginning of its name";
constexpr const char* kNew = "iscsi://HOST[:PORT]/TARGET/LUN, or sg:/dev/sgN";

struct Verb {
  const char* name;
  const char* help;
  const char* path_help;
  const char* value;  // null: takes none
  const char* value_help;
};
constexpr Verb kVerbs[] = {
    {"add", "One more path to the same LUN, for this run", kNew, nullptr, nullptr},
    {"remove", "Log out of it, once what is under way there has ended, and forget it", kOfTheDisk,
     nullptr, nullptr},
    {"fail", "Take it out of use until it is reinstated or the disk ends", kOfTheDisk, nullptr,
     nullptr},
    {"reinstate", "Use it again", kOfTheDisk, nullptr, nullptr},
    {"prefer", "It takes over whenever it is well (fail-over-only); remembered", kOfTheDisk,
     nullptr, nullptr},
    {"weight", "The paths with the lowest weight carry the I/O (weighted-paths); remembered",
     kOfTheDisk, "weight", "0 to 4294967295"},
    {"desire", "Whether it is to carry I/O (fail-over-only, round-robin-with-subset); remembered",
     kOfTheDisk, "desire", "active, standby or none"},
};

}  // namespace

void add_path_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("path", "Single paths of a running disk");
  command->require_subcommand(1);
  for (const Verb& verb : kVerbs) {
    auto options = std::make_shared<PathOptions>();
    CLI::App* typed = command->add_subcommand(verb.name, verb.help);
    typed->add_option("--control", options->control, "The disk's control socket")->required();
    typed->add_option("path", options->path, verb.path_help)->required();
    if (verb.value != nullptr) {
      typed->add_option(verb.value, options->value, verb.value_help)->required();
    }
    if (std::string(verb.name) == "fail" || std::string(verb.name) == "remove") {
      typed->add_flag("--force", options->force, "Even if no other path is left: I/O stops then");
    }
    typed->callback([&invocation, options, name = std::string(verb.name)] {
      invocation.run = [options, name] { return run_verb(name, *options); };
    });
  }
}

}  // namespace cli
