// The file in which settings are stored: one for all disks of a host. It always holds what it held
// before a change or what it holds after it, whatever is cut off in between: the new text is
// written beside it, flushed, and renamed over it. Changes by several processes do not lose each
// other's: each reads the file anew under a lock (on the folder), and changes what it means to.
//
// Threads: one at a time. change() waits for the disk, and for other processes' changes.
#pragma once

#include <functional>
#include <string>

#include "cli/settings/file_calls.h"
#include "mpio/settings.h"

namespace cli {

class SettingsStore {
 public:
  // `calls` outlives the store.
  explicit SettingsStore(std::string path, FileCalls& calls = file_calls());

  const std::string& path() const { return path_; }

  struct Loaded {
    mpio::Settings settings;  // none where there is a problem
    // One message for a person. A file that makes no sense costs its settings: it is put aside
    // under a name that the message tells. One that cannot be read, or that a newer version has
    // written, stays where it is, and change() refuses to replace it.
    std::string problem;
  };
  // A file that is not there is no problem: nothing is stored yet.
  Loaded load();

  // `edit` changes what the file holds now; "" or why it does not want to after all. Then the file
  // holds that, and so does `settings`. Otherwise a message, and the file is as it was - except
  // where the message says that it may not be.
  using Edit = std::function<std::string(mpio::Settings& settings)>;
  std::string change(const Edit& edit, mpio::Settings& settings);

 private:
  std::string read(mpio::Settings& settings, bool& makes_no_sense);
  std::string put_aside();
  std::string change_locked(const Edit& edit, mpio::Settings& settings);

  std::string path_;
  std::string folder_;
  FileCalls& calls_;
};

// $XDG_STATE_HOME/dsmkit/settings.json; without that /var/lib/dsmkit/settings.json for root and
// ~/.local/state/dsmkit/settings.json for others.
std::string default_settings_path();

}  // namespace cli
