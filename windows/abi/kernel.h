// The one header by which the driver sees the kernel. Its own declarations need no kit; with the
// Windows Driver Kit at hand, DSMKIT_WITH_WDK takes the kit's instead.
#pragma once

#if defined(DSMKIT_WITH_WDK)
// What the others build on.
#include <ntddk.h>
// Those say themselves that they are C.
#include <evntrace.h>
#include <ntddscsi.h>
#include <ntddstor.h>
#include <scsi.h>
#include <srb.h>
#include <wmistr.h>
// And this one, which needs the last.
#include <wmilib.h>
// This does not, though it has functions; what it includes is all here by now.
extern "C" {
#include <dsm.h>
}
#define KERNEL_TEXT(literal) L##literal
#else
#include "windows/abi/guid.h"
#include "windows/abi/imports.h"
#include "windows/abi/pass_through.h"
#endif
#include "windows/abi/no_kit_has.h"
