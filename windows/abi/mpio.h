// The interface between a DSM and mpio.sys: registration, entry points, notifications, and what
// mpio.sys exports. A `DsmId` is the DSM's handle of a device-instance (a LUN down one path), a
// `PathId` its handle of a path.
#pragma once

#include "windows/abi/io.h"
#include "windows/abi/scsi_request.h"
#include "windows/abi/wmi.h"

inline constexpr ULONG MPIO_DSM = 0x0064736D;
// Sent as internal device controls.
inline constexpr ULONG IOCTL_MPDSM_REGISTER =
    CTL_CODE(MPIO_DSM, 1, METHOD_BUFFERED, FILE_READ_ACCESS | FILE_WRITE_ACCESS);
inline constexpr ULONG IOCTL_MPDSM_DEREGISTER =
    CTL_CODE(MPIO_DSM, 2, METHOD_BUFFERED, FILE_READ_ACCESS | FILE_WRITE_ACCESS);

enum DSM_TYPE : ULONG {
  DsmTypeUnknown,
  DsmType1,
  DsmType2,  // InterpretErrorEx, WMI with DSM_IDS
  DsmType3,  // the completion routine bears a null DsmId
  DsmType4,  // DsmVersion
  DsmType5,  // DsmWmiGlobalInfo
  DsmType6,  // STORAGE_REQUEST_BLOCK, IsAddressTypeSupported, DeviceNotUsed
};

struct DSM_IDS {
  ULONG Count;
  PVOID IdList[1];
};
using PDSM_IDS = DSM_IDS*;

using DSM_COMPLETION_ROUTINE = void(NTAPI*)(PVOID dsm_id, IRP* irp, SCSI_REQUEST_BLOCK* srb,
                                            PVOID context);
struct DSM_COMPLETION_INFO {
  DSM_COMPLETION_ROUTINE DsmCompletionRoutine;
  PVOID DsmContext;
};

struct CONTROLLER_IDS {
  STORAGE_IDENTIFIER_CODE_SET Type;
  ULONG Length;
  UCHAR SerialNumber[32];
};
struct CONTROLLER_INFO {
  DEVICE_OBJECT* DeviceObject;
  CONTROLLER_IDS Identifier;
  ULONG State;
};
inline constexpr ULONG DSM_CONTROLLER_ACTIVE = 1;
inline constexpr ULONG DSM_CONTROLLER_STANDBY = 2;
inline constexpr ULONG DSM_CONTROLLER_FAILED = 3;
inline constexpr ULONG DSM_CONTROLLER_NO_CNTRL = 4;
inline constexpr ULONG DSM_CNTRL_FLAGS_ALLOCATE = 1;
inline constexpr ULONG DSM_CNTRL_FLAGS_CHECK_STATE = 2;

// What CategorizeRequest answers.
inline constexpr ULONG DSM_BROADCAST = 1;
inline constexpr ULONG DSM_WILL_HANDLE = 2;
inline constexpr ULONG DSM_PATH_SET = 3;
inline constexpr ULONG DSM_ERROR = 4;

// What InterpretErrorEx answers.
inline constexpr ULONG DSM_FATAL_ERROR = 0x80000000;
inline constexpr ULONG DSM_ADMIN_FO = 0x40000000;
inline constexpr ULONG DSM_RETRY_DONT_DECREMENT = 0x00008000;

// Of MoveDevice.
inline constexpr ULONG DSM_MOVE_ADMIN_REQUEST = 0x80000000;

// Pointers to the entry points. The first parameter is DSM_INIT_DATA::DsmContext. MPIO calls those
// marked P at PASSIVE_LEVEL, the others up to DISPATCH_LEVEL.
using DSM_INQUIRE_DRIVER = NTSTATUS(NTAPI*)(PVOID context, DEVICE_OBJECT* target,  // P
                                            DEVICE_OBJECT* port_fdo,
                                            STORAGE_DEVICE_DESCRIPTOR* descriptor,
                                            STORAGE_DEVICE_ID_DESCRIPTOR* ids, PVOID* dsm_id);
using DSM_COMPARE_DEVICES = BOOLEAN(NTAPI*)(PVOID context, PVOID dsm_id1, PVOID dsm_id2);
using DSM_DEVICE_SERIAL_NUMBER = UCHAR*(NTAPI*)(PVOID context, PVOID dsm_id);
using DSM_GET_CONTROLLER_INFO = NTSTATUS(NTAPI*)(PVOID context, PVOID dsm_id, ULONG flags,
                                                 CONTROLLER_INFO** info);
using DSM_SET_DEVICE_INFO = NTSTATUS(NTAPI*)(PVOID context, DEVICE_OBJECT* target,
                                             PVOID dsm_id,  // P
                                             PVOID* path_id);
using DSM_IS_PATH_ACTIVE = BOOLEAN(NTAPI*)(PVOID context, PVOID path_id, PVOID dsm_id);       // P
using DSM_PATH_VERIFY = NTSTATUS(NTAPI*)(PVOID context, PVOID dsm_id, PVOID path_id);         // P
using DSM_INVALIDATE_PATH = NTSTATUS(NTAPI*)(PVOID context, ULONG error_mask, PVOID path_id,  // P
                                             PVOID* new_path_id);
using DSM_MOVE_DEVICE = NTSTATUS(NTAPI*)(PVOID context, DSM_IDS* ids, PVOID mpio_path,  // P
                                         PVOID suggested_path, ULONG flags);
using DSM_REMOVE_PENDING = NTSTATUS(NTAPI*)(PVOID context, PVOID dsm_id);                // P
using DSM_REMOVE_DEVICE = NTSTATUS(NTAPI*)(PVOID context, PVOID dsm_id, PVOID path_id);  // P
using DSM_REMOVE_PATH = NTSTATUS(NTAPI*)(PVOID context, PVOID path_id);
using DSM_SRB_DEVICE_CONTROL = NTSTATUS(NTAPI*)(PVOID context, DSM_IDS* ids, IRP* irp,  // P
                                                SCSI_REQUEST_BLOCK* srb, KEVENT* event);
using DSM_BROADCAST_SRB = DSM_SRB_DEVICE_CONTROL;
using DSM_LB_GET_PATH = PVOID(NTAPI*)(PVOID context, SCSI_REQUEST_BLOCK* srb, DSM_IDS* ids,
                                      PVOID current_path, NTSTATUS* status);
using DSM_INTERPRET_ERROR_EX = ULONG(NTAPI*)(PVOID context, PVOID dsm_id, SCSI_REQUEST_BLOCK* srb,
                                             NTSTATUS* status, BOOLEAN* retry, LONG* retry_interval,
                                             ...);
using DSM_UNLOAD = NTSTATUS(NTAPI*)(PVOID context);  // P
using DSM_SET_COMPLETION = void(NTAPI*)(PVOID context, PVOID dsm_id, IRP* irp,
                                        SCSI_REQUEST_BLOCK* srb, DSM_COMPLETION_INFO* completion);
using DSM_CATEGORIZE_REQUEST = ULONG(NTAPI*)(PVOID context, DSM_IDS* ids, IRP* irp,
                                             SCSI_REQUEST_BLOCK* srb, PVOID current_path,
                                             PVOID* path_id, NTSTATUS* status);
using DSM_ADDRESS_TYPE_SUPPORTED = BOOLEAN(NTAPI*)(PVOID context, ULONG address_type);
using DSM_DEVICE_NOT_USED = NTSTATUS(NTAPI*)(PVOID context, PVOID dsm_id);  // P

struct DSM_WMILIB_CONTEXT {
  ULONG GuidCount;
  WMIGUIDREGINFO* GuidList;
  UNICODE_STRING RegistryPath;
  UNICODE_STRING MofResourceName;
  DSM_QUERY_DATABLOCK_EX QueryWmiDataBlockEx;
  DSM_SET_DATABLOCK_EX SetWmiDataBlockEx;
  DSM_EXECUTE_METHOD_EX ExecuteWmiMethodEx;
  PVOID WmiFunctionControlEx;
};

struct DSM_VERSION_INFO {
  ULONG MajorVersion;
  ULONG MinorVersion;
  ULONG ProductBuild;
  ULONG QfeNumber;
};
struct MPIO_VERSION_INFO {
  ULONG MajorVersion;
  ULONG MinorVersion;
  ULONG ProductBuild;
  ULONG QfeNumber;
};

struct DSM_INIT_DATA {
  ULONG InitDataSize;
  DSM_INQUIRE_DRIVER DsmInquireDriver;
  DSM_COMPARE_DEVICES DsmCompareDevices;
  DSM_DEVICE_SERIAL_NUMBER DsmDeviceSerialNumber;
  DSM_GET_CONTROLLER_INFO DsmGetControllerInfo;
  DSM_SET_DEVICE_INFO DsmSetDeviceInfo;
  DSM_IS_PATH_ACTIVE DsmIsPathActive;
  DSM_PATH_VERIFY DsmPathVerify;
  DSM_INVALIDATE_PATH DsmInvalidatePath;
  DSM_MOVE_DEVICE DsmMoveDevice;
  DSM_REMOVE_PENDING DsmRemovePending;
  DSM_REMOVE_DEVICE DsmRemoveDevice;
  DSM_REMOVE_PATH DsmRemovePath;
  DSM_SRB_DEVICE_CONTROL DsmSrbDeviceControl;
  DSM_LB_GET_PATH DsmLBGetPath;
  DSM_INTERPRET_ERROR_EX DsmInterpretErrorEx;
  DSM_UNLOAD DsmUnload;
  DSM_SET_COMPLETION DsmSetCompletion;
  DSM_CATEGORIZE_REQUEST DsmCategorizeRequest;
  DSM_BROADCAST_SRB DsmBroadcastSrb;
  DSM_WMILIB_CONTEXT DsmWmiInfo;
  PVOID DsmContext;
  DRIVER_OBJECT* DriverObject;
  UNICODE_STRING DisplayName;
  ULONG Reserved;
  DSM_TYPE DsmType;
  DSM_VERSION_INFO DsmVersion;
  DSM_WMILIB_CONTEXT DsmWmiGlobalInfo;
  DSM_ADDRESS_TYPE_SUPPORTED DsmIsAddressTypeSupported;
  DSM_DEVICE_NOT_USED DsmDeviceNotUsed;
};

// How much of it a DSM of each type passes.
inline constexpr ULONG DSM_INIT_DATA_TYPE_1_SIZE = offsetof(DSM_INIT_DATA, DsmType);
inline constexpr ULONG DSM_INIT_DATA_TYPE_2_SIZE = offsetof(DSM_INIT_DATA, DsmVersion);
inline constexpr ULONG DSM_INIT_DATA_TYPE_3_SIZE = DSM_INIT_DATA_TYPE_2_SIZE;
inline constexpr ULONG DSM_INIT_DATA_TYPE_4_SIZE = offsetof(DSM_INIT_DATA, DsmWmiGlobalInfo);
inline constexpr ULONG DSM_INIT_DATA_TYPE_5_SIZE =
    offsetof(DSM_INIT_DATA, DsmIsAddressTypeSupported);
inline constexpr ULONG DSM_INIT_DATA_TYPE_6_SIZE = sizeof(DSM_INIT_DATA);

struct DSM_MPIO_CONTEXT {
  PVOID MPIOContext;
};
struct DSM_DEREGISTER_DATA {
  ULONG DeregisterDataSize;
  PVOID DsmContext;
  DRIVER_OBJECT* DriverObject;
  DSM_MPIO_CONTEXT* MpioContext;
};

enum DSM_NOTIFICATION_TYPE : ULONG {
  DeviceFailure,      // DsmId
  PathFailure,        // PathId
  PathOnLine,         // PathId
  ThrottleIO,         // DsmId
  ResumeIO,           // DsmId
  SetCurrentPath,     // PathId, DsmId
  ThrottleIO_V2,      // DsmId, BOOLEAN reserved, NTSTATUS*, LONG 0
  ResumeIO_V2,        // DsmId, BOOLEAN categorize, NTSTATUS*, LONG 0
  SetCurrentPath_V2,  // PathId, DsmId, NTSTATUS*, LONG 0
};

inline constexpr ULONG DSM_CALL_COMPLETION_ON_MPIO_ERROR = 1;  // DsmSendRequestEx
