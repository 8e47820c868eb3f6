// Pass-through by path: a program's SCSI command down the path that it names, past load balancing.
// Programs of 32 bits have layouts of their own; with the embedded command behind an offset (EX)
// they differ only in that command. The forms without and with DIRECT are laid out alike.
#pragma once

#include "windows/abi/io.h"
#include "windows/abi/scsi_request.h"

inline constexpr ULONG IOCTL_SCSI_BASE = 4;
constexpr ULONG MPIO_PASS_THROUGH_CODE(ULONG function) {
  return CTL_CODE(IOCTL_SCSI_BASE, function, METHOD_BUFFERED, FILE_READ_ACCESS | FILE_WRITE_ACCESS);
}
inline constexpr ULONG IOCTL_MPIO_PASS_THROUGH_PATH = MPIO_PASS_THROUGH_CODE(0x40f);
inline constexpr ULONG IOCTL_MPIO_PASS_THROUGH_PATH_DIRECT = MPIO_PASS_THROUGH_CODE(0x410);
inline constexpr ULONG IOCTL_MPIO_PASS_THROUGH_PATH_EX = MPIO_PASS_THROUGH_CODE(0x413);
inline constexpr ULONG IOCTL_MPIO_PASS_THROUGH_PATH_DIRECT_EX = MPIO_PASS_THROUGH_CODE(0x414);

// Exactly one of the first two: MpioPathId names the path, or PortNumber and the embedded command's
// bus and target do.
inline constexpr UCHAR MPIO_IOCTL_FLAG_USE_PATHID = 1;
inline constexpr UCHAR MPIO_IOCTL_FLAG_USE_SCSIADDRESS = 2;
inline constexpr UCHAR MPIO_IOCTL_FLAG_INVOLVE_DSM = 4;

struct SCSI_PASS_THROUGH {
  USHORT Length;
  UCHAR ScsiStatus;
  UCHAR PathId;
  UCHAR TargetId;
  UCHAR Lun;
  UCHAR CdbLength;
  UCHAR SenseInfoLength;
  UCHAR DataIn;
  ULONG DataTransferLength;
  ULONG TimeOutValue;
  ULONG_PTR DataBufferOffset;
  ULONG SenseInfoOffset;
  UCHAR Cdb[16];
};
struct SCSI_PASS_THROUGH32 {
  USHORT Length;
  UCHAR ScsiStatus;
  UCHAR PathId;
  UCHAR TargetId;
  UCHAR Lun;
  UCHAR CdbLength;
  UCHAR SenseInfoLength;
  UCHAR DataIn;
  ULONG DataTransferLength;
  ULONG TimeOutValue;
  ULONG DataBufferOffset;
  ULONG SenseInfoOffset;
  UCHAR Cdb[16];
};

struct MPIO_PASS_THROUGH_PATH {
  SCSI_PASS_THROUGH PassThrough;
  ULONG Version;
  USHORT Length;
  UCHAR Flags;
  UCHAR PortNumber;
  ULONGLONG MpioPathId;
};
struct MPIO_PASS_THROUGH_PATH32 {
  SCSI_PASS_THROUGH32 PassThrough;
  ULONG Version;
  USHORT Length;
  UCHAR Flags;
  UCHAR PortNumber;
  ULONGLONG MpioPathId;
};

struct MPIO_PASS_THROUGH_PATH_EX {
  ULONG PassThroughOffset;  // from the start of this structure
  ULONG Version;
  USHORT Length;
  UCHAR Flags;
  UCHAR PortNumber;
  ULONGLONG MpioPathId;
};
struct SCSI_PASS_THROUGH_EX {
  ULONG Version;
  ULONG Length;
  ULONG CdbLength;
  ULONG StorAddressLength;
  UCHAR ScsiStatus;
  UCHAR SenseInfoLength;
  UCHAR DataDirection;
  UCHAR Reserved;
  ULONG TimeOutValue;
  ULONG StorAddressOffset;  // from the start of this structure
  ULONG SenseInfoOffset;
  ULONG DataOutTransferLength;
  ULONG DataInTransferLength;
  ULONG_PTR DataOutBufferOffset;
  ULONG_PTR DataInBufferOffset;
  UCHAR Cdb[1];
};
struct SCSI_PASS_THROUGH32_EX {
  ULONG Version;
  ULONG Length;
  ULONG CdbLength;
  ULONG StorAddressLength;
  UCHAR ScsiStatus;
  UCHAR SenseInfoLength;
  UCHAR DataDirection;
  UCHAR Reserved;
  ULONG TimeOutValue;
  ULONG StorAddressOffset;
  ULONG SenseInfoOffset;
  ULONG DataOutTransferLength;
  ULONG DataInTransferLength;
  ULONG DataOutBufferOffset;
  ULONG DataInBufferOffset;
  UCHAR Cdb[1];
};

// Bus, target and LUN of eight bits each.
struct alignas(8) STOR_ADDR_BTL8 {
  USHORT Type;
  USHORT Port;
  ULONG AddressLength;
  UCHAR Path;
  UCHAR Target;
  UCHAR Lun;
  UCHAR Reserved;
};
inline constexpr USHORT STOR_ADDRESS_TYPE_BTL8 = 1;
inline constexpr ULONG STOR_ADDR_BTL8_ADDRESS_LENGTH = 4;
