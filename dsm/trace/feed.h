// The module's calls, told to a recorder when it is on. What every host feeds its module with.
#pragma once

#include "dsm/trace/recorder.h"

namespace dsm::trace {

// The actions that came since there were `before`.
inline std::span<const Action> since(const Actions& out, size_t before) {
  return {out.data() + before, out.size() - before};
}
inline Outcome outcome_of(Progress progress, size_t before, std::span<const Action> actions) {
  return {.already = static_cast<uint16_t>(before),
          .more = progress == Progress::more,
          .actions = static_cast<uint16_t>(actions.size())};
}

// As Module::on().
inline Progress on(Module& module, Recorder& recorder, const Event& event, Actions& out) {
  const size_t before = out.size();
  const Progress progress = module.on(event, out);
  if (recorder.on()) [[unlikely]] {
    const std::span<const Action> actions = since(out, before);
    recorder.event(event, outcome_of(progress, before, actions), module.busy());
    recorder.actions(event.now, actions);
  }
  return progress;
}

// As Module::resume().
inline Progress resume(Module& module, Recorder& recorder, TimeNs now, Actions& out) {
  const size_t before = out.size();
  const Progress progress = module.resume(now, out);
  if (recorder.on()) [[unlikely]] {
    const std::span<const Action> actions = since(out, before);
    recorder.resumed(now, outcome_of(progress, before, actions));
    recorder.actions(now, actions);
  }
  return progress;
}

// As Module::interpret().
inline Verdict interpret(Module& module, Recorder& recorder, Nexus& nexus,
                         const Completion& completion, Actions& out) {
  const size_t before = out.size();
  const Verdict verdict = module.interpret(nexus, completion, out);
  if (recorder.on()) [[unlikely]] {
    const std::span<const Action> actions = since(out, before);
    recorder.interpreted(nexus.id, completion, verdict,
                         outcome_of(Progress::done, before, actions));
    recorder.actions(completion.now, actions);
  }
  return verdict;
}

}  // namespace dsm::trace
