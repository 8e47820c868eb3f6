#include "windows/setup/installer.h"

#include "windows/setup/adapters.h"
#include "windows/setup/command_line.h"

namespace setup {

const char* name_of(Machine machine) {
  switch (machine) {
    case Machine::x86:
      return "x86";
    case Machine::x64:
      return "x64";
    case Machine::arm64:
      return "ARM64";
    case Machine::other:
      break;
  }
  return "an unknown processor";
}

namespace {

// To people, and to the log.
class LoggingTeller : public Teller {
 public:
  LoggingTeller(System& system, Teller& teller, bool quiet)
      : system_(system), teller_(teller), quiet_(quiet) {}

  void say(const std::string& line) override {
    system_.log(line);
    if (!quiet_) {
      teller_.say(line);
    }
  }
  void complain(const std::string& line) override {
    system_.log("error: " + line);
    teller_.complain(line);
  }

 private:
  System& system_;
  Teller& teller_;
  const bool quiet_;
};

class Installer {
 public:
  Installer(System& system, const Vendor& vendor, Teller& teller, const CommandLine& line)
      : system_(system),
        vendor_(vendor),
        teller_(system, teller, line.quiet),
        line_(line),
        kept_(system, vendor),
        runner_(system, vendor, teller_) {}

  ExitCode run() {
    if (line_.task == Task::status) {
      return status();
    }
    if (system_.machine() != system_.own_machine()) {
      teller_.complain(std::string("this machine is ") + name_of(system_.machine()) +
                       ", and this installer installs drivers for " +
                       name_of(system_.own_machine()) + ": use the one for this machine");
      return ExitCode::wrong_machine;
    }
    if (line_.dry_run) {
      return dry_run();
    }
    if (!system_.is_elevated()) {
      teller_.complain("needs the rights of an administrator: run it as one");
      return ExitCode::not_elevated;
    }
    if (!system_.take_lock(vendor_.stem())) {
      teller_.complain("another " + vendor_.stem() + " is running: wait until it has ended");
      return ExitCode::busy;
    }
    const std::string log = system_.open_log(line_.log_file, vendor_.stem());
    if (log.empty()) {
      teller_.say("there is no log: its file cannot be written");
    }
    const ExitCode code = change();
    system_.log("ended with " + std::to_string(static_cast<int>(code)));
    if (!log.empty() && code != ExitCode::done && code != ExitCode::restart_needed) {
      teller_.complain("the log is " + log);
    }
    return code;
  }

 private:
  ExitCode change() {
    teller_.say(vendor_.display_name + " " + vendor_.version);
    if (line_.task == Task::commit) {
      return told(runner_.finish());
    }
    if (line_.task == Task::rollback) {
      return told(runner_.take_back());
    }
    if (const ExitCode code = runner_.settle_former_run(); code != ExitCode::done) {
      return told(code);
    }
    Plan plan;
    if (const ExitCode code = make_plan(plan); code != ExitCode::done) {
      return code;
    }
    if (plan.actions.empty() && plan.leaving.empty() && line_.task == Task::uninstall) {
      return ExitCode::done;
    }
    const bool restarts = line_.task == Task::install && !line_.no_restart;
    ExitCode code = runner_.carry_out(plan, restarts);
    if (code == ExitCode::done && !line_.pending) {
      code = runner_.finish();
    }
    return told(code);
  }

  ExitCode told(ExitCode code) {
    if (code == ExitCode::restart_needed) {
      teller_.say("done; it holds when the machine has been restarted");
    } else if (code == ExitCode::done) {
      teller_.say(line_.pending ? "done; it waits for /commit or /rollback" : "done");
    } else if (code == ExitCode::undone) {
      teller_.complain("nothing was changed: what had been done was taken back");
    } else {
      teller_.complain("not everything could be done: run it again when the cause is removed");
    }
    return code;
  }

  // What it will be, or why not; a note is told.
  ExitCode make_plan(Plan& plan) {
    const Installed before = kept_.installed();
    if (line_.task == Task::uninstall) {
      plan = plan_uninstall(system_, vendor_, before);
      teller_.say(before.empty() ? vendor_.display_name + " is not installed by this installer"
                                 : "uninstalling version " + before.version);
    } else {
      if (system_.mpio() == Feature::absent) {
        teller_.complain("this Windows has no Multipath I/O: it is a feature of Windows Server");
        return ExitCode::no_mpio;
      }
      DriverPackage package;
      try {
        package = read_package(system_, vendor_, line_.source, line_.inf, line_.hardware_id);
      } catch (const Failure& failure) {
        teller_.complain(text_of(failure));
        return ExitCode::bad_package;
      }
      plan = plan_install(system_, vendor_, package, before);
      entries_ = package.entries;
      teller_.say("installing version " + package.version +
                  (before.version.empty() ? "" : " over " + before.version));
    }
    for (const std::string& note : plan.notes) {
      teller_.say(note);
    }
    return ExitCode::done;
  }

  ExitCode dry_run() {
    if (kept_.run()) {
      teller_.say(
          "a former run is not over: it would be settled first, and what follows may differ");
    }
    Plan plan;
    if (const ExitCode code = make_plan(plan); code != ExitCode::done) {
      return code;
    }
    for (const Action& action : plan.actions) {
      would(describe(action));
    }
    for (const Step& step : plan.leaving) {
      would(describe_undoing(step));
    }
    if (line_.task == Task::install && !line_.no_restart) {
      for (const AdapterChoice& choice : plan_adapters(system_, entries_).adapters) {
        const std::string name = choice.adapter.description + " (" + choice.adapter.instance + ")";
        teller_.say(choice.kept_because.empty()
                        ? "would restart " + name
                        : "would not restart " + name + ": " + choice.kept_because);
      }
    }
    return ExitCode::done;
  }

  void would(const std::string& what) {
    if (!what.empty()) {
      teller_.say("would " + what);
    }
  }

  ExitCode status() {
    const Installed installed = kept_.installed();
    const std::optional<Run> run = kept_.run();
    if (run) {
      teller_.say("a run is not over: install or uninstall again to settle it");
    }
    if (installed.empty()) {
      teller_.say(vendor_.display_name + " is not installed by this installer");
      return run ? ExitCode::unfinished : ExitCode::absent;
    }
    teller_.say(vendor_.display_name + " " + installed.version + ", " + installed.hardware_id);
    teller_.say("from " + installed.inf);
    teller_.say(std::string("the service ") + vendor_.service +
                (system_.service_runs(vendor_.service) ? " runs" : " does not run"));
    bool is_whole = true;
    for (const Step& step : installed.owned) {
      if (step.kind != Kind::list && step.kind != Kind::wmi_value && !is_there(system_, step)) {
        teller_.say("missing: " + name_of(step));
        is_whole = false;
      }
    }
    if (run) {
      return ExitCode::unfinished;
    }
    if (!is_whole) {
      return ExitCode::damaged;
    }
    if (system_.restart_is_noted()) {
      teller_.say("the machine must be restarted");
      return ExitCode::restart_needed;
    }
    return ExitCode::done;
  }

  System& system_;
  const Vendor& vendor_;
  LoggingTeller teller_;
  const CommandLine& line_;
  Kept kept_;
  Runner runner_;
  std::vector<std::string> entries_;
};

}  // namespace

ExitCode run_installer(System& system, const Vendor& vendor, Teller& teller,
                       const std::vector<std::string>& arguments) {
  std::string wrong;
  const std::optional<CommandLine> line = parse_command_line(arguments, wrong);
  if (!line) {
    teller.complain(wrong);
    return ExitCode::usage;
  }
  if (line->task == Task::help) {
    teller.say(usage(vendor));
    return ExitCode::done;
  }
  try {
    return Installer(system, vendor, teller, *line).run();
  } catch (const Failure& failure) {
    // What could not even be looked at: nothing was begun.
    teller.complain(text_of(failure));
    return ExitCode::undone;
  }
}

}  // namespace setup
