// Faults by the clock: a text file of faults and when they happen, and what runs it against an
// array.
//
//   # A controller crashes and comes back; all the while a port loses its connections.
//   at 1.5s    controller-crash 0
//   at 4s      controller-restart 0
//   every 10s  port-reset 1
//   every 250ms from 30s until 40s   drop-reply 2
//
// One fault a line, `#` begins a comment. Times are numbers with ms, s or m, counted from the
// start; `every PERIOD` begins one period after the start unless `from` says otherwise, and goes on
// unless `until` ends it (that moment included). The lines may stand in any order; what falls
// together happens in theirs. docs/array.md describes it for users.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "array/array.h"

namespace array {

struct ScheduleEntry {
  uint64_t first_ns = 0;
  uint64_t period_ns = 0;  // 0: happens once
  uint64_t until_ns = UINT64_MAX;
  std::vector<std::string> words;  // the fault's name and its arguments; never empty
  unsigned line = 0;
};

struct Schedule {
  std::vector<ScheduleEntry> entries;
  std::string error;  // "FILE:LINE: what is wrong; what is right", and then there are no entries
};

// Any text is either a schedule or has an error. `file` is only for the message. Names and
// arguments of faults are not looked at.
Schedule parse_schedule(std::string_view text, std::string_view file);
// Are they faults that this array can do? Empty, or an error as above. Nothing happens.
std::string check_schedule(const Schedule& schedule, std::string_view file, Array& array);

// "1.5 s", "250 ms".
std::string time_text(uint64_t ns);

class ScheduleRunner {
 public:
  // A fault has happened, or the array could not do it now (`error`).
  using Report = std::function<void(const ScheduleEntry& entry, uint64_t since_start_ns,
                                    const std::string& error)>;

  // The array outlives the runner.
  ScheduleRunner(Array& array, std::vector<ScheduleEntry> entries, Report report);
  ~ScheduleRunner();
  ScheduleRunner(const ScheduleRunner&) = delete;
  ScheduleRunner& operator=(const ScheduleRunner&) = delete;

  // Times count from now on. Once only.
  void start();
  // Nothing will happen any more.
  bool finished() const;

 private:
  struct Item {
    Item(ScheduleRunner& runner, ScheduleEntry scheduled)
        : owner(runner), entry(std::move(scheduled)), next_ns(entry.first_ns) {}
    void on_time() { owner.happen(*this); }

    ScheduleRunner& owner;
    ScheduleEntry entry;
    uint64_t next_ns;  // since the start
    base::MemberTimer<&Item::on_time> timer{*this};
  };

  void happen(Item& item);

  Array& array_;
  Report report_;
  uint64_t start_ns_ = 0;
  std::vector<std::unique_ptr<Item>> items_;
};

}  // namespace array
