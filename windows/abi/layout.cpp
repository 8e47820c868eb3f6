// Nothing but assertions: the sizes and places that the binary interface has on x64 and ARM64.
// Compiled for the driver and for the harness, so that both are held to the same layout.
#include "windows/abi/imports.h"
#include "windows/abi/pass_through.h"

namespace {

#define AT(type, member, offset) static_assert(offsetof(type, member) == (offset))

static_assert(sizeof(void*) == 8 && sizeof(WCHAR) == 2 && sizeof(BOOLEAN) == 1);
static_assert(sizeof(UNICODE_STRING) == 16);
AT(UNICODE_STRING, Buffer, 8);
static_assert(sizeof(LIST_ENTRY) == 16 && sizeof(LARGE_INTEGER) == 8);

static_assert(sizeof(DISPATCHER_HEADER) == 24 && sizeof(KEVENT) == 24);
AT(DISPATCHER_HEADER, SignalState, 4);
AT(DISPATCHER_HEADER, WaitListHead, 8);
static_assert(sizeof(KDPC) == 64);
AT(KDPC, DpcListEntry, 8);
AT(KDPC, DeferredRoutine, 24);
AT(KDPC, DeferredContext, 32);
AT(KDPC, SystemArgument1, 40);
AT(KDPC, DpcData, 56);
static_assert(sizeof(KTIMER) == 64);
AT(KTIMER, DueTime, 24);
AT(KTIMER, Dpc, 48);
AT(KTIMER, Period, 60);
static_assert(sizeof(PROCESSOR_NUMBER) == 4);

static_assert(sizeof(DRIVER_OBJECT) == 336);
AT(DRIVER_OBJECT, DeviceObject, 8);
AT(DRIVER_OBJECT, DriverStart, 24);
AT(DRIVER_OBJECT, DriverName, 56);
AT(DRIVER_OBJECT, DriverInit, 88);
AT(DRIVER_OBJECT, DriverUnload, 104);
AT(DRIVER_OBJECT, MajorFunction, 112);

static_assert(sizeof(DEVICE_OBJECT) == 336 && alignof(DEVICE_OBJECT) == 16);
AT(DEVICE_OBJECT, DriverObject, 8);
AT(DEVICE_OBJECT, AttachedDevice, 24);
AT(DEVICE_OBJECT, Flags, 48);
AT(DEVICE_OBJECT, DeviceExtension, 64);
AT(DEVICE_OBJECT, DeviceType, 72);
AT(DEVICE_OBJECT, StackSize, 76);
AT(DEVICE_OBJECT, Queue, 80);
AT(DEVICE_OBJECT, AlignmentRequirement, 152);
AT(DEVICE_OBJECT, Dpc, 200);
AT(DEVICE_OBJECT, SecurityDescriptor, 272);
AT(DEVICE_OBJECT, DeviceLock, 280);
AT(DEVICE_OBJECT, SectorSize, 304);
AT(DEVICE_OBJECT, DeviceObjectExtension, 312);
static_assert(sizeof(FILE_OBJECT) == 216);
AT(FILE_OBJECT, DeviceObject, 8);

static_assert(sizeof(IO_STATUS_BLOCK) == 16);
AT(IO_STATUS_BLOCK, Information, 8);
static_assert(sizeof(IO_STACK_LOCATION) == 72);
AT(IO_STACK_LOCATION, Control, 3);
AT(IO_STACK_LOCATION, Parameters, 8);
AT(IO_STACK_LOCATION, Parameters.DeviceIoControl.InputBufferLength, 16);
AT(IO_STACK_LOCATION, Parameters.DeviceIoControl.IoControlCode, 24);
AT(IO_STACK_LOCATION, Parameters.DeviceIoControl.Type3InputBuffer, 32);
AT(IO_STACK_LOCATION, Parameters.Others.Argument3, 24);
AT(IO_STACK_LOCATION, DeviceObject, 40);
AT(IO_STACK_LOCATION, FileObject, 48);
AT(IO_STACK_LOCATION, CompletionRoutine, 56);
AT(IO_STACK_LOCATION, Context, 64);

static_assert(sizeof(IRP) == 208);
AT(IRP, MdlAddress, 8);
AT(IRP, AssociatedIrp, 24);
AT(IRP, IoStatus, 48);
AT(IRP, RequestorMode, 64);
AT(IRP, PendingReturned, 65);
AT(IRP, StackCount, 66);
AT(IRP, CurrentLocation, 67);
AT(IRP, Cancel, 68);
AT(IRP, CancelIrql, 69);
AT(IRP, UserIosb, 72);
AT(IRP, UserEvent, 80);
AT(IRP, CancelRoutine, 104);
AT(IRP, UserBuffer, 112);
AT(IRP, Tail, 120);
AT(IRP, Tail.Overlay.Thread, 152);
AT(IRP, Tail.Overlay.ListEntry, 168);
AT(IRP, Tail.Overlay.CurrentStackLocation, 184);
AT(IRP, Tail.Overlay.OriginalFileObject, 192);

static_assert(sizeof(MDL) == 48);
AT(MDL, MappedSystemVa, 24);
AT(MDL, ByteCount, 40);

static_assert(sizeof(SCSI_REQUEST_BLOCK) == 88);
AT(SCSI_REQUEST_BLOCK, SrbFlags, 12);
AT(SCSI_REQUEST_BLOCK, DataBuffer, 24);
AT(SCSI_REQUEST_BLOCK, OriginalRequest, 48);
AT(SCSI_REQUEST_BLOCK, Cdb, 72);
static_assert(sizeof(STORAGE_REQUEST_BLOCK) == 128);
AT(STORAGE_REQUEST_BLOCK, Signature, 8);
AT(STORAGE_REQUEST_BLOCK, SrbFunction, 20);
AT(STORAGE_REQUEST_BLOCK, TimeOutValue, 40);
AT(STORAGE_REQUEST_BLOCK, NumSrbExData, 56);
AT(STORAGE_REQUEST_BLOCK, DataBuffer, 64);
AT(STORAGE_REQUEST_BLOCK, OriginalRequest, 80);
AT(STORAGE_REQUEST_BLOCK, NextSrb, 112);
AT(STORAGE_REQUEST_BLOCK, SrbExDataOffset, 120);
AT(SRBEX_DATA_SCSI_CDB32, ScsiStatus, 8);
AT(SRBEX_DATA_SCSI_CDB32, SenseInfoBuffer, 16);
AT(SRBEX_DATA_SCSI_CDB32, Cdb, 24);
static_assert(sizeof(SCSI_PASS_THROUGH_DIRECT) == 56);
AT(SCSI_PASS_THROUGH_DIRECT, DataTransferLength, 12);
AT(SCSI_PASS_THROUGH_DIRECT, DataBuffer, 24);
AT(SCSI_PASS_THROUGH_DIRECT, SenseInfoOffset, 32);
AT(SCSI_PASS_THROUGH_DIRECT, Cdb, 36);
static_assert(sizeof(SCSI_ADDRESS) == 8);
static_assert(sizeof(SCSI_PASS_THROUGH) == 56 && sizeof(SCSI_PASS_THROUGH32) == 44);
AT(SCSI_PASS_THROUGH, DataBufferOffset, 24);
AT(SCSI_PASS_THROUGH, Cdb, 36);
AT(SCSI_PASS_THROUGH32, DataBufferOffset, 20);
AT(SCSI_PASS_THROUGH32, Cdb, 28);
static_assert(sizeof(MPIO_PASS_THROUGH_PATH) == 72 && sizeof(MPIO_PASS_THROUGH_PATH32) == 64);
AT(MPIO_PASS_THROUGH_PATH, Flags, 62);
AT(MPIO_PASS_THROUGH_PATH, MpioPathId, 64);
AT(MPIO_PASS_THROUGH_PATH32, Flags, 50);
AT(MPIO_PASS_THROUGH_PATH32, MpioPathId, 56);
static_assert(sizeof(MPIO_PASS_THROUGH_PATH_EX) == 24);
AT(MPIO_PASS_THROUGH_PATH_EX, Flags, 10);
AT(MPIO_PASS_THROUGH_PATH_EX, MpioPathId, 16);
static_assert(sizeof(SCSI_PASS_THROUGH_EX) == 64 && sizeof(SCSI_PASS_THROUGH32_EX) == 52);
AT(SCSI_PASS_THROUGH_EX, StorAddressOffset, 24);
AT(SCSI_PASS_THROUGH_EX, DataOutBufferOffset, 40);
AT(SCSI_PASS_THROUGH_EX, Cdb, 56);
AT(SCSI_PASS_THROUGH32_EX, StorAddressOffset, 24);
AT(SCSI_PASS_THROUGH32_EX, Cdb, 48);
static_assert(sizeof(STOR_ADDR_BTL8) == 16);
AT(STOR_ADDR_BTL8, Target, 9);
static_assert(IOCTL_MPIO_PASS_THROUGH_PATH == 0x4D03C);
static_assert(IOCTL_MPIO_PASS_THROUGH_PATH_DIRECT_EX == 0x4D050);
static_assert(sizeof(STORAGE_DEVICE_DESCRIPTOR) == 40);
AT(STORAGE_DEVICE_DESCRIPTOR, SerialNumberOffset, 24);
AT(STORAGE_DEVICE_DESCRIPTOR, RawDeviceProperties, 36);
AT(STORAGE_IDENTIFIER, NextOffset, 10);
AT(STORAGE_IDENTIFIER, Identifier, 16);
AT(STORAGE_DEVICE_ID_DESCRIPTOR, Identifiers, 12);

static_assert(IOCTL_MPDSM_REGISTER == 0x736DC004 && IOCTL_MPDSM_DEREGISTER == 0x736DC008);
static_assert(sizeof(DSM_IDS) == 16);
AT(DSM_IDS, IdList, 8);
static_assert(sizeof(DSM_WMILIB_CONTEXT) == 80);
AT(DSM_WMILIB_CONTEXT, RegistryPath, 16);
AT(DSM_WMILIB_CONTEXT, QueryWmiDataBlockEx, 48);
static_assert(sizeof(CONTROLLER_IDS) == 40 && sizeof(CONTROLLER_INFO) == 56);
AT(CONTROLLER_INFO, State, 48);
static_assert(sizeof(DSM_COMPLETION_INFO) == 16);
static_assert(sizeof(DSM_VERSION_INFO) == 16 && sizeof(DSM_MPIO_CONTEXT) == 8);
static_assert(sizeof(DSM_DEREGISTER_DATA) == 32);
AT(DSM_DEREGISTER_DATA, MpioContext, 24);
AT(DSM_INIT_DATA, DsmInquireDriver, 8);
AT(DSM_INIT_DATA, DsmDeviceSerialNumber, 24);
AT(DSM_INIT_DATA, DsmLBGetPath, 112);
AT(DSM_INIT_DATA, DsmInterpretErrorEx, 120);
AT(DSM_INIT_DATA, DsmBroadcastSrb, 152);
AT(DSM_INIT_DATA, DsmWmiInfo, 160);
AT(DSM_INIT_DATA, DsmContext, 240);
AT(DSM_INIT_DATA, DisplayName, 256);
AT(DSM_INIT_DATA, Reserved, 272);
static_assert(DSM_INIT_DATA_TYPE_1_SIZE == 276);
static_assert(DSM_INIT_DATA_TYPE_2_SIZE == 280 && DSM_INIT_DATA_TYPE_3_SIZE == 280);
static_assert(DSM_INIT_DATA_TYPE_4_SIZE == 296);
static_assert(DSM_INIT_DATA_TYPE_5_SIZE == 376);
static_assert(DSM_INIT_DATA_TYPE_6_SIZE == 392 && sizeof(DSM_INIT_DATA) == 392);

static_assert(sizeof(GUID) == 16 && sizeof(WMIGUIDREGINFO) == 16);
static_assert(sizeof(OBJECT_ATTRIBUTES) == 48);
AT(OBJECT_ATTRIBUTES, ObjectName, 16);
AT(OBJECT_ATTRIBUTES, Attributes, 24);
AT(KEY_VALUE_PARTIAL_INFORMATION, Data, 12);
AT(KEY_BASIC_INFORMATION, NameLength, 12);
AT(KEY_BASIC_INFORMATION, Name, 16);
static_assert(sizeof(OSVERSIONINFOW) == 276);

static_assert(sizeof(EVENT_DESCRIPTOR) == 16);
AT(EVENT_DESCRIPTOR, Version, 2);
AT(EVENT_DESCRIPTOR, Channel, 3);
AT(EVENT_DESCRIPTOR, Level, 4);
AT(EVENT_DESCRIPTOR, Opcode, 5);
AT(EVENT_DESCRIPTOR, Task, 6);
AT(EVENT_DESCRIPTOR, Keyword, 8);
static_assert(sizeof(EVENT_DATA_DESCRIPTOR) == 16);
AT(EVENT_DATA_DESCRIPTOR, Size, 8);
AT(EVENT_DATA_DESCRIPTOR, Reserved, 12);

}  // namespace
