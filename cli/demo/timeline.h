// What happened when: I/O per path in slices of 100 ms, the state of each path, the faults and what
// they cost. The demo fills it while it runs; timeline_text and timeline_svg draw it. Plain data,
// no clock of its own: all times are nanoseconds since the start.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cli::demo {

inline constexpr uint64_t kSliceNs = 100'000'000;

enum class PathState : uint8_t { connecting, serving, waiting, suspect, down };
const char* name_of(PathState state);

struct StateChange {
  uint64_t at_ns = 0;
  PathState state = PathState::connecting;
  std::string note;  // why, for a person
};

struct PathTrack {
  std::string name;
  std::vector<uint32_t> ios;         // finished in each slice
  std::vector<StateChange> changes;  // in order; the first at 0
};

// A stretch of time with a name: a calm stretch or a fault.
struct Phase {
  std::string name;
  bool fault = false;
  uint64_t begin_ns = 0;
  uint64_t end_ns = 0;
  uint64_t longest_held_ns = 0;   // the slowest write that waited for one of unknown fate
  uint64_t longest_stall_ns = 0;  // the slowest request that was under way in it
};

class Timeline {
 public:
  std::vector<PathTrack> paths;
  std::vector<Phase> phases;
  std::vector<uint64_t> slowest_ns;  // per slice: the slowest request that finished in it

  uint64_t length_ns() const { return slice_count() * kSliceNs; }
  size_t slice_count() const { return slowest_ns.size(); }

  // `count` requests finished on path `path` in the slice that holds `at_ns`.
  void add_ios(size_t path, uint64_t at_ns, uint32_t count);
  void change_state(size_t path, uint64_t at_ns, PathState state, std::string note);
  // One client request was under way from begin to end: it counts for every phase it touches.
  void add_request(uint64_t begin_ns, uint64_t end_ns);
  // Ends the running phase and begins the next.
  void begin_phase(std::string name, bool fault, uint64_t at_ns);
  void finish(uint64_t at_ns);

  uint32_t busiest_slice() const;
  PathState state_at(size_t path, uint64_t at_ns) const;

 private:
  void grow_to(uint64_t at_ns);
};

// One line of block characters per path (or plain ASCII), the faults above, the longest stall of
// each below.
std::string render_text(const Timeline& timeline, bool unicode);
// A self-contained SVG picture of the same.
std::string render_svg(const Timeline& timeline, const std::string& title);

}  // namespace cli::demo
