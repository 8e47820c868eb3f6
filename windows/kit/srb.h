// Of the stand-in for the Windows Driver Kit (tools/windows_kit.py): the extended form of requests
// and its kind of address, which mingw's header lacks.
#pragma once

#include_next <srb.h>

#define SRB_FUNCTION_STORAGE_REQUEST_BLOCK 0x28
#define SRB_SIGNATURE 0x53524258
#define STORAGE_ADDRESS_TYPE_BTL8 0

typedef enum _SRBEXDATATYPE {
  SrbExDataTypeUnknown,
  SrbExDataTypeBidirectional,
  SrbExDataTypeScsiCdb16 = 0x40,
  SrbExDataTypeScsiCdb32,
  SrbExDataTypeScsiCdbVar,
} SRBEXDATATYPE,
    *PSRBEXDATATYPE;

typedef struct DECLSPEC_ALIGN(8) _SRBEX_DATA_SCSI_CDB32 {
  SRBEXDATATYPE Type;
  ULONG Length;
  UCHAR ScsiStatus;
  UCHAR SenseInfoBufferLength;
  UCHAR CdbLength;
  UCHAR Reserved;
  ULONG Reserved1;
  PVOID SenseInfoBuffer;
  UCHAR Cdb[32];
} SRBEX_DATA_SCSI_CDB32, *PSRBEX_DATA_SCSI_CDB32;

typedef struct DECLSPEC_ALIGN(8) _SRBEX_DATA_SCSI_CDB_VAR {
  SRBEXDATATYPE Type;
  ULONG Length;
  UCHAR ScsiStatus;
  UCHAR SenseInfoBufferLength;
  UCHAR Reserved[2];
  ULONG CdbLength;
  ULONG Reserved1[2];
  PVOID SenseInfoBuffer;
  DECLSPEC_ALIGN(8) UCHAR Cdb[ANYSIZE_ARRAY];
} SRBEX_DATA_SCSI_CDB_VAR, *PSRBEX_DATA_SCSI_CDB_VAR;

typedef struct DECLSPEC_ALIGN(8) _STORAGE_REQUEST_BLOCK {
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
  union {
    ULONG SystemStatus;
    ULONG RequestTagHigh4Bytes;
  };
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
  struct _STORAGE_REQUEST_BLOCK* NextSrb;
  ULONG SrbExDataOffset[ANYSIZE_ARRAY];
} STORAGE_REQUEST_BLOCK, *PSTORAGE_REQUEST_BLOCK;
