// What differs between the places where the driver's binary interface is compiled: for Windows it
// is the compiler's own convention, on Linux (the harness, which runs the driver's binary) every
// function that crosses the border has Microsoft's.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(_WIN32)
#define NTAPI
#define NTKERNELAPI __declspec(dllimport)
#elif defined(__x86_64__)
#define NTAPI __attribute__((ms_abi))
#define NTKERNELAPI
#else
#error "the harness runs x64 code: build it for x86-64"
#endif

// Scalars under their Windows names; LONG and ULONG have 32 bits everywhere.
using UCHAR = uint8_t;
using CHAR = char;
using CCHAR = char;
using BOOLEAN = uint8_t;
using SHORT = int16_t;
using USHORT = uint16_t;
using LONG = int32_t;
using ULONG = uint32_t;
using LONGLONG = int64_t;
using ULONGLONG = uint64_t;
using ULONG_PTR = uint64_t;
using SIZE_T = uint64_t;
using WCHAR = char16_t;
using PVOID = void*;
using HANDLE = void*;
using KIRQL = uint8_t;
using KPRIORITY = LONG;
using KSPIN_LOCK = ULONG_PTR;
using NTSTATUS = LONG;

// A literal of WCHAR.
#define KERNEL_TEXT(literal) u##literal

inline constexpr BOOLEAN FALSE = 0;
inline constexpr BOOLEAN TRUE = 1;
inline constexpr LONG MAXLONG = 0x7fffffff;

inline constexpr KIRQL PASSIVE_LEVEL = 0;
inline constexpr KIRQL APC_LEVEL = 1;
inline constexpr KIRQL DISPATCH_LEVEL = 2;

constexpr NTSTATUS nt_status(uint32_t code) {
  return static_cast<NTSTATUS>(code);
}
constexpr bool NT_SUCCESS(NTSTATUS status) {
  return status >= 0;
}
inline constexpr NTSTATUS STATUS_SUCCESS = 0;
inline constexpr NTSTATUS STATUS_PENDING = 0x00000103;
inline constexpr NTSTATUS STATUS_BUFFER_OVERFLOW = nt_status(0x80000005);
inline constexpr NTSTATUS STATUS_NO_MORE_ENTRIES = nt_status(0x8000001A);
inline constexpr NTSTATUS STATUS_UNSUCCESSFUL = nt_status(0xC0000001);
inline constexpr NTSTATUS STATUS_INVALID_PARAMETER = nt_status(0xC000000D);
inline constexpr NTSTATUS STATUS_NO_SUCH_DEVICE = nt_status(0xC000000E);
inline constexpr NTSTATUS STATUS_INVALID_DEVICE_REQUEST = nt_status(0xC0000010);
inline constexpr NTSTATUS STATUS_MORE_PROCESSING_REQUIRED = nt_status(0xC0000016);
inline constexpr NTSTATUS STATUS_BUFFER_TOO_SMALL = nt_status(0xC0000023);
inline constexpr NTSTATUS STATUS_OBJECT_NAME_NOT_FOUND = nt_status(0xC0000034);
inline constexpr NTSTATUS STATUS_DELETE_PENDING = nt_status(0xC0000056);
inline constexpr NTSTATUS STATUS_INSUFFICIENT_RESOURCES = nt_status(0xC000009A);
inline constexpr NTSTATUS STATUS_DEVICE_NOT_CONNECTED = nt_status(0xC000009D);
inline constexpr NTSTATUS STATUS_IO_TIMEOUT = nt_status(0xC00000B5);
inline constexpr NTSTATUS STATUS_NOT_SUPPORTED = nt_status(0xC00000BB);
inline constexpr NTSTATUS STATUS_DEVICE_DOES_NOT_EXIST = nt_status(0xC00000C0);
inline constexpr NTSTATUS STATUS_IO_DEVICE_ERROR = nt_status(0xC0000185);
inline constexpr NTSTATUS STATUS_CANNOT_DELETE = nt_status(0xC0000121);
inline constexpr NTSTATUS STATUS_REGISTRY_IO_FAILED = nt_status(0xC000014D);
inline constexpr NTSTATUS STATUS_ACCESS_DENIED = nt_status(0xC0000022);
inline constexpr NTSTATUS STATUS_KEY_DELETED = nt_status(0xC000017C);
inline constexpr NTSTATUS STATUS_DEVICE_BUSY = nt_status(0x80000011);
inline constexpr NTSTATUS STATUS_REVISION_MISMATCH = nt_status(0xC0000059);

struct UNICODE_STRING {
  USHORT Length;  // bytes, without a terminator
  USHORT MaximumLength;
  WCHAR* Buffer;
};
using PUNICODE_STRING = UNICODE_STRING*;

struct LIST_ENTRY {
  LIST_ENTRY* Flink;
  LIST_ENTRY* Blink;
};

union LARGE_INTEGER {
  struct {
    ULONG LowPart;
    LONG HighPart;
  } u;
  LONGLONG QuadPart;
};
using PLARGE_INTEGER = LARGE_INTEGER*;
