// Reads the text of an INF file. Any text is some document; what made no sense is among its
// problems. Time and memory grow with the text only.
#pragma once

#include "inf/document.h"

namespace inf {

Document read(std::string_view utf8);

// The same of a file. Bytes that are no text are the first problem.
Document read_text(const Text& text);
Document read_bytes(std::string_view bytes);

}  // namespace inf
