#include "inf/markdown.h"

#include <algorithm>

#include "inf/document.h"

namespace inf {
namespace {

constexpr std::string_view kFence = "```";
constexpr std::string_view kBlanks = " \t\r\n";

// The text of a line without blanks around it.
std::string_view trimmed(std::string_view line) {
  const size_t first = line.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return line.substr(first, line.find_last_not_of(kBlanks) + 1 - first);
}

bool opens_block(std::string_view line) {
  const std::string_view text = trimmed(line);
  return text.starts_with(kFence) && same_name(trimmed(text.substr(kFence.size())), "inf");
}

// Calls f(line, within a block) for each line, line end and all.
template <typename F>
void for_each_line(std::string_view text, F f) {
  bool within = false;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string_view line = text.substr(at, end - at);
    const bool fence = within ? trimmed(line) == kFence : opens_block(line);
    f(line, within && !fence);
    within = within != fence;
    at = end;
  }
}

}  // namespace

bool is_markdown(std::string_view utf8) {
  bool found = false;
  for_each_line(utf8, [&found](std::string_view, bool within) { found |= within; });
  return found;
}

std::string blocks_of_markdown(std::string_view utf8) {
  std::string out;
  for_each_line(utf8, [&out](std::string_view line, bool within) {
    out += within ? line : std::string_view("\n");
  });
  return out;
}

}  // namespace inf
