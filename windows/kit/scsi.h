// Of the stand-in for the Windows Driver Kit (tools/windows_kit.py): addresses of devices, which
// mingw's header lacks.
#pragma once

#include_next <scsi.h>

#define STOR_ADDRESS_TYPE_BTL8 1
#define STOR_ADDR_BTL8_ADDRESS_LENGTH 4

typedef struct DECLSPEC_ALIGN(8) _STOR_ADDR_BTL8 {
  USHORT Type;
  USHORT Port;
  ULONG AddressLength;
  UCHAR Path;
  UCHAR Target;
  UCHAR Lun;
  UCHAR Reserved;
} STOR_ADDR_BTL8, *PSTOR_ADDR_BTL8;
