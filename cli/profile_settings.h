// What a profile means for the disk and for the embedded array, under what the command line says:
// an option that was given wins.
#pragma once

#include <functional>
#include <string>

#include "cli/array_options.h"
#include "mpio/config.h"
#include "profile/profile.h"

namespace cli {

// Was this option given? By its name: "--down-after-ms".
using Given = std::function<bool(const std::string& option)>;

// Options of the disk that are given are left as they are. The profile must outlive the disk.
void apply(const profile::Profile& profile, const Given& given, mpio::DiskConfig& config);
void apply(const profile::Profile& profile, const Given& given, ArrayOptions& options);

// The place of a profile's number in the disk's configuration.
const uint32_t& value_of(const mpio::DiskConfig& config, profile::Number number);

}  // namespace cli
