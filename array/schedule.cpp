// See schedule.h.
#include "array/schedule.h"

#include <algorithm>
#include <optional>

#include "array/fault.h"
#include "base/units.h"

namespace array {
namespace {

using base::kNsPerMs;
constexpr uint64_t kMaxTimeNs = uint64_t{1000} * 3600 * 1000 * kNsPerMs;  // 1000 hours
constexpr size_t kMaxEntries = 10'000;
constexpr const char* kTimeForm = "a time is a number with ms, s or m, like 250ms or 1.5s";

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> words;
  for (size_t at = 0; at < line.size() && line[at] != '#';) {
    if (is_blank(line[at])) {
      ++at;
      continue;
    }
    const size_t begin = at;
    while (at < line.size() && !is_blank(line[at]) && line[at] != '#') {
      ++at;
    }
    words.emplace_back(line.substr(begin, at - begin));
  }
  return words;
}

uint64_t unit_ns(std::string_view unit) {
  if (unit == "ms") {
    return kNsPerMs;
  }
  if (unit == "s") {
    return 1000 * kNsPerMs;
  }
  return unit == "m" ? 60'000 * kNsPerMs : 0;
}

// "250ms", "1.5s"; digits behind the ninth after the point do not count.
std::optional<uint64_t> parse_time(std::string_view text) {
  uint64_t whole = 0;
  size_t at = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    if (at >= 10) {
      return std::nullopt;
    }
    whole = whole * 10 + static_cast<uint64_t>(text[at] - '0');
  }
  const bool has_whole = at != 0;
  uint64_t billionths = 0;
  if (at < text.size() && text[at] == '.') {
    uint64_t weight = 100'000'000;
    const size_t begin = ++at;
    for (; at < text.size() && is_digit(text[at]); ++at, weight /= 10) {
      billionths += weight * static_cast<uint64_t>(text[at] - '0');
    }
    if (at == begin) {
      return std::nullopt;
    }
  }
  const uint64_t unit = unit_ns(text.substr(at));
  if (!has_whole || unit == 0 || whole > kMaxTimeNs / unit) {
    return std::nullopt;
  }
  // In two steps, or the fraction of a minute would not fit.
  const uint64_t fraction = unit / 1000 * billionths / 1'000'000;
  return std::min(whole * unit + fraction, kMaxTimeNs);
}

// The words of one line, taken one after the other.
class Line {
 public:
  explicit Line(std::vector<std::string> words) : words_(std::move(words)) {}

  // The error, or empty with `entry` filled.
  std::string parse(ScheduleEntry& entry) {
    const std::string kind = words_[next_++];
    if (kind == "at") {
      take_time("at", entry.first_ns);
    } else if (kind == "every") {
      take_time("every", entry.period_ns);
      if (error_.empty() && entry.period_ns < kNsPerMs) {
        error_ = "every " + words_[1] + " is too often; the shortest period is 1ms";
      }
      entry.first_ns = entry.period_ns;
      take_bound("from", entry.first_ns);
      take_bound("until", entry.until_ns);
    } else {
      error_ = "\"" + kind + "\" is not understood; a line is `at TIME FAULT` or `every TIME " +
               "[from TIME] [until TIME] FAULT`";
    }
    if (error_.empty() && next_ == words_.size()) {
      error_ = "the fault is missing; `dsmkit array fault --list` shows all";
    }
    if (error_.empty() && entry.until_ns < entry.first_ns) {
      error_ = "it ends before it begins; make `until` at least " + time_text(entry.first_ns);
    }
    entry.words.assign(words_.begin() + static_cast<std::ptrdiff_t>(next_), words_.end());
    return error_;
  }

 private:
  void take_time(const char* before, uint64_t& time_ns) {
    if (!error_.empty()) {
      return;
    }
    if (next_ == words_.size()) {
      error_ = std::string("the time after \"") + before + "\" is missing; " + kTimeForm;
      return;
    }
    const auto time = parse_time(words_[next_]);
    if (!time) {
      error_ = "\"" + words_[next_] + "\" is no time; " + kTimeForm;
      return;
    }
    ++next_;
    time_ns = *time;
  }
  void take_bound(const char* word, uint64_t& time_ns) {
    if (error_.empty() && next_ < words_.size() && words_[next_] == word) {
      ++next_;
      take_time(word, time_ns);
    }
  }

  std::vector<std::string> words_;
  size_t next_ = 0;
  std::string error_;
};

std::string place(std::string_view file, unsigned line) {
  return std::string(file) + ":" + std::to_string(line) + ": ";
}

}  // namespace

std::string time_text(uint64_t ns) {
  const uint64_t milliseconds = ns / kNsPerMs;
  if (milliseconds < 1000) {
    return std::to_string(milliseconds) + " ms";
  }
  std::string text = std::to_string(milliseconds / 1000);
  if (milliseconds % 1000 != 0) {
    std::string digits = std::to_string(1000 + milliseconds % 1000).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    text += "." + digits;
  }
  return text + " s";
}

Schedule parse_schedule(std::string_view text, std::string_view file) {
  Schedule schedule;
  for (unsigned number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::vector<std::string> words = split(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (words.empty()) {
      continue;
    }
    ScheduleEntry entry;
    entry.line = number;
    std::string error = Line(std::move(words)).parse(entry);
    if (error.empty() && schedule.entries.size() == kMaxEntries) {
      error = "a schedule has at most " + std::to_string(kMaxEntries) +
              " faults; use `every` for what repeats";
    }
    if (!error.empty()) {
      return {{}, place(file, number) + error};
    }
    schedule.entries.push_back(std::move(entry));
  }
  return schedule;
}

std::string check_schedule(const Schedule& schedule, std::string_view file, Array& array) {
  for (const ScheduleEntry& entry : schedule.entries) {
    std::string error;
    if (!check_fault(array, entry.words[0], std::span(entry.words).subspan(1), error)) {
      return place(file, entry.line) + error;
    }
  }
  return {};
}

ScheduleRunner::ScheduleRunner(Array& array, std::vector<ScheduleEntry> entries, Report report)
    : array_(array), report_(std::move(report)) {
  for (ScheduleEntry& entry : entries) {
    items_.push_back(std::make_unique<Item>(*this, std::move(entry)));
  }
}

ScheduleRunner::~ScheduleRunner() {
  for (const auto& item : items_) {
    array_.scheduler().cancel(item->timer);
  }
}

void ScheduleRunner::start() {
  start_ns_ = array_.scheduler().now_ns();
  for (const auto& item : items_) {
    array_.scheduler().arm(item->timer, start_ns_ + item->next_ns);
  }
}

bool ScheduleRunner::finished() const {
  return std::none_of(items_.begin(), items_.end(),
                      [](const auto& item) { return item->timer.armed(); });
}

// The next time counts from when this one was due: a busy moment does not shift all that follows.
void ScheduleRunner::happen(Item& item) {
  const uint64_t since_start_ns = item.next_ns;
  const ScheduleEntry& entry = item.entry;
  if (entry.period_ns != 0 && entry.until_ns - entry.first_ns >= entry.period_ns &&
      item.next_ns <= entry.until_ns - entry.period_ns) {
    item.next_ns += entry.period_ns;
    array_.scheduler().arm(item.timer, start_ns_ + item.next_ns);
  }
  std::string error;
  apply_fault(array_, entry.words[0], std::span(entry.words).subspan(1), error);
  report_(entry, since_start_ns, error);
}

}  // namespace array
