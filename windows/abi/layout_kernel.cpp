// Nothing but assertions: the sizes and places that what the kernel exchanges with drivers has on
// x64 and ARM64. Compiled for the driver and for the harness, so that both are held to the same
// layout.
#include "windows/abi/layout.h"

namespace {

static_assert(sizeof(void*) == 8 && sizeof(WCHAR) == 2 && sizeof(BOOLEAN) == 1);
ALIGNMENT(DEVICE_OBJECT, 16);
ALIGNMENT(IRP, 16);

// Of platform.h.
SIZE(UNICODE_STRING, 16);
AT(UNICODE_STRING, Length, 0);
AT(UNICODE_STRING, MaximumLength, 2);
AT(UNICODE_STRING, Buffer, 8);
SIZE(LIST_ENTRY, 16);
AT(LIST_ENTRY, Flink, 0);
AT(LIST_ENTRY, Blink, 8);
SIZE(LARGE_INTEGER, 8);
AT(LARGE_INTEGER, u, 0);
AT(LARGE_INTEGER, u.LowPart, 0);
AT(LARGE_INTEGER, u.HighPart, 4);
AT(LARGE_INTEGER, QuadPart, 0);

// Of guid.h.
SIZE(GUID, 16);
AT(GUID, Data1, 0);
AT(GUID, Data2, 4);
AT(GUID, Data3, 6);
AT(GUID, Data4, 8);

// Of dispatcher.h.
SIZE(DISPATCHER_HEADER, 24);
AT(DISPATCHER_HEADER, Type, 0);
AT(DISPATCHER_HEADER, Signalling, 1);
AT(DISPATCHER_HEADER, Size, 2);
OURS(DISPATCHER_HEADER, Reserved, 3);
AT(DISPATCHER_HEADER, SignalState, 4);
AT(DISPATCHER_HEADER, WaitListHead, 8);
SIZE(KEVENT, 24);
AT(KEVENT, Header, 0);
SIZE(KDPC, 64);
AT(KDPC, Type, 0);
AT(KDPC, Importance, 1);
AT(KDPC, Number, 2);
AT(KDPC, DpcListEntry, 8);
AT(KDPC, ProcessorHistory, 16);
AT(KDPC, DeferredRoutine, 24);
AT(KDPC, DeferredContext, 32);
AT(KDPC, SystemArgument1, 40);
AT(KDPC, SystemArgument2, 48);
AT(KDPC, DpcData, 56);
SIZE(KTIMER, 64);
AT(KTIMER, Header, 0);
AT(KTIMER, DueTime, 24);
AT(KTIMER, TimerListEntry, 32);
AT(KTIMER, Dpc, 48);
AT(KTIMER, Processor, 56);
OURS(KTIMER, TimerType, 58);
AT(KTIMER, Period, 60);
SIZE(PROCESSOR_NUMBER, 4);
AT(PROCESSOR_NUMBER, Group, 0);
AT(PROCESSOR_NUMBER, Number, 2);
AT(PROCESSOR_NUMBER, Reserved, 3);

// Of io.h.
SIZE(DRIVER_OBJECT, 336);
AT(DRIVER_OBJECT, Type, 0);
AT(DRIVER_OBJECT, Size, 2);
AT(DRIVER_OBJECT, DeviceObject, 8);
AT(DRIVER_OBJECT, Flags, 16);
AT(DRIVER_OBJECT, DriverStart, 24);
AT(DRIVER_OBJECT, DriverSize, 32);
AT(DRIVER_OBJECT, DriverSection, 40);
AT(DRIVER_OBJECT, DriverExtension, 48);
AT(DRIVER_OBJECT, DriverName, 56);
AT(DRIVER_OBJECT, HardwareDatabase, 72);
AT(DRIVER_OBJECT, FastIoDispatch, 80);
AT(DRIVER_OBJECT, DriverInit, 88);
AT(DRIVER_OBJECT, DriverStartIo, 96);
AT(DRIVER_OBJECT, DriverUnload, 104);
AT(DRIVER_OBJECT, MajorFunction, 112);
SIZE(DEVICE_OBJECT, 336);
AT(DEVICE_OBJECT, Type, 0);
AT(DEVICE_OBJECT, Size, 2);
AT(DEVICE_OBJECT, ReferenceCount, 4);
AT(DEVICE_OBJECT, DriverObject, 8);
AT(DEVICE_OBJECT, NextDevice, 16);
AT(DEVICE_OBJECT, AttachedDevice, 24);
AT(DEVICE_OBJECT, CurrentIrp, 32);
AT(DEVICE_OBJECT, Timer, 40);
AT(DEVICE_OBJECT, Flags, 48);
AT(DEVICE_OBJECT, Characteristics, 52);
AT(DEVICE_OBJECT, Vpb, 56);
AT(DEVICE_OBJECT, DeviceExtension, 64);
AT(DEVICE_OBJECT, DeviceType, 72);
AT(DEVICE_OBJECT, StackSize, 76);
AT(DEVICE_OBJECT, Queue, 80);
AT(DEVICE_OBJECT, AlignmentRequirement, 152);
AT(DEVICE_OBJECT, DeviceQueue, 160);
AT(DEVICE_OBJECT, Dpc, 200);
AT(DEVICE_OBJECT, ActiveThreadCount, 264);
AT(DEVICE_OBJECT, SecurityDescriptor, 272);
AT(DEVICE_OBJECT, DeviceLock, 280);
AT(DEVICE_OBJECT, SectorSize, 304);
AT(DEVICE_OBJECT, Spare1, 306);
AT(DEVICE_OBJECT, DeviceObjectExtension, 312);
AT(DEVICE_OBJECT, Reserved, 320);
SIZE(FILE_OBJECT, 216);
AT(FILE_OBJECT, Type, 0);
AT(FILE_OBJECT, Size, 2);
AT(FILE_OBJECT, DeviceObject, 8);
OURS(FILE_OBJECT, Rest, 16);
SIZE(IO_STATUS_BLOCK, 16);
AT(IO_STATUS_BLOCK, Status, 0);
AT(IO_STATUS_BLOCK, Pointer, 0);
AT(IO_STATUS_BLOCK, Information, 8);
SIZE(IO_STACK_LOCATION, 72);
AT(IO_STACK_LOCATION, MajorFunction, 0);
AT(IO_STACK_LOCATION, MinorFunction, 1);
AT(IO_STACK_LOCATION, Flags, 2);
AT(IO_STACK_LOCATION, Control, 3);
AT(IO_STACK_LOCATION, Parameters, 8);
AT(IO_STACK_LOCATION, Parameters.DeviceIoControl, 8);
AT(IO_STACK_LOCATION, Parameters.DeviceIoControl.OutputBufferLength, 8);
AT(IO_STACK_LOCATION, Parameters.DeviceIoControl.InputBufferLength, 16);
AT(IO_STACK_LOCATION, Parameters.DeviceIoControl.IoControlCode, 24);
AT(IO_STACK_LOCATION, Parameters.DeviceIoControl.Type3InputBuffer, 32);
AT(IO_STACK_LOCATION, Parameters.Scsi, 8);
AT(IO_STACK_LOCATION, Parameters.Scsi.Srb, 8);
AT(IO_STACK_LOCATION, Parameters.Others, 8);
AT(IO_STACK_LOCATION, Parameters.Others.Argument1, 8);
AT(IO_STACK_LOCATION, Parameters.Others.Argument2, 16);
AT(IO_STACK_LOCATION, Parameters.Others.Argument3, 24);
AT(IO_STACK_LOCATION, Parameters.Others.Argument4, 32);
AT(IO_STACK_LOCATION, DeviceObject, 40);
AT(IO_STACK_LOCATION, FileObject, 48);
AT(IO_STACK_LOCATION, CompletionRoutine, 56);
AT(IO_STACK_LOCATION, Context, 64);
SIZE(IRP, 208);
AT(IRP, Type, 0);
AT(IRP, Size, 2);
OURS(IRP, AllocationProcessorNumber, 4);
OURS(IRP, Reserved, 6);
AT(IRP, MdlAddress, 8);
AT(IRP, Flags, 16);
AT(IRP, AssociatedIrp, 24);
AT(IRP, AssociatedIrp.MasterIrp, 24);
AT(IRP, AssociatedIrp.IrpCount, 24);
AT(IRP, AssociatedIrp.SystemBuffer, 24);
AT(IRP, ThreadListEntry, 32);
AT(IRP, IoStatus, 48);
AT(IRP, RequestorMode, 64);
AT(IRP, PendingReturned, 65);
AT(IRP, StackCount, 66);
AT(IRP, CurrentLocation, 67);
AT(IRP, Cancel, 68);
AT(IRP, CancelIrql, 69);
AT(IRP, ApcEnvironment, 70);
AT(IRP, AllocationFlags, 71);
AT(IRP, UserIosb, 72);
AT(IRP, UserEvent, 80);
AT(IRP, Overlay, 88);
AT(IRP, CancelRoutine, 104);
AT(IRP, UserBuffer, 112);
AT(IRP, Tail, 120);
AT(IRP, Tail.Overlay, 120);
AT(IRP, Tail.Overlay.DriverContext, 120);
AT(IRP, Tail.Overlay.Thread, 152);
AT(IRP, Tail.Overlay.AuxiliaryBuffer, 160);
AT(IRP, Tail.Overlay.ListEntry, 168);
AT(IRP, Tail.Overlay.CurrentStackLocation, 184);
AT(IRP, Tail.Overlay.PacketType, 184);
AT(IRP, Tail.Overlay.OriginalFileObject, 192);
AT(IRP, Tail.Apc, 120);
SIZE(MDL, 48);
AT(MDL, Next, 0);
AT(MDL, Size, 8);
AT(MDL, MdlFlags, 10);
OURS(MDL, AllocationProcessorNumber, 12);
OURS(MDL, Reserved, 14);
AT(MDL, Process, 16);
AT(MDL, MappedSystemVa, 24);
AT(MDL, StartVa, 32);
AT(MDL, ByteCount, 40);
AT(MDL, ByteOffset, 44);

// Of registry.h.
SIZE(OBJECT_ATTRIBUTES, 48);
AT(OBJECT_ATTRIBUTES, Length, 0);
AT(OBJECT_ATTRIBUTES, RootDirectory, 8);
AT(OBJECT_ATTRIBUTES, ObjectName, 16);
AT(OBJECT_ATTRIBUTES, Attributes, 24);
AT(OBJECT_ATTRIBUTES, SecurityDescriptor, 32);
AT(OBJECT_ATTRIBUTES, SecurityQualityOfService, 40);
SIZE(KEY_BASIC_INFORMATION, 24);
AT(KEY_BASIC_INFORMATION, LastWriteTime, 0);
AT(KEY_BASIC_INFORMATION, TitleIndex, 8);
AT(KEY_BASIC_INFORMATION, NameLength, 12);
AT(KEY_BASIC_INFORMATION, Name, 16);
SIZE(KEY_VALUE_PARTIAL_INFORMATION, 16);
AT(KEY_VALUE_PARTIAL_INFORMATION, TitleIndex, 0);
AT(KEY_VALUE_PARTIAL_INFORMATION, Type, 4);
AT(KEY_VALUE_PARTIAL_INFORMATION, DataLength, 8);
AT(KEY_VALUE_PARTIAL_INFORMATION, Data, 12);

// Of imports.h.
SIZE(OSVERSIONINFOW, 276);
AT(OSVERSIONINFOW, dwOSVersionInfoSize, 0);
AT(OSVERSIONINFOW, dwMajorVersion, 4);
AT(OSVERSIONINFOW, dwMinorVersion, 8);
AT(OSVERSIONINFOW, dwBuildNumber, 12);
AT(OSVERSIONINFOW, dwPlatformId, 16);
AT(OSVERSIONINFOW, szCSDVersion, 20);

}  // namespace
