// See lanes.h.
#include "windows/driver/lanes.h"

#include "windows/driver/pool.h"
#include "windows/driver/sync.h"

namespace driver {

class Lanes::Turn {
 public:
  Turn(Lanes& lanes, unsigned preferred) : lanes_(lanes), number_(lanes.enter_any(preferred)) {}
  ~Turn() {
    if (found()) [[likely]] {
      lanes_.leave(number_, {});
    }
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  bool found() const { return number_ != kNone; }
  uint8_t number() const { return static_cast<uint8_t>(number_); }
  Lane& lane() const { return lanes_.lanes_[number_]; }

 private:
  Lanes& lanes_;
  const unsigned number_;
};

// Tries each lane once, from the preferred one on. kNone: all are taken.
inline unsigned Lanes::enter_any(unsigned preferred) {
  if (lanes_[preferred].gate.enter()) [[likely]] {
    return preferred;
  }
  for (unsigned tried = 1; tried < count_; ++tried) {
    const unsigned other =
        preferred + tried < count_ ? preferred + tried : preferred + tried - count_;
    if (lanes_[other].gate.enter()) {
      return other;
    }
  }
  return kNone;
}

namespace {

// On the nexus's slot, whether the policy would choose it or not: MPIO will send it there all the
// same.
bool count_on(dsm::Token& token, const dsm::Nexus& nexus, unsigned lane, uint32_t load) {
  dsm::Lun& lun = *nexus.lun;
  const uint64_t word = lun.published.word.load(std::memory_order_acquire);
  if ((dsm::mask_of(word) & base::bit(nexus.slot)) != 0) [[likely]] {
    dsm::Lane& counters = lun.published.lanes[lane];
    counters.chosen_load = load;
    if (dsm::begin(token, lun, lane, {.word = word, .slot = nexus.slot})) [[likely]] {
      return true;
    }
    counters.chosen_load = 0;
  }
  return dsm::begin_on(token, nexus, lane);
}

// Fine enough for commands, of which many end before the clock interrupts once; and dearer than a
// choice, so not each is timed.
uint32_t precise_ticks() {
  ULONGLONG performance_counter = 0;
  return static_cast<uint32_t>(KeQueryInterruptTimePrecise(&performance_counter));
}

// When a command begins; 0: it is not timed.
uint32_t beginning(dsm::Lane& counters) {
  if (!counters.is_timed()) [[likely]] {
    return 0;
  }
  const uint32_t now = precise_ticks();
  return now != 0 ? now : UINT32_MAX;
}

// The clocks of two processors may differ by a little: what ends before it began is not counted.
void note_time(const dsm::Token& token, uint32_t begun_at) {
  const uint32_t ticks = precise_ticks() - begun_at;
  if (ticks <= INT32_MAX) {
    dsm::note_service_time(token, ticks * kNsPerTick);
  }
}

}  // namespace

Lanes::Lanes(unsigned count, KDEFERRED_ROUTINE* told, PVOID context) : count_(count) {
  KeInitializeDpc(&told_, told, context);
}

uint8_t Lanes::here() const {
  const ULONG processor = KeGetCurrentProcessorNumberEx(nullptr);
  return static_cast<uint8_t>(processor < count_ ? processor : processor % count_);
}

bool Lanes::choose(dsm::Lun& lun, const dsm::Shape& shape, Choice& out) {
  const Turn turn(*this, here());
  if (!turn.found()) {
    return false;
  }
  out.lane = turn.number();
  out.pick = dsm::select(lun, out.lane, shape);
  if (out.found()) [[likely]] {
    // The weight waits for begin(), which may come after another command's choice.
    dsm::Lane& counters = lun.published.lanes[out.lane];
    out.load = counters.chosen_load;
    counters.chosen_load = 0;
    // Stable: whoever takes it away waits for this lane first.
    out.path = static_cast<Device*>(lun.nexus_at(out.pick.slot))->path_number;
  }
  return true;
}

Request* Lanes::begin(const Device& device, const Choice& choice) {
  const Turn turn(*this, choice.lane);
  Request* const request = turn.found() ? take_block(turn.lane()) : nullptr;
  if (request == nullptr) {
    return nullptr;
  }
  if (!count_on(request->token, device, turn.number(), choice.load)) {
    keep_block(turn.lane(), *request);
    return nullptr;
  }
  request->lane = turn.number();
  request->begun_at = beginning(device.lun->published.lanes[turn.number()]);
  return request;
}

bool Lanes::move(Request& request, const Choice& choice) {
  Request* former = nullptr;
  {
    const Turn turn(*this, choice.lane);
    former = turn.found() ? take_block(turn.lane()) : nullptr;
    if (former == nullptr) {
      return true;
    }
    dsm::Lun& lun = *request.token.lun;
    dsm::Lane& counters = lun.published.lanes[turn.number()];
    dsm::Token token;
    counters.chosen_load = choice.load;
    const bool begun = dsm::begin(token, lun, turn.number(), choice.pick);
    counters.chosen_load = 0;
    if (!begun) {
      keep_block(turn.lane(), *former);
      return false;
    }
    // MPIO holds the address of `request`, so that stands for the new path.
    former->token = request.token;
    former->lane = request.lane;
    request.token = token;
    request.lane = turn.number();
    former->begun_at = 0;
    request.begun_at = beginning(counters);
  }
  end(*former, {.ok = false, .retried = true});
  return true;
}

void Lanes::end(Request& request, const dsm::Ended& ended) {
  const unsigned number = request.lane;
  Lane& lane = lanes_[number];
  request.ended = ended;
  if (lane.gate.enter_or_leave(request)) [[likely]] {
    leave(number, {.idle = finish(lane, request)});
  }
}

// Inside: counts it off. True: its slot is idle.
bool Lanes::finish(Lane& lane, Request& request) {
  if (request.begun_at != 0 && request.ended.ok &&
      request.ended.direction != dsm::Direction::none) {
    note_time(request.token, request.begun_at);
  }
  const dsm::CompleteResult result = dsm::complete(request.token, request.ended);
  keep_block(lane, request);
  return result == dsm::CompleteResult::slot_idle;
}

// Inside.
Request* Lanes::take_block(Lane& lane) {
  Request* const spare = lane.spare;
  if (spare == nullptr) [[unlikely]] {
    Request* const made = allocate<Request>(kRequestTag);
    if (made != nullptr) {
      made->lanes = this;
    }
    return made;
  }
  lane.spare = static_cast<Request*>(spare->next);
  return spare;
}

void Lanes::keep_block(Lane& lane, Request& request) {
  request.next = lane.spare;
  lane.spare = &request;
}

// What was found out inside is told outside: when the DSM hears of it nobody is in the lane for it
// any more.
void Lanes::leave(unsigned number, Told told) {
  Lane& lane = lanes_[number];
  while (Gate::Errand* const errands = lane.gate.leave()) {
    run_errands(lane, errands, told);
  }
  if (told.idle || told.barrier) [[unlikely]] {
    tell(told);
  }
}

void Lanes::run_errands(Lane& lane, Gate::Errand* first, Told& told) {
  for (Gate::Errand* at = first; at != nullptr;) {
    Gate::Errand* const next = at->next;
    if (at == &lane.barrier) {
      told.barrier = true;
    } else {
      told.idle = finish(lane, *static_cast<Request*>(at)) || told.idle;
    }
    at = next;
  }
}

void Lanes::tell(Told told) {
  if (told.idle) {
    idle_.store(true, std::memory_order_release);
  }
  if (told.barrier && count_off_barrier()) {
    passed_.store(true, std::memory_order_release);
  } else if (!told.idle) {
    return;
  }
  KeInsertQueueDpc(&told_, nullptr, nullptr);
}

// True: it was the last.
bool Lanes::count_off_barrier() {
  return not_passed_.fetch_sub(1, std::memory_order_acq_rel) == 1;
}

bool Lanes::pass_all() {
  not_passed_.store(count_ + 1, std::memory_order_relaxed);
  for (unsigned number = 0; number < count_; ++number) {
    if (lanes_[number].gate.enter_or_leave(lanes_[number].barrier)) {
      leave(number, {});
      count_off_barrier();  // never the last: the caller's own is left
    }
  }
  return count_off_barrier();
}

void Lanes::release_spares() {
  for (Lane& lane : lanes_) {
    while (Request* const spare = lane.spare) {
      lane.spare = static_cast<Request*>(spare->next);
      release_block(spare, kRequestTag);
    }
  }
}

}  // namespace driver
