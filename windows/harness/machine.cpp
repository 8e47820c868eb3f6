// See machine.h.
#include "windows/harness/machine.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "windows/harness/etw.h"
#include "windows/harness/fast_kernel.h"

namespace harness {
namespace {

constexpr size_t kCanaryBytes = 64;  // also keeps the alignment
constexpr uint8_t kCanary = 0xfd;
constexpr uint8_t kNew = 0xcd;
constexpr uint8_t kFreed = 0xdd;

std::string name_of_tag(uint32_t tag) {
  std::string name;
  for (int shift = 0; shift < 32; shift += 8) {
    name += static_cast<char>(tag >> shift);
  }
  return name;
}

void require_home(const char* deed) {
  if (!machine().threads.at_home()) {
    fail(std::string("the harness itself ") + deed + " on a thread that is not at home");
  }
}

}  // namespace

void fail(const std::string& what) {
  std::fflush(stdout);
  std::fprintf(stderr, "%s\n", what.c_str());
  std::fflush(stderr);
  _exit(kBroken);
}

Machine& machine() {
  static Machine the_machine;
  return the_machine;
}

constinit thread_local uint32_t Machine::processor = 0;

void Machine::announce() {
  threads.announce();
  threads.do_at_home([this] { workers.wake(); });
}

void VirtualClock::arm(base::Timer& timer, uint64_t due_ns) {
  require_home("arms a timer");
  keeper_ != nullptr ? keeper_->arm(timer, due_ns) : timers_.arm(timer, due_ns);
}

void VirtualClock::cancel(base::Timer& timer) {
  require_home("cancels a timer");
  keeper_ != nullptr ? keeper_->cancel(timer) : timers_.cancel(timer);
}

bool VirtualClock::step() {
  if (keeper_ != nullptr) {
    return keeper_->step();
  }
  if (timers_.empty()) {
    return false;
  }
  if (timers_.next_due_ns() > now_ns_) {
    now_ns_ = timers_.next_due_ns();
  }
  timers_.pop().fire();
  return true;
}

void* Pool::allocate(size_t bytes, uint32_t tag) {
  if (interrupt) {
    interrupt(tag);
  }
  if (quick) {
    return quick_block(bytes);
  }
  const std::lock_guard guard(mutex_);
  if (++allocations_ == fail_at_ || exhausted_) {
    return nullptr;
  }
  const size_t rounded = (bytes + kCanaryBytes - 1) / kCanaryBytes * kCanaryBytes;
  auto* const whole =
      static_cast<uint8_t*>(std::aligned_alloc(kCanaryBytes, rounded + 2 * kCanaryBytes));
  std::memset(whole, kCanary, rounded + 2 * kCanaryBytes);
  uint8_t* const block = whole + kCanaryBytes;
  std::memset(block, kNew, bytes);
  blocks_[block] = {bytes, tag};
  return block;
}

void Pool::release(void* address, uint32_t tag, const char* by) {
  if (quick) {
    release_quick_block(address);
    return;
  }
  const uint32_t gone = take_back(address, tag, by);
  if (interrupt_release) {
    interrupt_release(gone);
  }
}

uint32_t Pool::take_back(void* address, uint32_t tag, const char* by) {
  const std::lock_guard guard(mutex_);
  auto* const block = static_cast<uint8_t*>(address);
  const auto found = blocks_.find(block);
  if (found == blocks_.end()) {
    fail(std::string(by) + ": no such block in the pool (freed twice?)");
  }
  const auto [bytes, own_tag] = found->second;
  if (tag != 0 && tag != own_tag) {
    fail(std::string(by) + ": block of tag " + name_of_tag(own_tag) + " freed as " +
         name_of_tag(tag));
  }
  for (size_t i = 0; i < kCanaryBytes; ++i) {
    if (block[bytes + i] != kCanary || block[-1 - static_cast<ptrdiff_t>(i)] != kCanary) {
      fail(std::string(by) + ": block of tag " + name_of_tag(own_tag) + " was written beyond its " +
           std::to_string(bytes) + " bytes");
    }
  }
  std::memset(block, kFreed, bytes);
  const uint32_t gone = own_tag;
  blocks_.erase(found);
  std::free(block - kCanaryBytes);
  return gone;
}

size_t Pool::count(uint32_t tag) const {
  const std::lock_guard guard(mutex_);
  size_t count = 0;
  for (const auto& [block, what] : blocks_) {
    count += what.tag == tag ? 1 : 0;
  }
  return count;
}

std::string Pool::leaks() const {
  const std::lock_guard guard(mutex_);
  std::map<std::string, size_t> counts;
  for (const auto& [block, what] : blocks_) {
    ++counts[name_of_tag(what.tag)];
  }
  std::string text;
  for (const auto& [tag, count] : counts) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " of tag " + tag;
  }
  return text;
}

void Machine::require_at_most(KIRQL highest, const char* function) {
  if (irql() > highest) {
    fail(std::string(function) + " called at IRQL " + std::to_string(irql()) + ", its highest is " +
         std::to_string(highest));
  }
}

void Machine::unlock(KSPIN_LOCK* word, const char* function) {
  Threads::unlock(word, function, mutations.forget_release.exchange(false));
}

struct Machine::ArmedTimer {
  explicit ArmedTimer(KTIMER* which) : timer(which) {}
  static void fire(void* context);

  KTIMER* timer;
  base::Timer armed{fire, this};
};

void Machine::ArmedTimer::fire(void* context) {
  auto* const self = static_cast<ArmedTimer*>(context);
  KTIMER* const timer = self->timer;
  machine().timers_.erase(timer);
  delete self;
  KDPC* const dpc = timer->Dpc;
  timer->Header.SignalState = 1;
  if (dpc != nullptr) {
    const AtIrql dispatch(DISPATCH_LEVEL);
    dpc->DeferredRoutine(dpc, dpc->DeferredContext, nullptr, nullptr);
  }
}

uint64_t Machine::end_of_wait_ns(LONGLONG due_ticks) const {
  constexpr uint64_t kNsPerTick = 100;
  const uint64_t over_ns = clock.now_ns() + static_cast<uint64_t>(-due_ticks) * kNsPerTick;
  return (over_ns + kClockInterruptNs - 1) / kClockInterruptNs * kClockInterruptNs;
}

void Machine::set_timer(KTIMER* timer, LONGLONG due_ticks, KDPC* dpc) {
  if (due_ticks > 0) {
    fail("KeSetTimer: times of day are not for a driver that waits");
  }
  const uint64_t due_ns = end_of_wait_ns(due_ticks);
  threads.do_at_home([this, timer, due_ns, dpc] { arm(timer, due_ns, dpc); });
}

bool Machine::cancel_timer(KTIMER* timer) {
  if (!threads.at_home()) {
    threads.do_at_home([this, timer] { disarm(timer); });
    return false;
  }
  threads.do_what_was_left();
  return disarm(timer);
}

void Machine::arm(KTIMER* timer, uint64_t due_ns, KDPC* dpc) {
  disarm(timer);
  timer->Dpc = dpc;
  timer->Header.SignalState = 0;
  ArmedTimer* const armed = timers_[timer] = new ArmedTimer(timer);
  clock.arm(armed->armed, due_ns);
}

bool Machine::disarm(KTIMER* timer) {
  const auto found = timers_.find(timer);
  if (found == timers_.end()) {
    return false;
  }
  clock.cancel(found->second->armed);
  delete found->second;
  timers_.erase(found);
  return true;
}

void Machine::check_nothing_left() {
  if (const std::string leaks = pool.leaks(); !leaks.empty()) {
    fail("blocks are left in the pool: " + leaks);
  }
  if (!timers_.empty()) {
    fail("a timer is still armed");
  }
  if (etw().providers() != 0) {
    fail("a registration with event tracing is left");
  }
  if (registry.open_handles() != 0) {
    fail("a handle is still open");
  }
  if (critical_regions != 0) {
    fail("the thread is still in a critical region");
  }
  for (const auto& [object, count] : references) {
    if (count != 0) {
      fail("an object is left with " + std::to_string(count) + " references");
    }
  }
}

void describe(MDL& mdl, void* address, ULONG bytes) {
  constexpr ULONG_PTR kPage = 4096;
  const auto number = reinterpret_cast<ULONG_PTR>(address);
  mdl = {};
  mdl.Size = sizeof(mdl);
  mdl.StartVa = reinterpret_cast<void*>(number & ~(kPage - 1));
  mdl.ByteOffset = static_cast<ULONG>(number & (kPage - 1));
  mdl.ByteCount = bytes;
}

void complete_request(IRP* irp) {
  const AtIrql dispatch(DISPATCH_LEVEL);
  while (irp->CurrentLocation <= irp->StackCount) {
    const IO_STACK_LOCATION ended = *irp->Tail.Overlay.CurrentStackLocation;
    ++irp->CurrentLocation;
    ++irp->Tail.Overlay.CurrentStackLocation;
    const bool good = NT_SUCCESS(irp->IoStatus.Status);
    const UCHAR wanted = good ? SL_INVOKE_ON_SUCCESS : SL_INVOKE_ON_ERROR;
    if (ended.CompletionRoutine != nullptr && (ended.Control & wanted) != 0) {
      DEVICE_OBJECT* const device = irp->CurrentLocation <= irp->StackCount
                                        ? irp->Tail.Overlay.CurrentStackLocation->DeviceObject
                                        : nullptr;
      if (ended.CompletionRoutine(device, irp, ended.Context) == STATUS_MORE_PROCESSING_REQUIRED) {
        return;
      }
    }
  }
}

}  // namespace harness
