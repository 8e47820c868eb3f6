// See recorder.h.
#include "dsm/trace/recorder.h"

#include "dsm/trace/writer.h"

namespace dsm::trace {

using namespace std::string_view_literals;  // with their length: no kernel has strlen

namespace {

constexpr size_t kLengthAt = 4;
constexpr size_t kChecksumAt = 12;
constinit const ClaimResult kNoClaim{};  // of an arrival that brings none

uint16_t count_of(size_t count) {
  return static_cast<uint16_t>(count < UINT16_MAX ? count : UINT16_MAX);
}

}  // namespace

std::string_view name_of(RecordKind kind) {
  switch (kind) {
    case RecordKind::begin:
      return "begin"sv;
    case RecordKind::device_policy:
      return "device policy"sv;
    case RecordKind::vendor_row:
      return "vendor row"sv;
    case RecordKind::data:
      return "data"sv;
    case RecordKind::event:
      return "event"sv;
    case RecordKind::resumed:
      return "resumed"sv;
    case RecordKind::interpreted:
      return "interpreted"sv;
    case RecordKind::action:
      return "action"sv;
    case RecordKind::picked:
      return "picked"sv;
  }
  return "?"sv;
}

template <typename Body>
void Recorder::write(RecordKind kind, TimeNs now, Body&& body) {
  Writer writer(buffer_);
  writer.header({.kind = kind, .number = number_++, .now = now});
  body(writer);
  const size_t bytes = writer.written().size();
  writer.patch32(kLengthAt, static_cast<uint32_t>(bytes));
  writer.patch32(kChecksumAt, checksum_of(writer.written()));
  sink_.write(sink_.context, writer.written());
}

void Recorder::start(const Sink& sink, const Config& config, std::string_view host, TimeNs now,
                     bool complete) {
  sink_ = sink;
  number_ = 0;
  const Begin begin{.complete = complete,
                    .host = host,
                    .device_policies = count_of(config.device_policies.size()),
                    .vendor_rows = count_of(config.vendor_rows.size())};
  write(RecordKind::begin, now, [&](Writer& w) { begin_fields(w, begin, config); });
  for (const DevicePolicy& policy : config.device_policies.first(begin.device_policies)) {
    write(RecordKind::device_policy, now, [&](Writer& w) { device_policy_fields(w, policy); });
  }
  for (const ErrorRow& row : config.vendor_rows.first(begin.vendor_rows)) {
    write(RecordKind::vendor_row, now, [&](Writer& w) { vendor_row_fields(w, row); });
  }
}

void Recorder::write_data(TimeNs now, base::Bytes data) {
  for (size_t at = 0; at < data.size(); at += kMaxDataBytes) {
    write(RecordKind::data, now, [&](Writer& w) { w.raw(base::slice(data, at, kMaxDataBytes)); });
  }
}

void Recorder::event(const Event& event, const Outcome& outcome, uint32_t busy) {
  const Arrival& arrival = event.arrival;
  const Brought brought{.claim = arrival.claim != nullptr,
                        .lun = arrival.spare_lun != nullptr,
                        .lanes = arrival.lanes != nullptr,
                        .path = arrival.path != nullptr,
                        .nexus = arrival.nexus != nullptr};
  const auto data_bytes = static_cast<uint32_t>(event.command.data_in.size());
  write_data(event.now, event.command.data_in);
  write(RecordKind::event, event.now, [&](Writer& w) {
    event_fields(w, event, outcome, busy, brought,
                 arrival.claim != nullptr ? *arrival.claim : kNoClaim, data_bytes);
  });
}

void Recorder::resumed(TimeNs now, const Outcome& outcome) {
  write(RecordKind::resumed, now, [&](Writer& w) { outcome_fields(w, outcome); });
}

void Recorder::interpreted(NexusId nexus, const Completion& completion, const Verdict& verdict,
                           const Outcome& outcome) {
  write(RecordKind::interpreted, completion.now,
        [&](Writer& w) { interpreted_fields(w, nexus, completion, verdict, outcome); });
}

void Recorder::actions(TimeNs now, std::span<const Action> actions) {
  for (const Action& action : actions) {
    const base::Code code =
        action.kind == ActionKind::op_done ? action.result.status.code() : action.status.code();
    write(RecordKind::action, now, [&](Writer& w) { action_fields(w, action, code); });
  }
}

void Recorder::picked(TimeNs now, const Picked& picked) {
  write(RecordKind::picked, now, [&](Writer& w) { picked_fields(w, picked); });
}

}  // namespace dsm::trace
