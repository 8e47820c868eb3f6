// The disk's status as the document that the control socket answers to "show"; its fields are
// listed in show_text.h.
#pragma once

#include <nlohmann/json.hpp>

#include "mpio/status.h"

namespace cli {

nlohmann::ordered_json status_json(const mpio::DiskStatus& status);

}  // namespace cli
