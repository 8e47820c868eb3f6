// What the installer's exit says. docs/installer.md has the table for people.
#pragma once

namespace setup {

enum class ExitCode : int {
  done = 0,
  absent = 1,        // /status: nothing is installed
  usage = 2,         // the command line
  not_elevated = 3,  // an administrator must run it
  busy = 4,          // another run of it is going on

  // The machine or the package will not do. Nothing was changed.
  wrong_machine = 10,  // another processor than the installer's, or a 32-bit system
  no_mpio = 11,        // this Windows has no Multipath I/O
  bad_package = 12,    // a file is missing, or the INF installs something else
  damaged = 13,        // /status: something that was installed is not there any more
  restart_first = 14,  // a former uninstallation is over only then

  // A step failed.
  undone = 20,      // and nothing is left of the run
  unfinished = 21,  // something is left; what, the log says. The next run goes on with it

  restart_needed = 3010,  // done, when the machine has been restarted
};

}  // namespace setup
