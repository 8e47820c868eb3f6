// What the program's exit status means. Scripts rely on these numbers; README lists them.
#pragma once

namespace cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed =
    1;  // the job ran, and its result is bad (data lost, a check failed)
inline constexpr int kExitUsage = 2;        // the command line or an input file is wrong
inline constexpr int kExitUnavailable = 3;  // something it needs cannot be reached or opened

}  // namespace cli
