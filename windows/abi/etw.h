// Event Tracing for Windows, as a provider in the kernel sees it.
#pragma once

#include "windows/abi/guid.h"

using REGHANDLE = ULONGLONG;

struct EVENT_DESCRIPTOR {
  USHORT Id;
  UCHAR Version;
  UCHAR Channel;
  UCHAR Level;
  UCHAR Opcode;
  USHORT Task;
  ULONGLONG Keyword;
};

struct EVENT_DATA_DESCRIPTOR {
  ULONGLONG Ptr;
  ULONG Size;
  ULONG Reserved;  // its lowest byte is what the data are:
};
inline constexpr UCHAR EVENT_DATA_DESCRIPTOR_TYPE_NONE = 0;
inline constexpr UCHAR EVENT_DATA_DESCRIPTOR_TYPE_EVENT_METADATA = 1;
inline constexpr UCHAR EVENT_DATA_DESCRIPTOR_TYPE_PROVIDER_METADATA = 2;

struct EVENT_FILTER_DESCRIPTOR {
  ULONGLONG Ptr;
  ULONG Size;
  ULONG Type;
};
// Told while the provider registers, if a session wants it already, and at every change: level and
// keywords of all sessions together. 0: all of them.
using PETWENABLECALLBACK = void(NTAPI*)(const GUID* source, ULONG control_code, UCHAR level,
                                        ULONGLONG match_any_keyword, ULONGLONG match_all_keyword,
                                        EVENT_FILTER_DESCRIPTOR* filter, PVOID context);
inline constexpr ULONG EVENT_CONTROL_CODE_DISABLE_PROVIDER = 0;
inline constexpr ULONG EVENT_CONTROL_CODE_ENABLE_PROVIDER = 1;

inline constexpr UCHAR TRACE_LEVEL_ERROR = 2;
inline constexpr UCHAR TRACE_LEVEL_WARNING = 3;
inline constexpr UCHAR TRACE_LEVEL_INFORMATION = 4;
inline constexpr UCHAR TRACE_LEVEL_VERBOSE = 5;
