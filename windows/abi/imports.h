// The functions that the driver imports: declared once, for the driver that calls them and for the
// harness that provides them. After each the highest IRQL at which it may be called.
#pragma once

#include "windows/abi/etw.h"
#include "windows/abi/mpio.h"
#include "windows/abi/no_kit_has.h"
#include "windows/abi/registry.h"

enum POOL_TYPE : ULONG {
  NonPagedPoolNx = 512,
  NonPagedPoolNxCacheAligned = 516,
};

enum MEMORY_CACHING_TYPE : ULONG { MmCached = 1 };
inline constexpr ULONG NormalPagePriority = 16;

inline constexpr ULONG DPFLTR_IHVDRIVER_ID = 77;
inline constexpr ULONG DPFLTR_WARNING_LEVEL = 1;

struct OSVERSIONINFOW {
  ULONG dwOSVersionInfoSize;
  ULONG dwMajorVersion;
  ULONG dwMinorVersion;
  ULONG dwBuildNumber;
  ULONG dwPlatformId;
  WCHAR szCSDVersion[128];
};

extern "C" {
// ntoskrnl.exe
NTKERNELAPI NTSTATUS NTAPI EtwRegister(const GUID* provider,
                                       PETWENABLECALLBACK callback,  // PASSIVE
                                       PVOID context, REGHANDLE* handle);
NTKERNELAPI NTSTATUS NTAPI EtwUnregister(REGHANDLE handle);                           // PASSIVE
NTKERNELAPI NTSTATUS NTAPI EtwWrite(REGHANDLE handle, const EVENT_DESCRIPTOR* event,  // any
                                    const GUID* activity, ULONG count, EVENT_DATA_DESCRIPTOR* data);
NTKERNELAPI PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE type, SIZE_T bytes, ULONG tag);  // DISPATCH
NTKERNELAPI void NTAPI ExFreePoolWithTag(PVOID block, ULONG tag);                        // DISPATCH
NTKERNELAPI void NTAPI IoFreeIrp(IRP* irp);                                              // DISPATCH
NTKERNELAPI void NTAPI IoFreeMdl(MDL* mdl);                                              // DISPATCH
NTKERNELAPI IRP* NTAPI IoAllocateIrp(CCHAR stack_size, BOOLEAN charge_quota);            // DISPATCH
NTKERNELAPI MDL* NTAPI IoAllocateMdl(PVOID address, ULONG bytes, BOOLEAN secondary,      // DISPATCH
                                     BOOLEAN charge_quota, IRP* irp);
NTKERNELAPI NTSTATUS NTAPI IofCallDriver(DEVICE_OBJECT* device, IRP* irp);               // DISPATCH
NTKERNELAPI BOOLEAN NTAPI IoIs32bitProcess(IRP* irp);                                    // DISPATCH
NTKERNELAPI NTSTATUS NTAPI IoGetDeviceObjectPointer(UNICODE_STRING* name, ULONG access,  // PASSIVE
                                                    FILE_OBJECT** file, DEVICE_OBJECT** device);
NTKERNELAPI ULONG NTAPI DbgPrintEx(ULONG component, ULONG level, const CHAR* format,
                                   ...);             // PASSIVE with %wZ
NTKERNELAPI void NTAPI KeEnterCriticalRegion(void);  // APC
NTKERNELAPI void NTAPI KeLeaveCriticalRegion(void);  // APC
[[noreturn]] NTKERNELAPI void NTAPI KeBugCheckEx(ULONG code, ULONG_PTR p1, ULONG_PTR p2,  // any
                                                 ULONG_PTR p3, ULONG_PTR p4);
NTKERNELAPI KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(KSPIN_LOCK* lock);       // DISPATCH
NTKERNELAPI void NTAPI KeReleaseSpinLock(KSPIN_LOCK* lock, KIRQL new_irql);  // DISPATCH
NTKERNELAPI KIRQL NTAPI KfRaiseIrql(KIRQL irql);                             // `irql`
NTKERNELAPI void NTAPI KeLowerIrql(KIRQL new_irql);                          // any
NTKERNELAPI NTSTATUS NTAPI KeDelayExecutionThread(KPROCESSOR_MODE mode, BOOLEAN alertable,
                                                  LARGE_INTEGER* interval);         // PASSIVE
NTKERNELAPI BOOLEAN NTAPI KeCancelTimer(KTIMER* timer);                             // DISPATCH
NTKERNELAPI BOOLEAN NTAPI KeSetTimer(KTIMER* timer, LARGE_INTEGER due, KDPC* dpc);  // DISPATCH
NTKERNELAPI void NTAPI KeFlushQueuedDpcs(void);                                     // PASSIVE
NTKERNELAPI ULONG NTAPI KeGetCurrentProcessorNumberEx(PROCESSOR_NUMBER* number);    // any
NTKERNELAPI ULONG NTAPI KeQueryActiveProcessorCountEx(USHORT group);                // any
NTKERNELAPI void NTAPI KeInitializeDpc(KDPC* dpc, KDEFERRED_ROUTINE* routine,
                                       PVOID context);                                    // any
NTKERNELAPI void NTAPI KeInitializeEvent(KEVENT* event, EVENT_TYPE type, BOOLEAN state);  // any
NTKERNELAPI void NTAPI KeInitializeTimer(KTIMER* timer);                                  // any
NTKERNELAPI BOOLEAN NTAPI KeInsertQueueDpc(KDPC* dpc, PVOID argument1, PVOID argument2);  // any
NTKERNELAPI LONG NTAPI KeSetEvent(KEVENT* event, KPRIORITY increment, BOOLEAN wait);  // DISPATCH
NTKERNELAPI ULONGLONG NTAPI
KeQueryInterruptTimePrecise(ULONGLONG* performance_counter);  // any; 100 ns
NTKERNELAPI ULONGLONG NTAPI
KeQueryUnbiasedInterruptTime(void);  // any; 100 ns, as of the last clock interrupt
NTKERNELAPI NTSTATUS NTAPI KeWaitForSingleObject(PVOID object, KWAIT_REASON reason,  // PASSIVE
                                                 KPROCESSOR_MODE mode, BOOLEAN alertable,
                                                 LARGE_INTEGER* timeout);
NTKERNELAPI void NTAPI MmBuildMdlForNonPagedPool(MDL* mdl);                           // DISPATCH
NTKERNELAPI PVOID NTAPI MmMapLockedPagesSpecifyCache(MDL* mdl, KPROCESSOR_MODE mode,  // DISPATCH
                                                     MEMORY_CACHING_TYPE caching, PVOID address,
                                                     ULONG bug_check_on_failure, ULONG priority);
NTKERNELAPI void NTAPI ObfDereferenceObject(PVOID object);          // DISPATCH
NTKERNELAPI void NTAPI ObfReferenceObject(PVOID object);            // DISPATCH
NTKERNELAPI NTSTATUS NTAPI RtlGetVersion(OSVERSIONINFOW* version);  // PASSIVE

// mpio.sys
NTKERNELAPI NTSTATUS NTAPI DsmGetVersion(MPIO_VERSION_INFO* version, ULONG bytes);  // PASSIVE
NTKERNELAPI void NTAPI DsmSendDeviceIoControlSynchronous(ULONG code,
                                                         DEVICE_OBJECT* device,  // PASSIVE
                                                         PVOID in, PVOID out, ULONG in_bytes,
                                                         ULONG out_bytes, BOOLEAN internal,
                                                         IO_STATUS_BLOCK* status);
NTKERNELAPI NTSTATUS NTAPI DsmSendPassThroughDirect(DEVICE_OBJECT* device,  // PASSIVE
                                                    SCSI_PASS_THROUGH_DIRECT* request,
                                                    ULONG in_bytes, ULONG out_bytes);
NTKERNELAPI NTSTATUS NTAPI DsmGetScsiAddress(DEVICE_OBJECT* device,
                                             SCSI_ADDRESS** address);  // PASSIVE
NTKERNELAPI NTSTATUS NTAPI DsmSendRequestEx(PVOID mpio_context, DEVICE_OBJECT* device, IRP* irp,
                                            PVOID dsm_id, ULONG flags);  // DISPATCH
// For each request that DsmSendRequestEx has not answered with an error, once it has ended.
NTKERNELAPI void NTAPI DsmCompleteRequest(PVOID mpio_context, PVOID dsm_id);  // DISPATCH
NTKERNELAPI void NTAPI DsmNotification(PVOID mpio_context, DSM_NOTIFICATION_TYPE type,
                                       ...);  // DISPATCH
}

// Null: no room to map it. Unmapped by whoever unlocks the pages.
inline PVOID MmGetSystemAddressForMdlSafe(MDL* mdl, ULONG priority) {
  constexpr SHORT kMapped = MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL;
  return (mdl->MdlFlags & kMapped) != 0
             ? mdl->MappedSystemVa
             : MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, nullptr, FALSE, priority);
}
