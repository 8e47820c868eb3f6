// GUIDs, as the kernel has them in memory.
#pragma once

#include "windows/abi/platform.h"

struct GUID {
  ULONG Data1;
  USHORT Data2;
  USHORT Data3;
  UCHAR Data4[8];
};
static_assert(sizeof(GUID) == 16);
