// Driver, device and file objects, and I/O request packets, as x64 and ARM64 kernels lay them out.
// Parts that no driver may touch are bytes that keep the place.
#pragma once

#include "windows/abi/dispatcher.h"

struct DRIVER_OBJECT;
struct DEVICE_OBJECT;
struct FILE_OBJECT;
struct IRP;
struct MDL;

using DRIVER_INITIALIZE = NTSTATUS NTAPI(DRIVER_OBJECT* driver, UNICODE_STRING* registry_path);
using DRIVER_UNLOAD = void NTAPI(DRIVER_OBJECT* driver);
using DRIVER_DISPATCH = NTSTATUS NTAPI(DEVICE_OBJECT* device, IRP* irp);
using IO_COMPLETION_ROUTINE = NTSTATUS NTAPI(DEVICE_OBJECT* device, IRP* irp, PVOID context);

inline constexpr UCHAR IRP_MJ_DEVICE_CONTROL = 0x0e;
inline constexpr UCHAR IRP_MJ_INTERNAL_DEVICE_CONTROL = 0x0f;
inline constexpr UCHAR IRP_MJ_SCSI = IRP_MJ_INTERNAL_DEVICE_CONTROL;
inline constexpr UCHAR IRP_MJ_MAXIMUM_FUNCTION = 0x1b;

struct DRIVER_OBJECT {
  SHORT Type;
  SHORT Size;
  DEVICE_OBJECT* DeviceObject;
  ULONG Flags;
  PVOID DriverStart;
  ULONG DriverSize;
  PVOID DriverSection;
  PVOID DriverExtension;
  UNICODE_STRING DriverName;
  UNICODE_STRING* HardwareDatabase;
  PVOID FastIoDispatch;
  DRIVER_INITIALIZE* DriverInit;
  PVOID DriverStartIo;
  DRIVER_UNLOAD* DriverUnload;
  DRIVER_DISPATCH* MajorFunction[IRP_MJ_MAXIMUM_FUNCTION + 1];
};
using PDRIVER_OBJECT = DRIVER_OBJECT*;

struct alignas(16) DEVICE_OBJECT {
  SHORT Type;
  USHORT Size;
  LONG ReferenceCount;
  DRIVER_OBJECT* DriverObject;
  DEVICE_OBJECT* NextDevice;
  DEVICE_OBJECT* AttachedDevice;
  IRP* CurrentIrp;
  PVOID Timer;
  ULONG Flags;
  ULONG Characteristics;
  PVOID Vpb;
  PVOID DeviceExtension;
  ULONG DeviceType;
  CCHAR StackSize;
  alignas(8) UCHAR Queue[72];
  ULONG AlignmentRequirement;
  alignas(8) UCHAR DeviceQueue[40];
  KDPC Dpc;
  ULONG ActiveThreadCount;
  PVOID SecurityDescriptor;
  KEVENT DeviceLock;
  USHORT SectorSize;
  USHORT Spare1;
  PVOID DeviceObjectExtension;
  PVOID Reserved;
};
using PDEVICE_OBJECT = DEVICE_OBJECT*;

struct FILE_OBJECT {
  SHORT Type;
  SHORT Size;
  DEVICE_OBJECT* DeviceObject;
  UCHAR Rest[200];
};
using PFILE_OBJECT = FILE_OBJECT*;

struct IO_STATUS_BLOCK {
  union {
    NTSTATUS Status;
    PVOID Pointer;
  };
  ULONG_PTR Information;
};
using PIO_STATUS_BLOCK = IO_STATUS_BLOCK*;

inline constexpr UCHAR SL_INVOKE_ON_CANCEL = 0x20;
inline constexpr UCHAR SL_INVOKE_ON_SUCCESS = 0x40;
inline constexpr UCHAR SL_INVOKE_ON_ERROR = 0x80;

struct IO_STACK_LOCATION {
  UCHAR MajorFunction;
  UCHAR MinorFunction;
  UCHAR Flags;
  UCHAR Control;
  union {
    struct {
      ULONG OutputBufferLength;
      alignas(8) ULONG InputBufferLength;
      alignas(8) ULONG IoControlCode;
      PVOID Type3InputBuffer;
    } DeviceIoControl;
    struct {
      PVOID Srb;
    } Scsi;
    struct {
      PVOID Argument1;
      PVOID Argument2;
      PVOID Argument3;
      PVOID Argument4;
    } Others;
  } Parameters;
  DEVICE_OBJECT* DeviceObject;
  FILE_OBJECT* FileObject;
  IO_COMPLETION_ROUTINE* CompletionRoutine;
  PVOID Context;
};
using PIO_STACK_LOCATION = IO_STACK_LOCATION*;

struct alignas(16) IRP {
  SHORT Type;
  USHORT Size;
  USHORT AllocationProcessorNumber;
  USHORT Reserved;
  MDL* MdlAddress;
  ULONG Flags;
  union {
    IRP* MasterIrp;
    LONG IrpCount;
    PVOID SystemBuffer;
  } AssociatedIrp;
  LIST_ENTRY ThreadListEntry;
  IO_STATUS_BLOCK IoStatus;
  CHAR RequestorMode;
  BOOLEAN PendingReturned;
  CHAR StackCount;
  CHAR CurrentLocation;
  BOOLEAN Cancel;
  KIRQL CancelIrql;
  CCHAR ApcEnvironment;
  UCHAR AllocationFlags;
  IO_STATUS_BLOCK* UserIosb;
  KEVENT* UserEvent;
  PVOID Overlay[2];
  PVOID CancelRoutine;
  PVOID UserBuffer;
  union {
    struct {
      PVOID DriverContext[4];
      PVOID Thread;
      PVOID AuxiliaryBuffer;
      LIST_ENTRY ListEntry;
      union {
        IO_STACK_LOCATION* CurrentStackLocation;
        ULONG PacketType;
      };
      FILE_OBJECT* OriginalFileObject;
    } Overlay;
    UCHAR Apc[88];
  } Tail;
};
using PIRP = IRP*;

struct MDL {
  MDL* Next;
  SHORT Size;
  SHORT MdlFlags;
  USHORT AllocationProcessorNumber;
  USHORT Reserved;
  PVOID Process;
  PVOID MappedSystemVa;
  PVOID StartVa;
  ULONG ByteCount;
  ULONG ByteOffset;
};
using PMDL = MDL*;
inline constexpr SHORT MDL_MAPPED_TO_SYSTEM_VA = 0x0001;
inline constexpr SHORT MDL_SOURCE_IS_NONPAGED_POOL = 0x0004;
inline constexpr ULONG MdlMappingNoExecute = 0x40000000;

// Of the memory as whoever locked it knows it.
inline PVOID MmGetMdlVirtualAddress(const MDL* mdl) {
  return static_cast<UCHAR*>(mdl->StartVa) + mdl->ByteOffset;
}
inline ULONG MmGetMdlByteCount(const MDL* mdl) {
  return mdl->ByteCount;
}

inline constexpr ULONG METHOD_BUFFERED = 0;
inline constexpr ULONG FILE_READ_ACCESS = 1;
inline constexpr ULONG FILE_WRITE_ACCESS = 2;
inline constexpr ULONG FILE_READ_ATTRIBUTES = 0x80;
constexpr ULONG CTL_CODE(ULONG device_type, ULONG function, ULONG method, ULONG access) {
  return (device_type << 16) | (access << 14) | (function << 2) | method;
}

// What the next driver below will find; only for packets of the caller's own.
inline IO_STACK_LOCATION* IoGetNextIrpStackLocation(IRP* irp) {
  return irp->Tail.Overlay.CurrentStackLocation - 1;
}
inline void IoSetCompletionRoutine(IRP* irp, IO_COMPLETION_ROUTINE* routine, PVOID context,
                                   bool on_success, bool on_error, bool on_cancel) {
  IO_STACK_LOCATION* const next = IoGetNextIrpStackLocation(irp);
  next->CompletionRoutine = routine;
  next->Context = context;
  next->Control = static_cast<UCHAR>((on_success ? SL_INVOKE_ON_SUCCESS : 0) |
                                     (on_error ? SL_INVOKE_ON_ERROR : 0) |
                                     (on_cancel ? SL_INVOKE_ON_CANCEL : 0));
}
