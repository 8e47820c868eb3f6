// Writes what goes into a module and what it decides. Off, it costs its host one branch that the
// processor foresees.
//
// Threads: all of it under the one lock that brings the calls of the module into an order; a host
// whose module is called under several locks cannot record. on() alone may be asked by anyone.
// IRQL: up to DISPATCH_LEVEL, if the sink is.
#pragma once

#include <array>
#include <span>

#include "dsm/module.h"
#include "dsm/trace/layout.h"

namespace dsm::trace {

// Where records go: one whole record at each call, which is over when it returns.
struct Sink {
  void* context = nullptr;
  void (*write)(void* context, base::Bytes record) = nullptr;
};

class Recorder {
 public:
  bool on() const { return sink_.write != nullptr; }
  // `host`: who writes, for people. `complete`: the module has not seen anything yet, so that the
  // trace can be replayed.
  void start(const Sink& sink, const Config& config, std::string_view host, TimeNs now,
             bool complete);
  void stop() { sink_ = {}; }

  // After the module's answer, while what the event points to is still there. `busy`: what
  // Module::busy() says then. Only while on().
  void event(const Event& event, const Outcome& outcome, uint32_t busy);
  void resumed(TimeNs now, const Outcome& outcome);
  void interpreted(NexusId nexus, const Completion& completion, const Verdict& verdict,
                   const Outcome& outcome);
  // The actions of the three above.
  void actions(TimeNs now, std::span<const Action> actions);
  void picked(TimeNs now, const Picked& picked);

 private:
  template <typename Body>
  void write(RecordKind kind, TimeNs now, Body&& body);
  void write_data(TimeNs now, base::Bytes data);

  Sink sink_;
  uint32_t number_ = 0;
  std::array<uint8_t, kMaxRecordBytes> buffer_{};
};

}  // namespace dsm::trace
