// See trace.h: the session, and the raw records.
#include "windows/driver/trace.h"

#include "windows/driver/device.h"

namespace driver {
namespace {

constexpr Word kName(kTraceProviderName);
constexpr auto kProviderMetadata = provider_metadata<kName>();

}  // namespace

void Trace::start(AtPassive) {
  if (!NT_SUCCESS(EtwRegister(&kTraceProviderGuid, on_enable, this, &handle_))) {
    handle_ = 0;
  }
}

void Trace::stop() {
  if (handle_ != 0) {
    EtwUnregister(handle_);  // nobody is told any more
    keywords_.store(0, std::memory_order_relaxed);
    handle_ = 0;
  }
}

// Perhaps within EtwRegister, before there is a handle: so nothing is written here.
void NTAPI Trace::on_enable(const GUID*, ULONG control_code, UCHAR level, ULONGLONG match_any,
                            ULONGLONG, EVENT_FILTER_DESCRIPTOR*, PVOID context) {
  Trace& trace = *static_cast<Trace*>(context);
  constexpr ULONGLONG kAll = ~ULONGLONG{0};
  if (control_code > EVENT_CONTROL_CODE_ENABLE_PROVIDER) {
    return;  // asks for what is there already: the trace begins with that
  }
  const bool enabled = control_code == EVENT_CONTROL_CODE_ENABLE_PROVIDER;
  const ULONGLONG keywords = enabled ? (match_any != 0 ? match_any : kAll) : 0;
  trace.level_.store(level, std::memory_order_relaxed);
  trace.keywords_.store(keywords, std::memory_order_relaxed);
  const bool wants_records = trace.wants(TRACE_LEVEL_VERBOSE, keyword::kRecords);
  (wants_records ? trace.joined_ : trace.interrupted_).store(true, std::memory_order_relaxed);
}

// A recording begins with the first step that it is wanted for, and anew when steps may be missing.
// For a session that joins others it begins anew only while the module is empty: what it gets then
// can be replayed, and so can theirs. Else theirs goes on.
void Trace::prepare(const dsm::Module& module, dsm::TimeNs now) {
  const bool joined = joined_.exchange(false, std::memory_order_relaxed) && module.is_empty();
  const bool interrupted = interrupted_.exchange(false, std::memory_order_relaxed);
  if (!wants(TRACE_LEVEL_VERBOSE, keyword::kRecords)) {
    recorder_.stop();
  } else if (interrupted || joined || !recorder_.on()) {
    const dsm::trace::Sink sink{this, [](void* context, base::Bytes record) {
                                  static_cast<Trace*>(context)->write_record(record);
                                }};
    recorder_.start(sink, config_, {kTraceProviderName, sizeof(kTraceProviderName) - 1}, now,
                    module.is_empty());
  }
}

void Trace::write_record(base::Bytes record) {
  write<"Record", Field<"Bytes", TlgInBINARY>>(TRACE_LEVEL_VERBOSE, keyword::kRecords, record);
}

void Trace::send(base::Bytes metadata, UCHAR level, ULONGLONG keyword, const Payload& payload) {
  if (!payload.fits()) {
    return;
  }
  const EVENT_DESCRIPTOR event{.Id = 0,
                               .Version = 0,
                               .Channel = kTraceLoggingChannel,
                               .Level = level,
                               .Opcode = 0,
                               .Task = 0,
                               .Keyword = keyword};
  const auto describe = [](base::Bytes bytes, UCHAR type) {
    EVENT_DATA_DESCRIPTOR data{};
    data.Ptr = reinterpret_cast<ULONG_PTR>(bytes.data());
    data.Size = static_cast<ULONG>(bytes.size());
    data.Reserved = type;
    return data;
  };
  EVENT_DATA_DESCRIPTOR data[] = {
      describe(kProviderMetadata, EVENT_DATA_DESCRIPTOR_TYPE_PROVIDER_METADATA),
      describe(metadata, EVENT_DATA_DESCRIPTOR_TYPE_EVENT_METADATA),
      describe(payload.bytes(), EVENT_DATA_DESCRIPTOR_TYPE_NONE)};
  // A session without room loses it; records are numbered, so that it is seen.
  EtwWrite(handle_, &event, nullptr, static_cast<ULONG>(std::size(data)), data);
}

// Once for the input, and then for each thing that came of it.
dsm::Progress Trace::on_traced(dsm::Module& module, const dsm::Event& event, dsm::Actions& out) {
  prepare(module, event.now);
  const size_t before = out.size();
  const dsm::Progress progress = dsm::trace::on(module, recorder_, event, out);
  tell(event);
  for (const dsm::Action& action : dsm::trace::since(out, before)) {
    // The storage that an arrival did not need is no news.
    if (event.kind != dsm::EventKind::nexus_arrived || action.kind != dsm::ActionKind::release) {
      tell(action);
    }
  }
  return progress;
}

dsm::Progress Trace::resume_traced(dsm::Module& module, dsm::TimeNs now, dsm::Actions& out) {
  prepare(module, now);
  const size_t before = out.size();
  const dsm::Progress progress = dsm::trace::resume(module, recorder_, now, out);
  for (const dsm::Action& action : dsm::trace::since(out, before)) {
    tell(action);
  }
  return progress;
}

dsm::Verdict Trace::interpret_traced(dsm::Module& module, dsm::Nexus& nexus,
                                     const dsm::Completion& completion, dsm::Actions& out) {
  prepare(module, completion.now);
  const size_t before = out.size();
  const bool was_in_use = is_in_use(nexus);
  const dsm::Verdict verdict = dsm::trace::interpret(module, recorder_, nexus, completion, out);
  tell(nexus, completion, verdict, verdict.failover && was_in_use);
  for (const dsm::Action& action : dsm::trace::since(out, before)) {
    tell(action);
  }
  return verdict;
}

}  // namespace driver
