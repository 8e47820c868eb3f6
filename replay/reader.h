// Reads a trace (dsm/trace/record.h), from whatever bytes somebody gives it.
#pragma once

#include <string>
#include <vector>

#include "dsm/trace/layout.h"

namespace replay {

// What a record may hold. Which parts mean something depends on the kind. Texts and bytes are views
// into the trace.
struct Fields {
  dsm::trace::Header header;
  size_t offset = 0;  // in the trace
  base::Bytes whole;
  base::Bytes body;

  dsm::trace::Begin begin;
  dsm::Config config;
  dsm::DevicePolicy device_policy;
  dsm::ErrorRow vendor_row;
  dsm::Event event;
  dsm::trace::Brought brought;
  dsm::ClaimResult claim;
  uint32_t busy = 0;
  uint32_t data_bytes = 0;
  dsm::NexusId nexus = 0;
  dsm::Completion completion;
  dsm::Verdict verdict;
  dsm::trace::Outcome outcome;
  dsm::Action action;
  base::Code code = base::Code::ok;
  dsm::trace::Picked picked;

  std::vector<dsm::PathSetting> path_settings;  // of event.operation
  std::string name;                             // of the vendor row, and what explains it
  std::string explain;
};

// One record; a copy has what it looks at.
struct Record : Fields {
  Record() = default;
  Record(const Record& other) : Fields(other) { look_at_own(); }
  Record& operator=(const Record& other) {
    Fields::operator=(other);
    look_at_own();
    return *this;
  }

  void look_at_own() {
    event.operation.settings.paths = path_settings;
    vendor_row.name = name.c_str();
    vendor_row.explain = explain.c_str();
  }
};

// Calls the right functions of dsm/trace/layout.h for the record's kind.
template <typename C, typename R>
void record_fields(C& c, R& record) {
  using dsm::trace::RecordKind;
  switch (record.header.kind) {
    case RecordKind::begin:
      dsm::trace::begin_fields(c, record.begin, record.config);
      break;
    case RecordKind::device_policy:
      dsm::trace::device_policy_fields(c, record.device_policy);
      break;
    case RecordKind::vendor_row:
      dsm::trace::vendor_row_fields(c, record.vendor_row);
      break;
    case RecordKind::data:
      break;  // all of it is data
    case RecordKind::event:
      dsm::trace::event_fields(c, record.event, record.outcome, record.busy, record.brought,
                               record.claim, record.data_bytes);
      break;
    case RecordKind::resumed:
      dsm::trace::outcome_fields(c, record.outcome);
      break;
    case RecordKind::interpreted:
      dsm::trace::interpreted_fields(c, record.nexus, record.completion, record.verdict,
                                     record.outcome);
      break;
    case RecordKind::action:
      dsm::trace::action_fields(c, record.action, record.code);
      break;
    case RecordKind::picked:
      dsm::trace::picked_fields(c, record.picked);
      break;
  }
}

class Reader {
 public:
  // `trace` must outlive the reader and its records.
  explicit Reader(base::Bytes trace) : trace_(trace) {}

  // False at the end, and when what comes is no record: then error() says what and where.
  bool next(Record& record);
  bool at_end() const { return offset_ == trace_.size(); }
  const std::string& error() const { return error_; }

 private:
  bool fail(const Record& record, const std::string& what);
  bool take_header(Record& record);

  base::Bytes trace_;
  size_t offset_ = 0;
  std::string error_;
};

// "record 12 at byte 3456"
std::string place_of(const Record& record);

}  // namespace replay
