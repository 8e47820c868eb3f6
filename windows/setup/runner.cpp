#include "windows/setup/runner.h"

#include <algorithm>

#include "windows/setup/adapters.h"

namespace setup {
namespace {

// Is the driver that will be in force another than the one that is loaded?
bool brings_a_package(const Run& run) {
  return std::any_of(run.performed.begin(), run.performed.end(), [](const Action& action) {
    return action.step.kind == Kind::package && !action.undoes;
  });
}

// A folder may hold a file that could not be deleted: it waits for it.
bool may_hold_what_is_left(const Step& step, bool nothing_is_left) {
  return step.kind == Kind::folder && !nothing_is_left;
}

}  // namespace

std::string text_of(const Failure& failure) {
  return failure.code == 0 ? failure.what
                           : failure.what + " (error " + std::to_string(failure.code) + ")";
}

Runner::Runner(System& system, const Vendor& vendor, Teller& teller)
    : system_(system), vendor_(vendor), teller_(teller), kept_(system, vendor) {}

ExitCode Runner::settle_former_run() {
  std::optional<Run> run = kept_.run();
  if (!run) {
    kept_.forget_run();
    return ExitCode::done;
  }
  if (run->state == RunState::pending || run->state == RunState::cleaning) {
    teller_.say("finishing a former run");
    const ExitCode code = finish(*run);
    return code == ExitCode::restart_needed ? ExitCode::done : code;
  }
  teller_.say("a former run was interrupted: taking it back");
  return undo_all(*run) == ExitCode::undone ? ExitCode::done : ExitCode::unfinished;
}

void Runner::tell(const std::string& what) {
  if (!what.empty()) {
    teller_.say(what);
  }
}

// Windows may say that all is well and not have done it.
void Runner::check_result(const Installed& result) {
  for (const Step& step : result.owned) {
    if ((step.kind == Kind::service || step.kind == Kind::driver_file) &&
        !is_there(system_, step)) {
      throw Failure{"Windows says that the driver is installed, and has no " + name_of(step)};
    }
  }
}

ExitCode Runner::carry_out(const Plan& plan, bool restarts_adapters) {
  Run run;
  run.restarts_adapters = restarts_adapters;
  run.result = plan.result;
  run.leaving = plan.leaving;
  try {
    const bool ran = system_.service_runs(vendor_.service);
    for (const Action& each : plan.actions) {
      run.performed.push_back(each);
      kept_.save(run);
      Action& action = run.performed.back();
      tell(describe(action));
      run.restart_needed |=
          action.undoes ? undo(system_, action.step) : perform(system_, action.step);
      for (Step& step : run.result.owned) {
        step = step.is_same_thing(action.step) ? action.step : step;
      }
    }
    if (!run.result.empty()) {
      check_result(run.result);
      // A driver that is loaded stays until then; disks that are there are claimed anew only by an
      // adapter that starts.
      run.restart_needed |= !restarts_adapters ||
                            (ran ? brings_a_package(run) : !system_.service_runs(vendor_.service));
    }
    run.state = RunState::pending;
    kept_.save(run);
    return ExitCode::done;
  } catch (const Failure& failure) {
    teller_.complain(text_of(failure));
    teller_.say("taking back what was done");
    return undo_all(run);
  }
}

// Goes on when something cannot be undone: the rest can.
ExitCode Runner::undo_all(Run& run) {
  const bool was_whole = run.state == RunState::pending;
  run.state = RunState::undoing;
  try {
    kept_.save(run);
  } catch (const Failure& failure) {
    teller_.complain(text_of(failure));
    if (was_whole) {
      return ExitCode::unfinished;  // else the next run would take half of it for all of it
    }
  }
  std::vector<Action> left;
  bool restart = false;
  while (!run.performed.empty()) {
    const Action action = run.performed.back();
    if (may_hold_what_is_left(action.step, left.empty())) {
      left.insert(left.begin(), action);
      run.performed.pop_back();
      continue;
    }
    try {
      tell(describe_undoing(action));
      Step step = action.step;
      restart |= action.undoes ? perform(system_, step) : undo(system_, step);
    } catch (const Failure& failure) {
      teller_.complain(text_of(failure));
      left.insert(left.begin(), action);
    }
    run.performed.pop_back();
  }
  try {
    if (restart) {
      teller_.say("it holds when the machine has been restarted");
      system_.note_restart();
    }
    if (left.empty()) {
      kept_.forget_run();
      return ExitCode::undone;
    }
    run.performed = left;
    kept_.save(run);
  } catch (const Failure& failure) {
    teller_.complain(text_of(failure));
  }
  return ExitCode::unfinished;
}

ExitCode Runner::finish(Run& run) {
  std::vector<Step> left;
  try {
    run.state = RunState::cleaning;
    kept_.save(run);
    kept_.save(run.result);
  } catch (const Failure& failure) {
    teller_.complain(text_of(failure));
    return ExitCode::unfinished;
  }
  for (const Step& step : run.leaving) {
    if (may_hold_what_is_left(step, left.empty())) {
      left.push_back(step);
      continue;
    }
    try {
      tell(describe_undoing(step));
      run.restart_needed |= undo(system_, step);
    } catch (const Failure& failure) {
      teller_.complain(text_of(failure));
      left.push_back(step);
    }
  }
  if (run.restarts_adapters) {
    restart_adapters(run);
    run.restarts_adapters = false;
  }
  try {
    if (run.restart_needed) {
      system_.note_restart();
    }
    if (left.empty()) {
      kept_.forget_run();
      return run.restart_needed ? ExitCode::restart_needed : ExitCode::done;
    }
    run.leaving = left;
    kept_.save(run);
  } catch (const Failure& failure) {
    teller_.complain(text_of(failure));
  }
  return ExitCode::unfinished;
}

ExitCode Runner::finish() {
  std::optional<Run> run = kept_.run();
  if (!run) {
    kept_.forget_run();
    teller_.say("nothing waits to be made final");
    return ExitCode::done;
  }
  if (run->state == RunState::doing || run->state == RunState::undoing) {
    teller_.complain("the run that should be made final was interrupted: taking it back");
    return undo_all(*run);
  }
  return finish(*run);
}

ExitCode Runner::take_back() {
  std::optional<Run> run = kept_.run();
  if (!run) {
    kept_.forget_run();
    teller_.say("nothing waits to be taken back");
    return ExitCode::done;
  }
  if (run->state == RunState::cleaning) {
    teller_.complain("the run is final already: finishing it");
    return finish(*run);
  }
  return undo_all(*run) == ExitCode::undone ? ExitCode::done : ExitCode::unfinished;
}

// What goes wrong here makes a restart of the machine necessary, and nothing worse.
void Runner::restart_adapters(Run& run) {
  std::vector<std::string> entries;
  for (const Step& step : run.result.owned) {
    if (step.kind == Kind::entry) {
      entries.push_back(step.argument(0));
    }
  }
  try {
    const AdapterPlan plan = plan_adapters(system_, entries);
    run.restart_needed |= plan.restart_needed;
    for (const AdapterChoice& choice : plan.adapters) {
      const std::string name = choice.adapter.description + " (" + choice.adapter.instance + ")";
      if (!choice.kept_because.empty()) {
        teller_.say("not restarting " + name + ": " + choice.kept_because);
        continue;
      }
      const bool restarted = system_.restart_adapter(choice.adapter.instance);
      teller_.say((restarted ? "restarted " : "in use, not restarted: ") + name);
      run.restart_needed |= !restarted;
    }
  } catch (const Failure& failure) {
    teller_.say(text_of(failure));
    run.restart_needed = true;
  }
}

}  // namespace setup
