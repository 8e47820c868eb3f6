// The timeline for a terminal or a log: one character per 100 ms.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "cli/demo/timeline.h"
#include "cli/size_text.h"

namespace cli::demo {
namespace {

constexpr std::array<const char*, 9> kBars = {"·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<const char*, 9> kPlain = {".", "1", "2", "3", "4", "5", "6", "7", "8"};

size_t level_of(uint32_t count, uint32_t most) {
  return count == 0 ? 0 : 1 + static_cast<size_t>(uint64_t{count - 1} * 8 / std::max(most, 1U));
}

size_t widest_name(const Timeline& timeline) {
  size_t width = 0;
  for (const PathTrack& path : timeline.paths) {
    width = std::max(width, path.name.size());
  }
  return width;
}

// A ruler with the faults' letters at the slices where they begin.
std::string ruler(const Timeline& timeline) {
  std::string line(timeline.slice_count(), ' ');
  char letter = 'A';
  for (const Phase& phase : timeline.phases) {
    if (phase.fault) {
      const size_t at = static_cast<size_t>(phase.begin_ns / kSliceNs);
      if (at < line.size()) {
        line[at] = letter;
      }
      ++letter;
    }
  }
  return line;
}

}  // namespace

std::string render_text(const Timeline& timeline, bool unicode) {
  const auto& glyphs = unicode ? kBars : kPlain;
  const size_t width = widest_name(timeline);
  const uint32_t most = timeline.busiest_slice();
  std::string out = fmt::format("{:{}}  {}\n", "", width, ruler(timeline));
  for (const PathTrack& path : timeline.paths) {
    out += fmt::format("{:{}}  ", path.name, width);
    for (const uint32_t count : path.ios) {
      out += glyphs[std::min<size_t>(level_of(count, most), glyphs.size() - 1)];
    }
    out += '\n';
  }
  out +=
      fmt::format("{:{}}  one character = 100 ms; the tallest = {} requests\n\n", "", width, most);
  char letter = 'A';
  for (const Phase& phase : timeline.phases) {
    const std::string mark = phase.fault ? std::string(1, letter++) : " ";
    out += fmt::format("{} {:>6.2f} s  {:<46} longest stall {:>8}\n", mark,
                       static_cast<double>(phase.begin_ns) / 1e9, phase.name,
                       format_duration_ns(phase.longest_stall_ns));
    if (phase.longest_held_ns != 0) {
      out.pop_back();
      out += fmt::format(", held writes {:>8}\n", format_duration_ns(phase.longest_held_ns));
    }
  }
  return out;
}

}  // namespace cli::demo
