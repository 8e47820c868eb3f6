// What a running array tells about itself over its control socket.
#pragma once

#include <nlohmann/json.hpp>

#include "array/array.h"

namespace cli {

// One object for each LUN where somebody is registered: its persistent reservation, and who is
// registered with which key.
nlohmann::json reservations_json(const array::Array& array);

}  // namespace cli
