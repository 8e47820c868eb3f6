// SCSI requests as Windows storage drivers pass them on, and what the class and port drivers tell
// about a device.
#pragma once

#include "windows/abi/platform.h"

struct SCSI_REQUEST_BLOCK {
  USHORT Length;
  UCHAR Function;
  UCHAR SrbStatus;
  UCHAR ScsiStatus;
  UCHAR PathId;
  UCHAR TargetId;
  UCHAR Lun;
  UCHAR QueueTag;
  UCHAR QueueAction;
  UCHAR CdbLength;
  UCHAR SenseInfoBufferLength;
  ULONG SrbFlags;
  ULONG DataTransferLength;
  ULONG TimeOutValue;  // seconds
  PVOID DataBuffer;
  PVOID SenseInfoBuffer;
  SCSI_REQUEST_BLOCK* NextSrb;
  PVOID OriginalRequest;
  PVOID SrbExtension;
  ULONG InternalStatus;
  ULONG Reserved;
  UCHAR Cdb[16];
};
using PSCSI_REQUEST_BLOCK = SCSI_REQUEST_BLOCK*;

inline constexpr UCHAR SRB_FUNCTION_EXECUTE_SCSI = 0x00;
inline constexpr UCHAR SRB_FUNCTION_STORAGE_REQUEST_BLOCK = 0x28;

inline constexpr UCHAR SRB_STATUS_PENDING = 0x00;
inline constexpr UCHAR SRB_STATUS_SUCCESS = 0x01;
inline constexpr UCHAR SRB_STATUS_ERROR = 0x04;
inline constexpr UCHAR SRB_STATUS_BUSY = 0x05;
inline constexpr UCHAR SRB_STATUS_INVALID_REQUEST = 0x06;
inline constexpr UCHAR SRB_STATUS_NO_DEVICE = 0x08;
inline constexpr UCHAR SRB_STATUS_TIMEOUT = 0x09;
inline constexpr UCHAR SRB_STATUS_SELECTION_TIMEOUT = 0x0a;
inline constexpr UCHAR SRB_STATUS_BUS_RESET = 0x0e;
inline constexpr UCHAR SRB_STATUS_DATA_OVERRUN = 0x12;
inline constexpr UCHAR SRB_STATUS_INTERNAL_ERROR = 0x30;
inline constexpr UCHAR SRB_STATUS_QUEUE_FROZEN = 0x40;
inline constexpr UCHAR SRB_STATUS_AUTOSENSE_VALID = 0x80;
// Without the two marks above.
constexpr UCHAR SRB_STATUS(UCHAR status) {
  return status & 0x3f;
}

inline constexpr UCHAR SRB_HEAD_OF_QUEUE_TAG_REQUEST = 0x21;

inline constexpr ULONG SRB_FLAGS_QUEUE_ACTION_ENABLE = 0x00000002;
inline constexpr ULONG SRB_FLAGS_DISABLE_SYNCH_TRANSFER = 0x00000008;
inline constexpr ULONG SRB_FLAGS_BYPASS_FROZEN_QUEUE = 0x00000010;
inline constexpr ULONG SRB_FLAGS_DISABLE_AUTOSENSE = 0x00000020;
inline constexpr ULONG SRB_FLAGS_DATA_IN = 0x00000040;
inline constexpr ULONG SRB_FLAGS_DATA_OUT = 0x00000080;
inline constexpr ULONG SRB_FLAGS_NO_QUEUE_FREEZE = 0x00000100;
inline constexpr ULONG SRB_FLAGS_DONT_START_NEXT_PACKET = 0x00800000;

// The extended form. It shares its first four bytes with the old one, and says by Function that it
// is the extended form.
struct STORAGE_REQUEST_BLOCK {
  USHORT Length;
  UCHAR Function;
  UCHAR SrbStatus;
  ULONG ReservedUlong1;
  ULONG Signature;
  ULONG Version;
  ULONG SrbLength;
  ULONG SrbFunction;
  ULONG SrbFlags;
  ULONG ReservedUlong2;
  ULONG RequestTag;
  USHORT RequestPriority;
  USHORT RequestAttribute;
  ULONG TimeOutValue;
  ULONG SystemStatus;
  ULONG ZeroGuard1;
  ULONG AddressOffset;
  ULONG NumSrbExData;
  ULONG DataTransferLength;
  PVOID DataBuffer;
  PVOID ZeroGuard2;
  PVOID OriginalRequest;
  PVOID ClassContext;
  PVOID PortContext;
  PVOID MiniportContext;
  STORAGE_REQUEST_BLOCK* NextSrb;
  ULONG SrbExDataOffset[1];
};
inline constexpr ULONG SRB_SIGNATURE = 0x53524258;

enum SRBEXDATATYPE : ULONG {
  SrbExDataTypeScsiCdb16 = 0x40,
  SrbExDataTypeScsiCdb32 = 0x41,
  SrbExDataTypeScsiCdbVar = 0x42,
};
// Cdb16 and Cdb32 differ in how many bytes of CDB there are.
struct SRBEX_DATA_SCSI_CDB32 {
  ULONG Type;
  ULONG Length;  // of what follows
  UCHAR ScsiStatus;
  UCHAR SenseInfoBufferLength;
  UCHAR CdbLength;
  UCHAR Reserved;
  ULONG Reserved1;
  PVOID SenseInfoBuffer;
  UCHAR Cdb[32];
};

// A CDB of any length.
struct SRBEX_DATA_SCSI_CDB_VAR {
  ULONG Type;
  ULONG Length;  // of what follows
  UCHAR ScsiStatus;
  UCHAR SenseInfoBufferLength;
  UCHAR Reserved[2];
  ULONG CdbLength;
  ULONG Reserved1[2];
  PVOID SenseInfoBuffer;
  alignas(8) UCHAR Cdb[1];
};

struct SCSI_PASS_THROUGH_DIRECT {
  USHORT Length;
  UCHAR ScsiStatus;
  UCHAR PathId;
  UCHAR TargetId;
  UCHAR Lun;
  UCHAR CdbLength;
  UCHAR SenseInfoLength;
  UCHAR DataIn;
  ULONG DataTransferLength;
  ULONG TimeOutValue;
  PVOID DataBuffer;
  ULONG SenseInfoOffset;  // from the start of this structure
  UCHAR Cdb[16];
};
inline constexpr UCHAR SCSI_IOCTL_DATA_OUT = 0;
inline constexpr UCHAR SCSI_IOCTL_DATA_IN = 1;
inline constexpr UCHAR SCSI_IOCTL_DATA_UNSPECIFIED = 2;

struct SCSI_ADDRESS {
  ULONG Length;
  UCHAR PortNumber;
  UCHAR PathId;
  UCHAR TargetId;
  UCHAR Lun;
};

struct STORAGE_DEVICE_DESCRIPTOR {
  ULONG Version;
  ULONG Size;
  UCHAR DeviceType;
  UCHAR DeviceTypeModifier;
  BOOLEAN RemovableMedia;
  BOOLEAN CommandQueueing;
  ULONG VendorIdOffset;
  ULONG ProductIdOffset;
  ULONG ProductRevisionOffset;
  ULONG SerialNumberOffset;
  ULONG BusType;
  ULONG RawPropertiesLength;
  UCHAR RawDeviceProperties[1];
};

// The designators of VPD page 83h.
enum STORAGE_IDENTIFIER_CODE_SET : ULONG {
  StorageIdCodeSetReserved,
  StorageIdCodeSetBinary,
  StorageIdCodeSetAscii,
  StorageIdCodeSetUtf8,
};
struct STORAGE_IDENTIFIER {
  ULONG CodeSet;
  ULONG Type;
  USHORT IdentifierSize;
  USHORT NextOffset;  // from the start of this one
  ULONG Association;
  UCHAR Identifier[1];
};
struct STORAGE_DEVICE_ID_DESCRIPTOR {
  ULONG Version;
  ULONG Size;
  ULONG NumberOfIdentifiers;
  UCHAR Identifiers[1];
};

inline constexpr USHORT STORAGE_ADDRESS_TYPE_BTL8 = 0;
