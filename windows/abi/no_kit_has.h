// What a DSM needs and no kit declares: the same whichever declarations of the kernel there are, so
// it is included by kernel.h with either.
#pragma once

#include <type_traits>

#if !defined(DSMKIT_WITH_WDK)
#include "windows/abi/platform.h"
#endif

// Where MPIO takes registrations.
inline constexpr WCHAR kMpioControlObject[] = KERNEL_TEXT("\\DosDevices\\MPIOControl");

// The kit names pointers to entry points; this is what such a pointer points to, for declarations.
template <typename PointerToRoutine>
using RoutineOf = std::remove_pointer_t<PointerToRoutine>;

// The metadata that make events describe themselves (TraceLogging): any tool decodes them without a
// manifest. First the channel of such events.
inline constexpr UCHAR kTraceLoggingChannel = 11;

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
