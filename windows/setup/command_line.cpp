#include "windows/setup/command_line.h"

#include "inf/document.h"

namespace setup {
namespace {

struct Word {
  const char* name;
  Task task;
};
constexpr Word kTasks[] = {{"uninstall", Task::uninstall}, {"status", Task::status},
                           {"commit", Task::commit},       {"rollback", Task::rollback},
                           {"help", Task::help},           {"?", Task::help}};

struct Flag {
  const char* name;
  bool CommandLine::*flag;
};
constexpr Flag kFlags[] = {{"dry-run", &CommandLine::dry_run},
                           {"quiet", &CommandLine::quiet},
                           {"norestart", &CommandLine::no_restart},
                           {"pending", &CommandLine::pending}};
constexpr std::string_view kLog = "log";

// Empty: it is no option.
std::string_view option_of(std::string_view argument) {
  if (argument.starts_with("--")) {
    return argument.substr(2);
  }
  return argument.starts_with('/') || argument.starts_with('-') ? argument.substr(1)
                                                                : std::string_view();
}

bool take_task(std::string_view option, CommandLine& line, bool& has_task, std::string& wrong) {
  for (const Word& word : kTasks) {
    if (inf::same_name(option, word.name)) {
      if (has_task && line.task != word.task) {
        wrong = "/" + std::string(option) + " is a second task: give one";
      }
      has_task = true;
      line.task = word.task;
      return true;
    }
  }
  return false;
}

bool take_flag(std::string_view option, CommandLine& line) {
  for (const Flag& flag : kFlags) {
    if (inf::same_name(option, flag.name)) {
      line.*flag.flag = true;
      return true;
    }
  }
  return false;
}

std::string judge(const CommandLine& line, const std::vector<std::string>& plain, bool has_task) {
  if (!has_task && plain.size() != 3) {
    return "expected three arguments, the folder of the driver package, the name of its INF and "
           "the hardware id, not " +
           std::to_string(plain.size()) + ": see /help";
  }
  if (has_task && !plain.empty()) {
    return "'" + plain.front() + "' belongs to an installation, and another task is asked for";
  }
  if (line.task == Task::install && plain[1].find_first_of("\\/:") != std::string::npos) {
    return "'" + plain[1] + "' is a path: give the INF's name, and its folder before it";
  }
  if (line.pending && line.dry_run) {
    return "/pending and /dry-run exclude each other";
  }
  return {};
}

}  // namespace

std::optional<CommandLine> parse_command_line(const std::vector<std::string>& arguments,
                                              std::string& wrong) {
  CommandLine line;
  std::vector<std::string> plain;
  bool has_task = false;
  wrong.clear();
  for (size_t i = 0; i < arguments.size() && wrong.empty(); ++i) {
    const std::string_view option = option_of(arguments[i]);
    if (option.empty()) {
      plain.push_back(arguments[i]);
    } else if (inf::same_name(option, kLog)) {
      if (i + 1 == arguments.size()) {
        wrong = "/log wants the name of a file behind it";
      } else {
        line.log_file = arguments[++i];
      }
    } else if (!take_task(option, line, has_task, wrong) && !take_flag(option, line)) {
      wrong = "'" + arguments[i] + "' is no option: see /help";
    }
  }
  if (wrong.empty()) {
    wrong = judge(line, plain, has_task);
  }
  if (!wrong.empty()) {
    return std::nullopt;
  }
  if (line.task == Task::install) {
    line.source = plain[0];
    line.inf = plain[1];
    line.hardware_id = plain[2];
  }
  return line;
}

std::string usage(const Vendor& vendor) {
  const std::string name = vendor.stem();
  return vendor.display_name + " " + vendor.version + "\n\n" +                                 //
         name + " FOLDER INF HARDWARE-ID [options]   installs the driver, or a newer one\n" +  //
         name + " /uninstall [options]               takes away what it installed\n" + name +
         " /status                            says what is installed\n\n" +
         "  /dry-run     says what would be done, and does nothing\n"
         "  /quiet       prints nothing but what went wrong; the log has the rest\n"
         "  /norestart   leaves the SCSI adapters as they are\n"
         "  /log FILE    writes its log there\n"
         "  /pending     for setup programs: what was done can be taken back with /rollback, and\n"
         "               is final with /commit\n\n"
         "The machine itself is never restarted; 3010 says that it should be.\n";
}

}  // namespace setup
