// What the stand-in for mpio.sys under Wine needs of the kernel besides what the driver imports,
// and of ntdll: there, drivers are modules of a process.
#pragma once

#include "windows/abi/imports.h"

inline constexpr UCHAR IRP_MJ_CREATE = 0x00;
inline constexpr UCHAR IRP_MJ_CLOSE = 0x02;
inline constexpr ULONG FILE_DEVICE_UNKNOWN = 0x22;
inline constexpr ULONG PAGE_READWRITE = 4;

struct IMAGE_INFO {
  ULONG Properties;
  PVOID ImageBase;
  ULONG ImageSelector;
  SIZE_T ImageSize;
  ULONG ImageSectionNumber;
};
using LOAD_IMAGE_NOTIFY_ROUTINE = void NTAPI(UNICODE_STRING* name, HANDLE process,
                                             IMAGE_INFO* image);

extern "C" {
NTKERNELAPI NTSTATUS NTAPI IoCreateDevice(DRIVER_OBJECT* driver, ULONG extension_bytes,
                                          UNICODE_STRING* name, ULONG type, ULONG characteristics,
                                          BOOLEAN exclusive, DEVICE_OBJECT** device);
NTKERNELAPI void NTAPI IoDeleteDevice(DEVICE_OBJECT* device);
NTKERNELAPI NTSTATUS NTAPI IoCreateSymbolicLink(UNICODE_STRING* link, UNICODE_STRING* name);
NTKERNELAPI NTSTATUS NTAPI IoDeleteSymbolicLink(UNICODE_STRING* link);
NTKERNELAPI void NTAPI IofCompleteRequest(IRP* irp, CCHAR boost);
NTKERNELAPI ULONGLONG NTAPI KeQueryInterruptTime();
NTKERNELAPI NTSTATUS NTAPI PsRemoveLoadImageNotifyRoutine(LOAD_IMAGE_NOTIFY_ROUTINE* routine);
NTKERNELAPI NTSTATUS NTAPI PsSetLoadImageNotifyRoutine(LOAD_IMAGE_NOTIFY_ROUTINE* routine);
NTKERNELAPI NTSTATUS NTAPI ZwProtectVirtualMemory(HANDLE process, PVOID* address, SIZE_T* bytes,
                                                  ULONG protection, ULONG* old_protection);
}
