// Event tracing as the driver sees it: providers register, a session wants some of their events,
// and what is written is decoded at once - strictly, so that an event that no tool on Windows could
// decode is a failure here.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "windows/abi/imports.h"

namespace harness {

struct TracedEvent {
  std::string name;
  UCHAR level = 0;
  ULONGLONG keyword = 0;
  std::map<std::string, std::string> fields;  // numbers in decimal, binary as it is
};

class Etw {
 public:
  // Of the only session. keywords 0 ends it. Calls the provider, at PASSIVE_LEVEL.
  void want(UCHAR level, ULONGLONG keywords);
  bool fail_register = false;  // the next registration fails

  size_t providers() const { return providers_.size(); }
  // EtwWrite calls: with a session or without.
  unsigned writes() const { return writes_; }
  const std::vector<TracedEvent>& events() const { return events_; }
  unsigned count(const std::string& name) const;
  // The last event of this name whose fields are (among others) these.
  const TracedEvent* find(const std::string& name,
                          const std::map<std::string, std::string>& fields = {}) const;
  // What the events "Record" have brought: a trace.
  const std::string& trace() const { return trace_; }
  void forget();

  // What the exports do.
  NTSTATUS add(const GUID& provider, PETWENABLECALLBACK callback, PVOID context, REGHANDLE& handle);
  void remove(REGHANDLE handle);
  void write(REGHANDLE handle, const EVENT_DESCRIPTOR& event, const std::vector<std::string>& parts,
             const std::vector<UCHAR>& types);

 private:
  struct Provider {
    GUID guid;
    PETWENABLECALLBACK callback;
    PVOID context;
  };
  void tell(const Provider& provider) const;

  std::map<REGHANDLE, Provider> providers_;
  REGHANDLE last_handle_ = 0;
  UCHAR level_ = 0;
  ULONGLONG keywords_ = 0;
  unsigned writes_ = 0;
  std::vector<TracedEvent> events_;
  std::string trace_;
};

Etw& etw();
// Ends the program when the file cannot be written.
void write_trace(const std::string& file, const std::string& trace);

}  // namespace harness
