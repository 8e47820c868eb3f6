// The one header by which the driver sees the kernel. Its own declarations need no kit; with the
// Windows Driver Kit at hand, DSMKIT_WITH_WDK takes the kit's instead.
#pragma once

#if defined(DSMKIT_WITH_WDK)
#include <dsm.h>
#include <ntddk.h>
#include <ntddscsi.h>
#include <ntddstor.h>
#include <srb.h>
#define KERNEL_TEXT(literal) L##literal
#else
#include "windows/abi/guid.h"
#include "windows/abi/imports.h"
#include "windows/abi/pass_through.h"
#endif
