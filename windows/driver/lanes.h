// The lanes of all LUNs, and the commands that are counted in them. A lane belongs to whoever is
// inside its gate; processor n prefers lane n, so that two processors seldom want the same one.
//
// Nothing on the way of a command waits, raises the IRQL, or takes memory once the lanes are warm:
//  - a choice, and the beginning of a command, need any lane: they try each once. If all are taken,
//    which needs as many threads in the middle of it, a choice is made without the policy and a
//    command runs uncounted;
//  - the end of a command needs the lane that counted it: if that is taken it is left there as an
//    errand;
//  - a retry that moves to another path begins anew on any lane and ends on its old one.
// What the DSM must be told of (a slot has become idle, the lanes have passed a barrier) is told by
// a deferred procedure call.
#pragma once

#include <atomic>

#include "dsm/select.h"
#include "windows/driver/device.h"
#include "windows/driver/gate.h"

namespace driver {

class Lanes;

// A command that is counted. It fills a cache line. Its block stays with a lane when it has ended.
struct alignas(64) Request : Gate::Errand {
  Lanes* lanes = nullptr;
  dsm::Token token;
  PVOID* remembered = nullptr;  // where the packet keeps the address of this
  dsm::Ended ended;
  uint8_t lane = 0;       // of `token`
  uint32_t begun_at = 0;  // in ticks of the clock; 0: it is not timed
};

struct Choice {
  dsm::Pick pick;
  uint32_t load = 0;  // what a policy that compares loads makes of the command
  uint8_t lane = 0;   // where it will best begin
  dsm::PathId path = 0;

  bool found() const { return pick.found(); }
};

class Lanes {
 public:
  // `told` is called at DISPATCH_LEVEL when take_idle() or take_passed() may have an answer.
  Lanes(unsigned count, KDEFERRED_ROUTINE* told, PVOID context);
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  unsigned count() const { return count_; }
  // The lane that this processor prefers.
  uint8_t here() const;

  // By the policy of the LUN. False: every lane is taken.
  bool choose(dsm::Lun& lun, const dsm::Shape& shape, Choice& out);
  // Counts a command on `device`, which must not be let go of meanwhile. Null: it runs uncounted,
  // as every lane is taken, there is no memory, or the device is being removed.
  Request* begin(const Device& device, const Choice& choice);
  // To another path of its LUN. False: that path is not usable any more. Without a lane or memory
  // the command stays counted where it was.
  bool move(Request& request, const Choice& choice);
  // `request` is gone.
  void end(Request& request, const dsm::Ended& ended);

  // Has a slot that is being emptied become idle since the last time?
  bool take_idle() { return idle_.exchange(false, std::memory_order_acquire); }
  // True: all who were in a lane have gone out. False: `told` is called when they have. One round
  // at a time.
  bool pass_all();
  bool take_passed() { return passed_.exchange(false, std::memory_order_acquire); }

  // When no command is left: the memory goes back.
  void release_spares();

 private:
  // On lines of its own: two lanes share nothing.
  struct alignas(64) Lane {
    Gate gate;
    Request* spare = nullptr;  // blocks of commands that have ended
    Gate::Errand barrier;
  };
  static constexpr unsigned kNone = dsm::kMaxLanes;

  // Inside a lane, if one is free.
  class Turn;
  struct Told {
    bool idle = false;
    bool barrier = false;
  };

  unsigned enter_any(unsigned preferred);
  Request* take_block(Lane& lane);
  static void keep_block(Lane& lane, Request& request);
  static bool finish(Lane& lane, Request& request);
  void leave(unsigned lane, Told told);
  void run_errands(Lane& lane, Gate::Errand* first, Told& told);
  void tell(Told told);
  bool count_off_barrier();

  unsigned count_;
  KDPC told_{};
  std::atomic<bool> idle_{false};
  std::atomic<bool> passed_{false};
  std::atomic<unsigned> not_passed_{0};
  Lane lanes_[dsm::kMaxLanes];
};

}  // namespace driver
