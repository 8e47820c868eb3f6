// The functions that the driver imports: declared once, for the driver that calls them and for the
// harness that provides them. After each the highest IRQL at which it may be called.
#pragma once

#include "windows/abi/etw.h"
#include "windows/abi/mpio.h"

enum POOL_TYPE : ULONG {
  NonPagedPoolNx = 512,
  NonPagedPoolNxCacheAligned = 516,
};

struct OBJECT_ATTRIBUTES {
  ULONG Length;
  HANDLE RootDirectory;
  UNICODE_STRING* ObjectName;
  ULONG Attributes;
  PVOID SecurityDescriptor;
  PVOID SecurityQualityOfService;
};
inline constexpr ULONG OBJ_CASE_INSENSITIVE = 0x40;
inline constexpr ULONG OBJ_KERNEL_HANDLE = 0x200;
inline constexpr ULONG KEY_READ = 0x20019;

enum KEY_VALUE_INFORMATION_CLASS : ULONG { KeyValuePartialInformation = 2 };
struct KEY_VALUE_PARTIAL_INFORMATION {
  ULONG TitleIndex;
  ULONG Type;
  ULONG DataLength;
  UCHAR Data[1];
};
inline constexpr ULONG REG_DWORD = 4;
inline constexpr ULONG REG_MULTI_SZ = 7;

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
                                       ETWENABLECALLBACK* callback,  // PASSIVE
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
NTKERNELAPI NTSTATUS NTAPI IoGetDeviceObjectPointer(UNICODE_STRING* name, ULONG access,  // PASSIVE
                                                    FILE_OBJECT** file, DEVICE_OBJECT** device);
[[noreturn]] NTKERNELAPI void NTAPI KeBugCheckEx(ULONG code, ULONG_PTR p1, ULONG_PTR p2,  // any
                                                 ULONG_PTR p3, ULONG_PTR p4);
NTKERNELAPI KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(KSPIN_LOCK* lock);       // DISPATCH
NTKERNELAPI void NTAPI KeReleaseSpinLock(KSPIN_LOCK* lock, KIRQL new_irql);  // DISPATCH
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
NTKERNELAPI LONG NTAPI KeSetEvent(KEVENT* event, KPRIORITY increment, BOOLEAN wait);  // DISPATCH
NTKERNELAPI ULONGLONG NTAPI KeQueryUnbiasedInterruptTime(void);                       // any; 100 ns
NTKERNELAPI NTSTATUS NTAPI KeWaitForSingleObject(PVOID object, KWAIT_REASON reason,   // PASSIVE
                                                 KPROCESSOR_MODE mode, BOOLEAN alertable,
                                                 LARGE_INTEGER* timeout);
NTKERNELAPI void NTAPI MmBuildMdlForNonPagedPool(MDL* mdl);         // DISPATCH
NTKERNELAPI void NTAPI ObfDereferenceObject(PVOID object);          // DISPATCH
NTKERNELAPI void NTAPI ObfReferenceObject(PVOID object);            // DISPATCH
NTKERNELAPI NTSTATUS NTAPI RtlGetVersion(OSVERSIONINFOW* version);  // PASSIVE
NTKERNELAPI NTSTATUS NTAPI ZwClose(HANDLE handle);                  // PASSIVE
NTKERNELAPI NTSTATUS NTAPI ZwOpenKey(HANDLE* key, ULONG access,
                                     OBJECT_ATTRIBUTES* key_name);            // PASSIVE
NTKERNELAPI NTSTATUS NTAPI ZwQueryValueKey(HANDLE key, UNICODE_STRING* name,  // PASSIVE
                                           KEY_VALUE_INFORMATION_CLASS what, PVOID buffer,
                                           ULONG bytes, ULONG* result_bytes);

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
NTKERNELAPI void NTAPI DsmNotification(PVOID mpio_context, DSM_NOTIFICATION_TYPE type,
                                       ...);  // DISPATCH
}
