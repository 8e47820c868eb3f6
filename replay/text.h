// A record as one line for people.
#pragma once

#include <string>

#include "replay/reader.h"

namespace replay {

// "    57     12.345678 s  event        kind=path failed path=1". What is 0 or empty is left out.
std::string text_of(const Record& record);
// Only what it says, without number and time.
std::string fields_of(const Record& record);

}  // namespace replay
