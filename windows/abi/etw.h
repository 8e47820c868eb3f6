// Event Tracing for Windows, as a provider in the kernel sees it, and the metadata that make events
// describe themselves (TraceLogging): any tool decodes them without a manifest.
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
  UCHAR Type;
  UCHAR Reserved1;
  USHORT Reserved2;
};
inline constexpr UCHAR EVENT_DATA_DESCRIPTOR_TYPE_NONE = 0;
inline constexpr UCHAR EVENT_DATA_DESCRIPTOR_TYPE_EVENT_METADATA = 1;
inline constexpr UCHAR EVENT_DATA_DESCRIPTOR_TYPE_PROVIDER_METADATA = 2;

// Told while the provider registers, if a session wants it already, and at every change: level and
// keywords of all sessions together. 0: all of them.
using ETWENABLECALLBACK = void NTAPI(const GUID* source, ULONG control_code, UCHAR level,
                                     ULONGLONG match_any_keyword, ULONGLONG match_all_keyword,
                                     PVOID filter, PVOID context);
inline constexpr ULONG EVENT_CONTROL_CODE_DISABLE_PROVIDER = 0;
inline constexpr ULONG EVENT_CONTROL_CODE_ENABLE_PROVIDER = 1;

inline constexpr UCHAR TRACE_LEVEL_ERROR = 2;
inline constexpr UCHAR TRACE_LEVEL_WARNING = 3;
inline constexpr UCHAR TRACE_LEVEL_INFORMATION = 4;
inline constexpr UCHAR TRACE_LEVEL_VERBOSE = 5;

// Of the descriptor of events that describe themselves.
inline constexpr UCHAR WINEVENT_CHANNEL_TRACELOGGING = 11;

// Types of fields. Provider metadata: {u16 size of all, name, 0}. Event metadata: {u16 size of all,
// u8 tags, name, 0, then for each field its name, 0, type}. Both in UTF-8.
enum TLG_IN : UCHAR {
  TlgInUINT8 = 4,
  TlgInUINT16 = 6,
  TlgInUINT32 = 8,
  TlgInUINT64 = 10,
  TlgInBINARY = 14,             // u16 size, then the bytes
  TlgInCOUNTEDSTRING = 22,      // the same: UTF-16, its size in bytes
  TlgInCOUNTEDANSISTRING = 23,  // the same
};
