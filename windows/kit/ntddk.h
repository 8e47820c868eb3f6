// Of the stand-in for the Windows Driver Kit (tools/windows_kit.py): mingw's headers of the kernel,
// and what they lack of the kit's. As they are they do not compile as C++: they define two
// functions again that the compiler's intrinsics have.
#pragma once

#include <intrin.h>

#define InterlockedBitTestAndSet NotTheIntrinsicBitTestAndSet
#define InterlockedBitTestAndReset NotTheIntrinsicBitTestAndReset
#include_next <ntddk.h>
#undef InterlockedBitTestAndSet
#undef InterlockedBitTestAndReset

// A function since Windows 8, whose priority may have flags.
#define MdlMappingNoExecute 0x40000000
#undef MmGetSystemAddressForMdlSafe
inline PVOID MmGetSystemAddressForMdlSafe(PMDL mdl, ULONG priority) {
  return (mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) != 0
             ? mdl->MappedSystemVa
             : MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, nullptr, FALSE,
                                            static_cast<MM_PAGE_PRIORITY>(priority));
}

extern "C" NTKERNELAPI ULONG64 NTAPI KeQueryInterruptTimePrecise(PULONG64);
