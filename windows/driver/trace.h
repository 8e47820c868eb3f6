// The driver's events for a trace session (ETW): what happens to paths, for people, and the DSM's
// records, for `dsmkit replay`. While no session wants any of it, a step of the DSM costs one
// branch more.
//
// Everything but start(), stop() and wanted() under the engine's lock. IRQL: up to DISPATCH_LEVEL.
#pragma once

#include <atomic>

#include "dsm/trace/feed.h"
#include "windows/driver/irql.h"
#include "windows/driver/self_describing.h"

namespace driver {

// A value of the registry, or a key, that does not count as what it says.
struct IgnoredSetting {
  UNICODE_STRING key;
  UNICODE_STRING name;
  const char* why;
  ULONG type = 0;  // REG_... and how much of it; 0: not a value
  ULONG bytes = 0;
};

// Whatever MPIO or a device has answered that keeps a device from being claimed.
struct NotClaimed {
  std::string_view model;  // vendor and product; empty: it has not said
  std::string_view why;
};

class Trace {
 public:
  // `config`: of the module whose calls come through here.
  explicit Trace(const dsm::Config& config) : config_(config) {}
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  // A driver that cannot be traced works all the same.
  void start(AtPassive);
  void stop();
  bool wanted() const { return keywords_.load(std::memory_order_relaxed) != 0; }

  // The module's calls.
  dsm::Progress on(dsm::Module& module, const dsm::Event& event, dsm::Actions& out) {
    return wanted() ? on_traced(module, event, out) : module.on(event, out);
  }
  dsm::Progress resume(dsm::Module& module, dsm::TimeNs now, dsm::Actions& out) {
    return wanted() ? resume_traced(module, now, out) : module.resume(now, out);
  }
  dsm::Verdict interpret(dsm::Module& module, dsm::Nexus& nexus, const dsm::Completion& completion,
                         dsm::Actions& out) {
    return wanted() ? interpret_traced(module, nexus, completion, out)
                    : module.interpret(nexus, completion, out);
  }
  // How registration with MPIO ended.
  void registered(ULONG dsm_type, NTSTATUS status);
  void ignored(const IgnoredSetting& setting);
  void not_claimed(const NotClaimed& device);

 private:
  dsm::Progress on_traced(dsm::Module& module, const dsm::Event& event, dsm::Actions& out);
  dsm::Progress resume_traced(dsm::Module& module, dsm::TimeNs now, dsm::Actions& out);
  dsm::Verdict interpret_traced(dsm::Module& module, dsm::Nexus& nexus,
                                const dsm::Completion& completion, dsm::Actions& out);
  void prepare(const dsm::Module& module, dsm::TimeNs now);
  void write_record(base::Bytes record);

  // trace_events.cpp
  void tell(const dsm::Event& event);
  void tell(const dsm::Action& action);
  void tell_report(const dsm::Action& action);
  void tell(const dsm::Nexus& nexus, const dsm::Completion& completion, const dsm::Verdict& verdict,
            bool leaves);
  std::string_view name_of_row(uint16_t row) const;

  bool wants(UCHAR level, ULONGLONG keyword) const {
    const UCHAR most = level_.load(std::memory_order_relaxed);
    return (keywords_.load(std::memory_order_relaxed) & keyword) != 0 &&
           (most == 0 || level <= most);
  }
  template <Word Name, typename... Fields>
  void write(UCHAR level, ULONGLONG keyword, typename Fields::Value... values) {
    static constexpr auto kMetadata = event_metadata<Name, Fields...>();
    if (wants(level, keyword)) {
      Payload payload(payload_);
      (payload.put(values), ...);
      send(kMetadata, level, keyword, payload);
    }
  }
  void send(base::Bytes metadata, UCHAR level, ULONGLONG keyword, const Payload& payload);
  static void NTAPI on_enable(const GUID* source, ULONG control_code, UCHAR level,
                              ULONGLONG match_any, ULONGLONG match_all,
                              EVENT_FILTER_DESCRIPTOR* filter, PVOID context);

  const dsm::Config& config_;
  REGHANDLE handle_ = 0;
  std::atomic<ULONGLONG> keywords_{0};    // that some session wants; 0: there is none
  std::atomic<UCHAR> level_{0};           // up to which; 0: all
  std::atomic<bool> interrupted_{false};  // records were not wanted for a while
  std::atomic<bool> joined_{false};       // a session has come, perhaps beside others
  dsm::trace::Recorder recorder_;
  std::array<uint8_t, dsm::trace::kMaxRecordBytes + 64> payload_{};
};

}  // namespace driver
