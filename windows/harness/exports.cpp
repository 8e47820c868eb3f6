// The table that the driver's imports are bound from.
#include <cstring>

#include "windows/abi/imports.h"
#include "windows/harness/image.h"

namespace harness {
namespace {

void* NTAPI copy_bytes(void* to, const void* from, size_t count) {
  return std::memcpy(to, from, count);
}
void* NTAPI move_bytes(void* to, const void* from, size_t count) {
  return std::memmove(to, from, count);
}
void* NTAPI set_bytes(void* to, int value, size_t count) {
  return std::memset(to, value, count);
}
int NTAPI compare_bytes(const void* a, const void* b, size_t count) {
  return std::memcmp(a, b, count);
}

}  // namespace

#define OF_KERNEL(name) \
  { "ntoskrnl.exe!" #name, reinterpret_cast<void*>(&name) }
#define OF_MPIO(name) \
  { "mpio.sys!" #name, reinterpret_cast<void*>(&name) }

Exports all_exports() {
  return {
      OF_KERNEL(DbgPrintEx),
      OF_KERNEL(EtwRegister),
      OF_KERNEL(EtwUnregister),
      OF_KERNEL(EtwWrite),
      OF_KERNEL(ExAllocatePoolWithTag),
      OF_KERNEL(ExFreePoolWithTag),
      OF_KERNEL(IoAllocateIrp),
      OF_KERNEL(IoAllocateMdl),
      OF_KERNEL(IoFreeIrp),
      OF_KERNEL(IoFreeMdl),
      OF_KERNEL(IoGetDeviceObjectPointer),
      OF_KERNEL(IoIs32bitProcess),
      OF_KERNEL(IofCallDriver),
      OF_KERNEL(KeAcquireSpinLockRaiseToDpc),
      OF_KERNEL(KeBugCheckEx),
      OF_KERNEL(KeCancelTimer),
      OF_KERNEL(KeDelayExecutionThread),
      OF_KERNEL(KeEnterCriticalRegion),
      OF_KERNEL(KeFlushQueuedDpcs),
      OF_KERNEL(KeGetCurrentProcessorNumberEx),
      OF_KERNEL(KeInitializeDpc),
      OF_KERNEL(KeInitializeEvent),
      OF_KERNEL(KeInitializeTimer),
      OF_KERNEL(KeInsertQueueDpc),
      OF_KERNEL(KeLeaveCriticalRegion),
      OF_KERNEL(KeQueryActiveProcessorCountEx),
      OF_KERNEL(KeQueryInterruptTimePrecise),
      OF_KERNEL(KeQueryUnbiasedInterruptTime),
      OF_KERNEL(KeReleaseSpinLock),
      OF_KERNEL(KfRaiseIrql),
      OF_KERNEL(KeLowerIrql),
      OF_KERNEL(KeSetEvent),
      OF_KERNEL(KeSetTimer),
      OF_KERNEL(KeWaitForSingleObject),
      OF_KERNEL(MmBuildMdlForNonPagedPool),
      OF_KERNEL(MmMapLockedPagesSpecifyCache),
      OF_KERNEL(ObfDereferenceObject),
      OF_KERNEL(ObfReferenceObject),
      OF_KERNEL(ZwClose),
      OF_KERNEL(ZwCreateKey),
      OF_KERNEL(ZwDeleteKey),
      OF_KERNEL(ZwDeleteValueKey),
      OF_KERNEL(ZwEnumerateKey),
      OF_KERNEL(ZwOpenKey),
      OF_KERNEL(ZwQueryValueKey),
      OF_KERNEL(ZwSetValueKey),
      {"ntoskrnl.exe!memcpy", reinterpret_cast<void*>(&copy_bytes)},
      {"ntoskrnl.exe!memmove", reinterpret_cast<void*>(&move_bytes)},
      {"ntoskrnl.exe!memset", reinterpret_cast<void*>(&set_bytes)},
      {"ntoskrnl.exe!memcmp", reinterpret_cast<void*>(&compare_bytes)},
      OF_MPIO(DsmCompleteRequest),
      OF_MPIO(DsmGetScsiAddress),
      OF_MPIO(DsmGetVersion),
      OF_MPIO(DsmNotification),
      OF_MPIO(DsmSendDeviceIoControlSynchronous),
      OF_MPIO(DsmSendPassThroughDirect),
      OF_MPIO(DsmSendRequestEx),
  };
}

}  // namespace harness
