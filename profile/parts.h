// The parts of a profile, each read into it. Inside profile/ only.
#pragma once

#include <vector>

#include "profile/profile.h"
#include "profile/section.h"

namespace profile {

void read_names(Section& section, Profile& out);
// The names are in `out` already.
void read_driver(Section& section, Profile& out);
// Those before it are in `out` already.
void read_device(Section& section, Profile& out);
void read_policy(Section& section, Profile& out);
void read_access(Section& section, Profile& out);
void read_rule(Section& section, Profile& out);
// The devices are in `out` already.
void read_array(Section& section, Profile& out);

// 1 to `most` printable ASCII characters; false: told.
bool printable(Section& section, const char* key, const std::string& text, size_t most);
// The names of Microsoft's own modules and of its sample may not be part of anything; false: told.
bool not_reserved(Section& section, const char* key, const std::string& text);

}  // namespace profile
