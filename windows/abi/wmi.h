// Windows Management Instrumentation, as far as a DSM has to do with it: MPIO takes the requests
// and calls the DSM, at PASSIVE_LEVEL, with the number of a class in the list that the DSM
// registered.
#pragma once

#include "windows/abi/guid.h"
#include "windows/abi/io.h"

struct WMIGUIDREGINFO {
  const GUID* Guid;
  ULONG InstanceCount;
  ULONG Flags;
};

struct DSM_IDS;

// Ex forms: of DSMs of type 2 and later. `ids` are all device-instances of the LUN; of no meaning
// for classes of the DSM as a whole. A buffer that is too small: STATUS_BUFFER_TOO_SMALL, and in
// *data_length (*out_bytes) what is needed.
using DSM_QUERY_DATABLOCK_EX = NTSTATUS(NTAPI*)(PVOID context, DSM_IDS* ids, IRP* irp,
                                                ULONG guid_index, ULONG instance_index,
                                                ULONG instance_count, ULONG* instance_lengths,
                                                ULONG available, UCHAR* buffer, ULONG* data_length,
                                                ...);
using DSM_SET_DATABLOCK_EX = NTSTATUS(NTAPI*)(PVOID context, DSM_IDS* ids, IRP* irp,
                                              ULONG guid_index, ULONG instance_index, ULONG bytes,
                                              UCHAR* buffer, ...);
// What goes in and what comes out share the buffer.
using DSM_EXECUTE_METHOD_EX = NTSTATUS(NTAPI*)(PVOID context, DSM_IDS* ids, IRP* irp,
                                               ULONG guid_index, ULONG instance_index,
                                               ULONG method_id, ULONG in_bytes, ULONG* out_bytes,
                                               UCHAR* buffer, ...);

inline constexpr NTSTATUS STATUS_WMI_GUID_NOT_FOUND = nt_status(0xC0000295);
inline constexpr NTSTATUS STATUS_WMI_INSTANCE_NOT_FOUND = nt_status(0xC0000296);
inline constexpr NTSTATUS STATUS_WMI_ITEMID_NOT_FOUND = nt_status(0xC0000297);
inline constexpr NTSTATUS STATUS_WMI_READ_ONLY = nt_status(0xC00002C6);
