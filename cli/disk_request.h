// The asking side of the commands for a running disk.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "io/control_socket.h"

namespace cli {

// For what the array may have to change sides for first.
inline constexpr int kChangeTimeoutMs = 90'000;

// Asks the disk behind the control socket. kExitOk and its answer; else what is wrong has been
// printed, and the exit code is returned.
int ask_disk(const std::string& control, const io::ControlRequest& request, nlohmann::json& answer,
             int timeout_ms = 10'000);

}  // namespace cli
