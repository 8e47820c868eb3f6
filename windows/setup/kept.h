// What the installer keeps in the registry, below HKLM\SOFTWARE\<its name>: what it put on the
// machine (Installed), and a run that is not over (Run), so that the next one can finish or undo
// it. Each is one value, so that it changes as a whole.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "windows/setup/step.h"
#include "windows/setup/vendor.h"

namespace setup {

struct Installed {
  std::string version;
  std::string hardware_id;
  std::string inf;          // path
  std::vector<Step> owned;  // in the order in which they were performed

  bool empty() const { return owned.empty() && hardware_id.empty(); }

  friend bool operator==(const Installed&, const Installed&) = default;
};

// A step of a run: performed by an installation, undone by an uninstallation.
struct Action {
  Step step;
  bool undoes = false;

  friend bool operator==(const Action&, const Action&) = default;
};

std::string describe(const Action& action);
std::string describe_undoing(const Action& action);

enum class RunState : uint8_t {
  doing,     // if it ends here, it is undone
  pending,   // done; it may still be undone
  undoing,   // it must be undone
  cleaning,  // it cannot be undone any more; what is left to be taken away stands in `leaving`
};

struct Run {
  RunState state = RunState::doing;
  bool restart_needed = false;
  bool restarts_adapters = false;  // when it is final
  std::vector<Action> performed;   // noted before it is begun
  Installed result;                // what will be installed
  std::vector<Step> leaving;       // undone when the run is final

  friend bool operator==(const Run&, const Run&) = default;
};

class Kept {
 public:
  Kept(System& system, const Vendor& vendor);

  // Throw Failure for what somebody else wrote there.
  Installed installed();
  std::optional<Run> run();

  void save(const Installed& installed);
  void save(const Run& run);
  // Its key goes too when there is nothing left in it, also when the run was forgotten before.
  void forget_run();

  const std::string& key() const { return key_; }

 private:
  std::vector<std::string> lines(const char* name);

  System& system_;
  std::string key_;
};

}  // namespace setup
