// Who a vendor's driver is, for people and programs: `dsmkit profile identity`.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "profile/identity.h"

namespace cli {

nlohmann::ordered_json identity_json(const profile::Identity& identity);
std::string identity_text(const profile::Identity& identity);

}  // namespace cli
