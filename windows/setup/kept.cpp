#include "windows/setup/kept.h"

#include "windows/setup/device_list.h"

namespace setup {
namespace {

constexpr const char* kInstalled = "Installed";
constexpr const char* kRun = "Run";
constexpr const char* kStates[] = {"doing", "pending", "undoing", "cleaning"};
constexpr const char* kYes = "yes";

// "word rest".
std::string line_of(std::string_view word, const std::string& rest) {
  return std::string(word) + ' ' + rest;
}

std::string_view word_of(const std::string& line) {
  return std::string_view(line).substr(0, line.find(' '));
}

std::string rest_of(const std::string& line) {
  const size_t blank = line.find(' ');
  return blank == std::string::npos ? std::string() : line.substr(blank + 1);
}

void add_lines(std::vector<std::string>& lines, const Installed& installed) {
  lines.push_back(line_of("version", installed.version));
  lines.push_back(line_of("hardware-id", installed.hardware_id));
  lines.push_back(line_of("inf", installed.inf));
  for (const Step& step : installed.owned) {
    lines.push_back(line_of("owns", text_of(step)));
  }
}

bool take_step(const std::string& line, std::vector<Step>& steps) {
  const std::optional<Step> step = parse_step(rest_of(line));
  if (step) {
    steps.push_back(*step);
  }
  return step.has_value();
}

// False: the line is none of these.
bool take_line(const std::string& line, Installed& installed) {
  const std::string_view word = word_of(line);
  if (word == "version") {
    installed.version = rest_of(line);
  } else if (word == "hardware-id") {
    installed.hardware_id = rest_of(line);
  } else if (word == "inf") {
    installed.inf = rest_of(line);
  } else {
    return word == "owns" && take_step(line, installed.owned);
  }
  return true;
}

bool take_line(const std::string& line, Run& run) {
  const std::string_view word = word_of(line);
  if (word == "state") {
    for (size_t i = 0; i < std::size(kStates); ++i) {
      if (rest_of(line) == kStates[i]) {
        run.state = static_cast<RunState>(i);
        return true;
      }
    }
    return false;
  }
  if (word == "restart-needed") {
    run.restart_needed = rest_of(line) == kYes;
  } else if (word == "restarts-adapters") {
    run.restarts_adapters = rest_of(line) == kYes;
  } else if (word == "did" || word == "undid") {
    const std::optional<Step> step = parse_step(rest_of(line));
    if (!step) {
      return false;
    }
    run.performed.push_back({*step, word == "undid"});
  } else if (word == "leaves") {
    return take_step(line, run.leaving);
  } else {
    return take_line(line, run.result);
  }
  return true;
}

}  // namespace

std::string describe(const Action& action) {
  return action.undoes ? describe_undoing(action.step) : describe(action.step);
}

std::string describe_undoing(const Action& action) {
  return action.undoes ? describe(action.step) : describe_undoing(action.step);
}

Kept::Kept(System& system, const Vendor& vendor)
    : system_(system), key_("SOFTWARE\\" + vendor.stem()) {}

std::vector<std::string> Kept::lines(const char* name) {
  const std::optional<RegistryValue> value = system_.value(key_, name);
  return value ? strings_of(*value) : std::vector<std::string>();
}

Installed Kept::installed() {
  Installed installed;
  for (const std::string& line : lines(kInstalled)) {
    if (!take_line(line, installed)) {
      throw Failure{"HKLM\\" + key_ + "\\" + kInstalled + " has a line '" + line +
                    "' that this installer did not write: use the one that installed the driver"};
    }
  }
  return installed;
}

std::optional<Run> Kept::run() {
  const std::vector<std::string> all = lines(kRun);
  if (all.empty()) {
    return std::nullopt;
  }
  Run run;
  for (const std::string& line : all) {
    if (!take_line(line, run)) {
      throw Failure{"HKLM\\" + key_ + "\\" + kRun + " has a line '" + line +
                    "' that this installer did not write: use the one whose run was interrupted"};
    }
  }
  return run;
}

void Kept::save(const Installed& installed) {
  if (installed.empty()) {
    system_.delete_value(key_, kInstalled);
    return;
  }
  std::vector<std::string> lines;
  add_lines(lines, installed);
  system_.set_value(key_, kInstalled, multi_string(lines));
}

void Kept::save(const Run& run) {
  std::vector<std::string> lines = {
      line_of("state", kStates[static_cast<size_t>(run.state)]),
      line_of("restart-needed", run.restart_needed ? kYes : "no"),
      line_of("restarts-adapters", run.restarts_adapters ? kYes : "no")};
  for (const Action& action : run.performed) {
    lines.push_back(line_of(action.undoes ? "undid" : "did", text_of(action.step)));
  }
  add_lines(lines, run.result);
  for (const Step& step : run.leaving) {
    lines.push_back(line_of("leaves", text_of(step)));
  }
  system_.set_value(key_, kRun, multi_string(lines));
}

void Kept::forget_run() {
  if (system_.value(key_, kRun)) {
    system_.delete_value(key_, kRun);
  }
  system_.delete_empty_key(key_);
}

}  // namespace setup
