// A catalog for people and programs: `dsmkit catalog show`.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "package/catalog.h"

namespace cli {

nlohmann::ordered_json catalog_json(const package::Catalog& catalog);
std::string catalog_text(const package::Catalog& catalog);

}  // namespace cli
