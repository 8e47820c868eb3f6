// A profile as a document: `dsmkit profile show`, and `dsmkit show` of a disk that has one.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "mpio/config.h"
#include "profile/profile.h"

namespace cli {

// `config`: what is in force, after the command line has had its say.
nlohmann::ordered_json profile_json(const profile::Profile& profile,
                                    const mpio::DiskConfig& config);
std::string profile_text(const nlohmann::ordered_json& document);

}  // namespace cli
