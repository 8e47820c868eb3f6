// The timeline as a picture: a lane per path (colour: its state, bars: its I/O), the slowest
// request below, the faults as shaded columns. Self-contained SVG 1.1, no scripts, no fonts beyond
// the reader's own.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>

#include "cli/demo/timeline.h"
#include "cli/size_text.h"
#include "package/xml.h"

namespace cli::demo {
namespace {

constexpr double kLeft = 190;
constexpr double kTop = 92;
constexpr double kLane = 54;
constexpr double kGap = 10;
constexpr double kStallHeight = 90;
constexpr double kMinPlot = 640;
constexpr double kSlice = 9;

struct StateColour {
  PathState state;
  const char* background;
  const char* bar;
};
constexpr std::array<StateColour, 5> kColours = {{
    {PathState::connecting, "#eef1f4", "#9aa5b1"},
    {PathState::serving, "#e3f4e8", "#2f9e58"},
    {PathState::waiting, "#e6effa", "#4c7fc0"},
    {PathState::suspect, "#fdf0d5", "#d08700"},
    {PathState::down, "#fbe3e1", "#c9423a"},
}};

const StateColour& colour_of(PathState state) {
  return *std::find_if(kColours.begin(), kColours.end(),
                       [state](const StateColour& colour) { return colour.state == state; });
}

class Drawing {
 public:
  Drawing(const Timeline& timeline, const std::string& title) : timeline_(timeline) {
    const double slices = static_cast<double>(std::max<size_t>(timeline.slice_count(), 1));
    scale_ = std::max(kSlice, kMinPlot / slices);
    plot_ = scale_ * slices;
    lanes_bottom_ = kTop + (kLane + kGap) * static_cast<double>(timeline.paths.size());
    bottom_ = lanes_bottom_ + kGap + kStallHeight;
    const double width = kLeft + plot_ + 24;
    const double height = bottom_ + 64;
    out_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
        "viewBox=\"0 0 {0:.0f} {1:.0f}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
        "<text x=\"16\" y=\"26\" font-size=\"16\" font-weight=\"600\">{2}</text>\n",
        width, height, package::xml_text(title));
  }

  std::string draw() {
    legend();
    phases();
    for (size_t path = 0; path < timeline_.paths.size(); ++path) {
      lane(path);
    }
    stalls();
    axis();
    return out_ + "</svg>\n";
  }

 private:
  double x(uint64_t at_ns) const {
    return kLeft + scale_ * static_cast<double>(at_ns) / static_cast<double>(kSliceNs);
  }

  void rect(double left, double top, double width, double height, std::string_view fill,
            std::string_view tip = {}) {
    out_ += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\">", left,
        top, std::max(width, 0.0), std::max(height, 0.0), fill);
    if (!tip.empty()) {
      out_ += fmt::format("<title>{}</title>", package::xml_text(tip));
    }
    out_ += "</rect>\n";
  }

  void text(double left, double top, std::string_view words, std::string_view more = {}) {
    out_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", left, top, more,
                        package::xml_text(words));
  }

  void legend() {
    double left = 16;
    for (const StateColour& colour : kColours) {
      rect(left, 40, 12, 12, colour.bar);
      text(left + 17, 50, name_of(colour.state), "fill=\"#444\"");
      left += 30 + 7.0 * static_cast<double>(std::string_view(name_of(colour.state)).size());
    }
  }

  void phases() {
    for (const Phase& phase : timeline_.phases) {
      const double left = x(phase.begin_ns);
      if (phase.fault) {
        rect(left, kTop - 8, x(phase.end_ns) - left, bottom_ - kTop + 8, "#00000010");
      }
      out_ += fmt::format(
          "<line x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\" stroke=\"#8884\"/>\n",
          left, kTop - 14, bottom_);
      if (phase.fault) {
        text(left + 3, kTop - 22, phase.name, "fill=\"#a02c25\" font-weight=\"600\"");
        text(left + 3, kTop - 10,
             fmt::format("longest stall {}", format_duration_ns(phase.longest_stall_ns)),
             "fill=\"#a02c25\" font-size=\"10\"");
      }
    }
  }

  void lane(size_t path) {
    const PathTrack& track = timeline_.paths[path];
    const double top = kTop + (kLane + kGap) * static_cast<double>(path);
    const double most = std::max<double>(timeline_.busiest_slice(), 1);
    text(16, top + kLane / 2 + 4, track.name);
    for (size_t i = 0; i < track.changes.size(); ++i) {
      const StateChange& change = track.changes[i];
      const uint64_t until =
          i + 1 < track.changes.size() ? track.changes[i + 1].at_ns : timeline_.length_ns();
      rect(x(change.at_ns), top, x(until) - x(change.at_ns), kLane,
           colour_of(change.state).background,
           fmt::format("{:.2f} s: {} {}", static_cast<double>(change.at_ns) / 1e9,
                       name_of(change.state), change.note));
    }
    for (size_t slice = 0; slice < track.ios.size(); ++slice) {
      if (track.ios[slice] != 0) {
        const double height = std::max(1.5, (kLane - 4) * track.ios[slice] / most);
        const PathState state = timeline_.state_at(path, slice * kSliceNs + kSliceNs / 2);
        rect(x(slice * kSliceNs) + 0.5, top + kLane - height, scale_ - 1, height,
             colour_of(state).bar, fmt::format("{} requests", track.ios[slice]));
      }
    }
  }

  // Logarithmic, 0.1 ms to 10 s: a stall of 5 ms and one of 2 s must both be readable.
  void stalls() {
    const double top = lanes_bottom_ + kGap;
    rect(kLeft, top, plot_, kStallHeight, "#f6f6f6");
    text(16, top + kStallHeight / 2 + 4, "slowest request");
    for (const auto& [label, ns] :
         {std::pair{"1 ms", 1e6}, {"10 ms", 1e7}, {"100 ms", 1e8}, {"1 s", 1e9}}) {
      const double y = top + kStallHeight - stall_height(ns);
      out_ += fmt::format(
          "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#ccc\"/>\n",
          kLeft, y, kLeft + plot_, y);
      text(kLeft - 6, y + 4, label, "text-anchor=\"end\" font-size=\"9\" fill=\"#777\"");
    }
    for (size_t slice = 0; slice < timeline_.slice_count(); ++slice) {
      const double ns = static_cast<double>(timeline_.slowest_ns[slice]);
      if (ns > 0) {
        const double height = stall_height(ns);
        rect(x(slice * kSliceNs) + 0.5, top + kStallHeight - height, scale_ - 1, height, "#555b66",
             format_duration_ns(timeline_.slowest_ns[slice]));
      }
    }
  }

  static double stall_height(double ns) {
    return kStallHeight * std::clamp((std::log10(ns) - 5) / 5, 0.02, 1.0);
  }

  void axis() {
    for (uint64_t at_ns = 0; at_ns <= timeline_.length_ns(); at_ns += 10 * kSliceNs) {
      text(x(at_ns), bottom_ + 18, fmt::format("{} s", at_ns / 1'000'000'000),
           "text-anchor=\"middle\" fill=\"#555\"");
    }
    text(kLeft, bottom_ + 40,
         fmt::format("bars: requests finished per 100 ms (tallest {})", timeline_.busiest_slice()),
         "fill=\"#555\"");
  }

  const Timeline& timeline_;
  std::string out_;
  double scale_ = kSlice;
  double plot_ = 0;
  double lanes_bottom_ = 0;
  double bottom_ = 0;
};

}  // namespace

std::string render_svg(const Timeline& timeline, const std::string& title) {
  return Drawing(timeline, title).draw();
}

}  // namespace cli::demo
