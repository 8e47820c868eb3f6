// dsmkit demo [--seed N]: everything at once, on this machine.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/demo/demo.h"

namespace cli {
namespace {

// Block characters only where the locale can show them.
bool locale_is_unicode() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') {
      return std::string(value).find("UTF-8") != std::string::npos ||
             std::string(value).find("utf8") != std::string::npos;
    }
  }
  return false;
}

}  // namespace

void add_demo_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "demo", "Lose controllers and portals under a verified load, and see that nothing is lost");
  auto options = std::make_shared<demo::DemoOptions>();
  command->add_option("--seed", options->seed, "Repeat a demo (default: a fresh one, printed)");
  command->add_option("--svg", options->svg, "Draw the timeline in this file; empty: do not")
      ->capture_default_str();
  command->add_option("--queue-depth", options->queue_depth, "Requests at a time")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  command->callback([&invocation, options] {
    invocation.run = [options] {
      options->unicode = locale_is_unicode();
      io::EventLoop loop;
      return demo::Demo(*options, loop).run();
    };
  });
}

}  // namespace cli
