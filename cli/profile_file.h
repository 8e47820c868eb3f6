// A vendor's profile from a file, for the commands that take --profile.
#pragma once

#include <memory>
#include <string>

#include "profile/profile.h"

namespace cli {

// Null: what is wrong has been printed on standard error, one line for each mistake, and
// `exit_code` says what to end with.
std::shared_ptr<const profile::Profile> load_profile(const std::string& file, int& exit_code);

// The whole of FILE, or of standard input for "-". False: `error` says why not; more than `most`
// bytes are refused.
bool read_text(const std::string& file, size_t most, std::string& text, std::string& error);

// The other way: to FILE, which is made or replaced, or to standard output for "-".
bool write_text(const std::string& file, const std::string& text, std::string& error);

}  // namespace cli
