// See replay.h.
#include "replay/replay.h"

#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "replay/difference.h"
#include "replay/module_host.h"
#include "replay/reader.h"
#include "replay/text.h"

namespace replay {
namespace {

using dsm::trace::RecordKind;

constexpr char kIncomplete[] =
    ": the recording began when the module was at work already; it can be printed (--print), not "
    "replayed: record from the start of the driver or the disk";

std::string seconds_of(dsm::TimeNs now) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.6f s", static_cast<double>(now) / 1e9);
  return text;
}

class Replay {
 public:
  Replay(base::Bytes trace, const Options& options) : reader_(trace), options_(options) {}

  Result run() {
    while (next()) {
      deal_with_record();
    }
    if (result_.verdict == Verdict::same) {
      if (!reader_.error().empty()) {
        unreadable(reader_.error());
      } else if (!begun_) {
        unreadable("there is no record in it");
      } else if (!data_.empty()) {
        cut("the event that its last data belong to is missing");
      } else if (!incomplete_.empty()) {
        unreadable(incomplete_);
      }
    }
    return result_;
  }

 private:
  bool next() {
    if (result_.verdict != Verdict::same || !reader_.next(record_)) {
      return false;
    }
    const dsm::trace::Header& header = record_.header;
    if (header.kind == RecordKind::begin) {
      number_ = header.number;
    } else if (!begun_) {
      number_ = header.number;
      is_replayed_ = false;
      incomplete_ = place_of(record_) +
                    ": the trace does not start with a `begin` record: what came before is missing";
      if (!options_.print) {
        unreadable(incomplete_);
      }
    } else if (header.number != ++number_) {
      unreadable(place_of(record_) + ": expected number " + std::to_string(number_) +
                 "; what lies between was lost by the trace session");
    }
    begun_ = true;
    if (result_.verdict == Verdict::same && options_.print) {
      options_.print(text_of(record_));
    }
    return result_.verdict == Verdict::same;
  }

  void unreadable(const std::string& what) {
    result_.verdict = Verdict::unreadable;
    result_.message = what;
  }
  void differs(const Record& where, const std::string& expected, const std::string& got) {
    result_.verdict = Verdict::different;
    result_.message = place_of(where) + ", at " + seconds_of(where.header.now) + "\n  after     " +
                      step_ + "\n  expected  " + expected + "\n  got       " + got;
  }

  void deal_with_record() {
    switch (record_.header.kind) {
      case RecordKind::begin:
        begin();
        break;
      case RecordKind::device_policy:
      case RecordKind::vendor_row:
        unreadable(place_of(record_) + ": it belongs behind a `begin` record that counts it");
        break;
      case RecordKind::data:
        recorded_.push_back(record_.whole);
        data_.insert(data_.end(), record_.body.begin(), record_.body.end());
        if (data_.size() > dsm::kRtpgMaxBytes) {
          unreadable(place_of(record_) + ": no command of the DSM asks for so much data");
        }
        break;
      case RecordKind::event:
      case RecordKind::resumed:
      case RecordKind::interpreted:
        step();
        break;
      case RecordKind::action:
        if (is_replayed_) {
          unreadable(place_of(record_) + ": an action that no event announced");
        }
        break;
      case RecordKind::picked:
        picked();
        break;
    }
  }

  // The records that `begin` announces.
  void begin() {
    ++result_.modules;
    recorded_.clear();
    data_.clear();
    const Record first = record_;
    if (!first.begin.complete && !options_.print) {
      unreadable(place_of(first) + kIncomplete);
      return;
    }
    auto setup = std::make_unique<Setup>();
    setup->config = first.config;
    for (unsigned i = 0; i < first.begin.device_policies && expect(RecordKind::device_policy);
         ++i) {
      setup->add(record_.device_policy);
    }
    for (unsigned i = 0; i < first.begin.vendor_rows && expect(RecordKind::vendor_row); ++i) {
      setup->add(record_.vendor_row);
    }
    if (result_.verdict != Verdict::same) {
      return;
    }
    if (const std::string wrong = setup->finish(); !wrong.empty()) {
      unreadable(place_of(first) + ": " + wrong);
      return;
    }
    if (options_.configure) {
      options_.configure(setup->config);
    }
    is_replayed_ = first.begin.complete;
    if (!is_replayed_) {
      incomplete_ = place_of(first) + kIncomplete;
    }
    host_ = std::make_unique<ModuleHost>(std::move(setup));
  }
  bool expect(RecordKind kind) {
    if (!next()) {
      cut("a `" + std::string(name_of(kind)) + "` record is missing");
      return false;
    }
    if (record_.header.kind != kind) {
      unreadable(place_of(record_) + ": expected a `" + std::string(name_of(kind)) +
                 "` record that `begin` announced");
      return false;
    }
    return true;
  }
  // Unless it is known already what is wrong.
  void cut(const std::string& what) {
    if (result_.verdict == Verdict::same) {
      unreadable("the trace is cut: " + (reader_.error().empty() ? what : reader_.error()));
    }
  }

  // An input with all that came of it.
  void step() {
    const Record input = record_;
    step_ = std::string(name_of(input.header.kind)) + ": " + fields_of(input);
    if (const std::string wrong = wrong_with(input); !wrong.empty()) {
      unreadable(place_of(input) + ": " + wrong);
      return;
    }
    recorded_.push_back(input.whole);
    for (unsigned i = 0; i < input.outcome.actions; ++i) {
      if (!next()) {
        cut(std::to_string(i) + " of the " + std::to_string(input.outcome.actions) +
            " actions of record " + std::to_string(input.header.number) + " are there");
        return;
      }
      if (record_.header.kind != RecordKind::action) {
        unreadable(place_of(record_) + ": expected an action of record " +
                   std::to_string(input.header.number));
        return;
      }
      recorded_.push_back(record_.whole);
    }
    if (is_replayed_) {
      if (const std::string missing = host_->feed(input, data_); !missing.empty()) {
        differs(input, "this is known to the module", missing);
        return;
      }
      ++result_.inputs;
      compare(input);
    }
    recorded_.clear();
    data_.clear();
  }

  std::string wrong_with(const Record& input) const {
    const bool has_data =
        input.header.kind == RecordKind::event && input.event.kind == dsm::EventKind::command_done;
    const size_t announced = has_data ? input.data_bytes : 0;
    if (announced != data_.size()) {
      return "it brings " + std::to_string(announced) + " bytes of data, and " +
             std::to_string(data_.size()) + " came before it";
    }
    constexpr size_t kMostAlready = dsm::kActionCapacity - dsm::kActionsPerStep;
    return input.outcome.already <= kMostAlready
               ? ""
               : "no host has so many actions left when it feeds the module";
  }

  // Of an event the actions first, as its own record only counts them; of an interpretation the
  // verdict.
  void compare(const Record& input) {
    const size_t actions = input.outcome.actions;
    const bool has_verdict = input.header.kind == RecordKind::interpreted;
    const size_t first = has_verdict ? 0 : recorded_.size() - actions;
    if (const auto difference = first_difference(recorded_, host_->written(), first)) {
      differs(place_in(input, difference->index), difference->expected, difference->got);
      return;
    }
    result_.decisions += actions + (has_verdict ? 1 : 0);
  }
  // Of the step's `index`-th record; behind the last one, of the input.
  Record place_in(const Record& input, size_t index) const {
    Record place = input;
    if (index < recorded_.size()) {
      const size_t inputs_index = recorded_.size() - 1 - input.outcome.actions;
      place.header.number += static_cast<uint32_t>(index - inputs_index);
      place.offset += static_cast<size_t>(recorded_[index].data() - input.whole.data());
    }
    return place;
  }

  void picked() {
    if (!is_replayed_) {
      return;
    }
    step_ = "everything up to here";
    const std::string wrong = host_->judge(record_.picked);
    if (!wrong.empty()) {
      differs(record_, "picked: " + fields_of(record_), wrong);
      return;
    }
    ++result_.picks;
  }

  Reader reader_;
  const Options& options_;
  Result result_;
  Record record_;
  bool begun_ = false;
  uint32_t number_ = 0;
  bool is_replayed_ = true;
  std::string incomplete_;  // what was printed only, and why
  std::unique_ptr<ModuleHost> host_;
  std::vector<base::Bytes> recorded_;  // of the step: its data, its input, its actions
  std::vector<uint8_t> data_;
  std::string step_;
};

}  // namespace

Result replay(base::Bytes trace, const Options& options) {
  return Replay(trace, options).run();
}

}  // namespace replay
