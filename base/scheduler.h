// Clock and timers as everything without I/O of its own sees them: the event loop implements this
// on the real clock, the simulator on a virtual one. Times are nanoseconds of a monotonic clock.
#pragma once

#include <cstddef>
#include <cstdint>

namespace base {

// One timer, owned by its user and armed at most once at a time. It must be cancelled before it
// dies.
class Timer {
 public:
  constexpr Timer(void (*callback)(void*), void* context) : fire_(callback), context_(context) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  constexpr bool armed() const { return position != kIdle; }
  constexpr uint64_t due_ns() const { return due; }
  void fire() const { fire_(context_); }

  // For schedulers only.
  static constexpr size_t kIdle = SIZE_MAX;
  uint64_t due = 0;
  uint64_t sequence = 0;
  size_t position = kIdle;

 private:
  void (*fire_)(void*);
  void* context_;
};

class Scheduler {
 public:
  virtual uint64_t now_ns() const = 0;
  // Fires once at or after `due_ns`, never early, never from inside arm(). Arming an armed timer
  // moves it.
  virtual void arm(Timer& timer, uint64_t due_ns) = 0;
  // Does nothing for an idle timer.
  virtual void cancel(Timer& timer) = 0;

  void arm_after(Timer& timer, uint64_t delay_ns) { arm(timer, now_ns() + delay_ns); }
  // Runs the timer soon, after the current event.
  void defer(Timer& timer) { arm(timer, now_ns()); }

 protected:
  ~Scheduler() = default;
};

// Binds a timer to a member function: MemberTimer<&Disk::on_tick> tick{*this};
template <auto Method>
struct MemberTimer;
template <typename Owner, void (Owner::*Method)()>
struct MemberTimer<Method> : Timer {
  explicit MemberTimer(Owner& owner)
      : Timer([](void* context) { (static_cast<Owner*>(context)->*Method)(); }, &owner) {}
};

}  // namespace base
