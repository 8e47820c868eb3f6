// INF text within Markdown: what stands in fenced blocks marked `inf`.
#pragma once

#include <string>
#include <string_view>

namespace inf {

// Is it a Markdown document with such blocks, rather than an INF?
bool is_markdown(std::string_view utf8);

// The blocks one behind the other, every line at its place of the document: the other lines are
// empty.
std::string blocks_of_markdown(std::string_view utf8);

}  // namespace inf
