// Carries a plan out: each step is noted in the registry before it is begun, so whenever the
// program ends, the next run knows what to take back or to finish.
#pragma once

#include "windows/setup/exit_code.h"
#include "windows/setup/kept.h"
#include "windows/setup/plan.h"

namespace setup {

// What people are told; and the log.
class Teller {
 public:
  virtual ~Teller() = default;
  virtual void say(const std::string& line) = 0;       // what is going on
  virtual void complain(const std::string& line) = 0;  // what went wrong
};

class Runner {
 public:
  Runner(System& system, const Vendor& vendor, Teller& teller);

  // What a killed run left: undone, or finished if it was final or waited to be. done: there is
  // nothing of it left.
  ExitCode settle_former_run();

  // A plan, up to the point from which it is final. done: it waits for finish() or take_back().
  ExitCode carry_out(const Plan& plan, bool restarts_adapters);
  // Of a run that waits; without one both do nothing.
  ExitCode finish();
  ExitCode take_back();

 private:
  void tell(const std::string& what);
  void check_result(const Installed& result);
  ExitCode undo_all(Run& run);
  ExitCode finish(Run& run);
  void restart_adapters(Run& run);

  System& system_;
  const Vendor& vendor_;
  Teller& teller_;
  Kept kept_;
};

// "... (error 5)".
std::string text_of(const Failure& failure);

}  // namespace setup
