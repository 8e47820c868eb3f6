// How the layout is asserted, a line for each structure and each member (tools/windows_layout.py
// sees that none is missing). With the kit it is the kit's declarations that are held to it.
#pragma once

#include <cstddef>

#include "windows/abi/kernel.h"

#define SIZE(type, bytes) static_assert(sizeof(type) == (bytes))
#define ALIGNMENT(type, bytes) static_assert(alignof(type) == (bytes))
#define AT(type, member, offset) static_assert(offsetof(type, member) == (offset))
// Of a member that no driver touches, and that kits call otherwise or leave out.
#if defined(DSMKIT_WITH_WDK)
#define OURS(type, member, offset) static_assert(sizeof(type) > (offset))
#else
#define OURS(type, member, offset) AT(type, member, offset)
#endif
