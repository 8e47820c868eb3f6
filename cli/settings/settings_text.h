// Stored settings as text: JSON that a person can read and mend.
//
//   {
//     "dsmkit-settings": 1,
//     "everything": {"policy": "least-queue-depth"},
//     "hardware": {"DSMKIT  ARRAY": {"policy": "fail-over-only", "preferred": "PATH"}},
//     "luns": {
//       "naa.6001405...": {
//         "policy": "weighted-paths",
//         "paths": {"INITIATOR+TARGET,port-2": {"weight": 10, "desire": "standby"}}
//       }
//     }
//   }
//
// The number is that of the form. Names are those of mpio/settings.h, policies those of the policy
// table. What this version does not know is an error, for writing the file would lose it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mpio/settings.h"

namespace cli {

struct ParsedSettings {
  mpio::Settings settings;  // empty when there is an error
  bool newer = false;       // the error is that a newer version has written the file
  // "FILE:LINE: what is wrong; what to do". One line; empty when the text is good.
  std::string error;
};
// `file` is only named. Any bytes get an answer.
ParsedSettings parse_settings(std::string_view text, std::string_view file);

// Ends with a newline. parse_settings() gives the same settings again.
std::string settings_text(const mpio::Settings& settings);

}  // namespace cli
