// The functions of ntoskrnl.exe that the driver imports, under the declarations that the driver was
// compiled with. Each knows the highest IRQL at which it may be called.
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "windows/abi/imports.h"
#include "windows/harness/machine.h"

#define HIGHEST_IRQL(level) harness::machine().require_at_most(level, __func__)

namespace {

using harness::machine;

void count_reference(void* object, int change, const char* function) {
  const auto found = machine().references.find(object);
  if (found == machine().references.end() || found->second + change < 0) {
    harness::fail(std::string(function) + ": no reference to this object is held");
  }
  found->second += change;
}

}  // namespace

extern "C" {

PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE type, SIZE_T bytes, ULONG tag) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  if ((type & NonPagedPoolNx) == 0) {
    harness::fail("ExAllocatePoolWithTag: memory that may be paged out or executed");
  }
  return machine().pool.allocate(bytes, tag);
}

void NTAPI ExFreePoolWithTag(PVOID block, ULONG tag) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  if (tag != 0 && tag == machine().mutations.forget_free) {
    machine().mutations.forget_free = 0;
    return;
  }
  machine().pool.release(block, tag, __func__);
}

IRP* NTAPI IoAllocateIrp(CCHAR stack_size, BOOLEAN) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  const size_t bytes = sizeof(IRP) + sizeof(IO_STACK_LOCATION) * static_cast<size_t>(stack_size);
  constexpr ULONG kTag = 0x20707249;  // "Irp "
  auto* const irp = static_cast<IRP*>(machine().pool.allocate(bytes, kTag));
  if (irp != nullptr) {
    std::memset(static_cast<void*>(irp), 0, bytes);
    irp->Type = 6;
    irp->Size = static_cast<USHORT>(bytes);
    irp->StackCount = stack_size;
    irp->CurrentLocation = static_cast<CHAR>(stack_size + 1);
    irp->Tail.Overlay.CurrentStackLocation =
        reinterpret_cast<IO_STACK_LOCATION*>(irp + 1) + stack_size;
  }
  return irp;
}

void NTAPI IoFreeIrp(IRP* irp) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  machine().pool.release(irp, 0, __func__);
}

MDL* NTAPI IoAllocateMdl(PVOID address, ULONG bytes, BOOLEAN, BOOLEAN, IRP*) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  constexpr ULONG kTag = 0x206c644d;  // "Mdl "
  auto* const mdl = static_cast<MDL*>(machine().pool.allocate(sizeof(MDL), kTag));
  if (mdl != nullptr) {
    harness::describe(*mdl, address, bytes);
  }
  return mdl;
}

void NTAPI MmBuildMdlForNonPagedPool(MDL* mdl) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
  mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
}

PVOID NTAPI MmMapLockedPagesSpecifyCache(MDL* mdl, KPROCESSOR_MODE mode, MEMORY_CACHING_TYPE, PVOID,
                                         ULONG bug_check_on_failure, ULONG priority) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  const auto pages = machine().locked_pages.find(mdl);
  if (pages == machine().locked_pages.end() || mode != KernelMode || bug_check_on_failure != 0 ||
      (priority & MdlMappingNoExecute) == 0) {
    harness::fail("MmMapLockedPagesSpecifyCache: pages that are not locked, or as code");
  }
  if (pages->second == nullptr) {
    return nullptr;  // no room
  }
  mdl->MappedSystemVa = pages->second;
  mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
  return mdl->MappedSystemVa;
}

void NTAPI IoFreeMdl(MDL* mdl) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  machine().pool.release(mdl, 0, __func__);
}

NTSTATUS NTAPI IofCallDriver(DEVICE_OBJECT* device, IRP* irp) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  if (irp->CurrentLocation <= 1) {
    harness::fail("IofCallDriver: the packet has no stack location left");
  }
  --irp->CurrentLocation;
  IO_STACK_LOCATION* const location = --irp->Tail.Overlay.CurrentStackLocation;
  location->DeviceObject = device;
  return device->DriverObject->MajorFunction[location->MajorFunction](device, irp);
}

BOOLEAN NTAPI IoIs32bitProcess(IRP*) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  return machine().caller_is_32_bit ? TRUE : FALSE;
}

NTSTATUS NTAPI IoGetDeviceObjectPointer(UNICODE_STRING* name, ULONG, FILE_OBJECT** file,
                                        DEVICE_OBJECT** device) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  const auto found = machine().devices.find(harness::text_of(*name));
  if (found == machine().devices.end()) {
    return STATUS_OBJECT_NAME_NOT_FOUND;
  }
  static FILE_OBJECT the_file{};
  *file = &the_file;
  *device = found->second;
  ++machine().references[*file];
  machine().references.try_emplace(*device, 0);
  return STATUS_SUCCESS;
}

void NTAPI ObfReferenceObject(PVOID object) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  if (machine().mutations.forget_reference) {
    machine().mutations.forget_reference = false;
    return;
  }
  count_reference(object, 1, __func__);
}

void NTAPI ObfDereferenceObject(PVOID object) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  count_reference(object, -1, __func__);
}

void NTAPI KeBugCheckEx(ULONG code, ULONG_PTR p1, ULONG_PTR p2, ULONG_PTR p3, ULONG_PTR p4) {
  std::string text = "bug check " + std::to_string(code);
  if (p1 == 0x64736D6B) {
    text += ": " + std::string(reinterpret_cast<const char*>(p2)) + " at " +
            reinterpret_cast<const char*>(p3) + ":" + std::to_string(p4);
  }
  harness::fail(text);
}

KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(KSPIN_LOCK* lock) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  const KIRQL before = machine().irql();
  machine().lock(lock, __func__);
  machine().set_irql(DISPATCH_LEVEL);
  return before;
}

void NTAPI KeReleaseSpinLock(KSPIN_LOCK* lock, KIRQL irql) {
  if (machine().irql() != DISPATCH_LEVEL) {
    harness::fail("KeReleaseSpinLock: IRQL is " + std::to_string(machine().irql()) +
                  ", not DISPATCH_LEVEL");
  }
  machine().unlock(lock, __func__);
  if (machine().locks_held() != 0 && irql < DISPATCH_LEVEL) {
    harness::fail("KeReleaseSpinLock: lowers the IRQL while another spin lock is held");
  }
  machine().set_irql(irql);
}

KIRQL NTAPI KfRaiseIrql(KIRQL irql) {
  HIGHEST_IRQL(irql);
  const KIRQL before = machine().irql();
  machine().set_irql(irql);
  return before;
}

void NTAPI KeLowerIrql(KIRQL irql) {
  if (irql > machine().irql()) {
    harness::fail("KeLowerIrql: raises it to " + std::to_string(irql));
  }
  if (machine().locks_held() != 0 && irql < DISPATCH_LEVEL) {
    harness::fail("KeLowerIrql: a spin lock is held");
  }
  machine().set_irql(irql);
}

BOOLEAN NTAPI KeCancelTimer(KTIMER* timer) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  return machine().cancel_timer(timer) ? TRUE : FALSE;
}

BOOLEAN NTAPI KeSetTimer(KTIMER* timer, LARGE_INTEGER due, KDPC* dpc) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  const bool was_armed = machine().cancel_timer(timer);
  machine().set_timer(timer, due.QuadPart, dpc);
  return was_armed ? TRUE : FALSE;
}

NTSTATUS NTAPI KeDelayExecutionThread(KPROCESSOR_MODE, BOOLEAN, LARGE_INTEGER* interval) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  bool over = false;
  base::Timer timer(
      [](void* context) {
        *static_cast<bool*>(context) = true;
        machine().announce();
      },
      &over);
  machine().clock.arm(timer, machine().end_of_wait_ns(interval->QuadPart));
  machine().wait_until([&over] { return over; }, __func__);
  return STATUS_SUCCESS;
}

void NTAPI KeFlushQueuedDpcs(void) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  machine().wait_until([] { return machine().threads.deferred() == 0; }, __func__);
}

ULONG NTAPI KeGetCurrentProcessorNumberEx(PROCESSOR_NUMBER* number) {
  if (number != nullptr) {
    *number = {0, static_cast<UCHAR>(machine().processor), 0};
  }
  return machine().processor;
}

ULONG NTAPI KeQueryActiveProcessorCountEx(USHORT) {
  return machine().processors;
}

void NTAPI KeInitializeDpc(KDPC* dpc, KDEFERRED_ROUTINE* routine, PVOID context) {
  *dpc = {};
  dpc->DeferredRoutine = routine;
  dpc->DeferredContext = context;
}

void NTAPI KeInitializeEvent(KEVENT* event, EVENT_TYPE type, BOOLEAN state) {
  *event = {};
  event->Header.Type = static_cast<UCHAR>(type);
  event->Header.SignalState = state;
}

void NTAPI KeInitializeTimer(KTIMER* timer) {
  *timer = {};
}

BOOLEAN NTAPI KeInsertQueueDpc(KDPC* dpc, PVOID argument1, PVOID argument2) {
  return machine().threads.defer(dpc, argument1, argument2) ? TRUE : FALSE;
}

LONG NTAPI KeSetEvent(KEVENT* event, KPRIORITY, BOOLEAN wait) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  if (wait != FALSE) {
    harness::fail("KeSetEvent: with Wait it returns at a raised IRQL");
  }
  // Who waits for it may let it end at once.
  const LONG state = event == machine().mutations.deaf_event ? 0 : 1;
  const LONG before = std::atomic_ref(event->Header.SignalState).exchange(state);
  machine().announce();
  return before;
}

NTSTATUS NTAPI KeWaitForSingleObject(PVOID object, KWAIT_REASON, KPROCESSOR_MODE, BOOLEAN,
                                     LARGE_INTEGER* timeout) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  if (timeout != nullptr) {
    harness::fail("KeWaitForSingleObject: waits with a limit are not provided");
  }
  auto* const event = static_cast<KEVENT*>(object);
  const LONG after = event->Header.Type == SynchronizationEvent ? 0 : 1;
  machine().wait_until([state = std::atomic_ref(event->Header.SignalState),
                        after] { return state.load() != 0 && state.exchange(after) != 0; },
                       "KeWaitForSingleObject");
  return STATUS_SUCCESS;
}

// As of the last interrupt of the clock.
ULONGLONG NTAPI KeQueryUnbiasedInterruptTime(void) {
  const uint64_t now_ns = machine().clock.now_ns();
  return (now_ns - now_ns % harness::Machine::kClockInterruptNs) / 100;
}

// The machine starts its performance counter with its clock, at 10 MHz.
ULONGLONG NTAPI KeQueryInterruptTimePrecise(ULONGLONG* performance_counter) {
  return *performance_counter = machine().clock.now_ns() / 100;
}

// Only what the driver prints with: %wZ and %s.
ULONG NTAPI DbgPrintEx(ULONG, ULONG, const CHAR* format, ...) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  __builtin_ms_va_list arguments;
  __builtin_ms_va_start(arguments, format);
  std::string text;
  for (const char* at = format; *at != '\0'; ++at) {
    if (std::strncmp(at, "%wZ", 3) == 0) {
      for (const char16_t unit : harness::text_of(*__builtin_va_arg(arguments, UNICODE_STRING*))) {
        text += static_cast<char>(unit);
      }
      at += 2;
    } else if (std::strncmp(at, "%s", 2) == 0) {
      text += __builtin_va_arg(arguments, const char*);
      ++at;
    } else {
      text += *at;
    }
  }
  __builtin_ms_va_end(arguments);
  machine().messages.push_back(text);
  return 0;
}

void NTAPI KeEnterCriticalRegion(void) {
  HIGHEST_IRQL(APC_LEVEL);
  ++machine().critical_regions;
}

void NTAPI KeLeaveCriticalRegion(void) {
  HIGHEST_IRQL(APC_LEVEL);
  if (machine().critical_regions-- == 0) {
    harness::fail("KeLeaveCriticalRegion: the thread is in none");
  }
}
}
