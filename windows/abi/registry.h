// The registry: keys, values, and the functions of the kernel for them, all at PASSIVE_LEVEL.
#pragma once

#include "windows/abi/platform.h"

struct OBJECT_ATTRIBUTES {
  ULONG Length;
  HANDLE RootDirectory;
  UNICODE_STRING* ObjectName;
  ULONG Attributes;
  PVOID SecurityDescriptor;
  PVOID SecurityQualityOfService;
};
inline constexpr ULONG OBJ_CASE_INSENSITIVE = 0x40;
inline constexpr ULONG OBJ_KERNEL_HANDLE = 0x200;

inline constexpr ULONG KEY_QUERY_VALUE = 0x0001;
inline constexpr ULONG KEY_SET_VALUE = 0x0002;
inline constexpr ULONG KEY_CREATE_SUB_KEY = 0x0004;
inline constexpr ULONG KEY_ENUMERATE_SUB_KEYS = 0x0008;
inline constexpr ULONG DELETE = 0x00010000;
inline constexpr ULONG REG_OPTION_NON_VOLATILE = 0;

enum KEY_INFORMATION_CLASS : ULONG { KeyBasicInformation = 0 };
struct KEY_BASIC_INFORMATION {
  LARGE_INTEGER LastWriteTime;
  ULONG TitleIndex;
  ULONG NameLength;  // bytes
  WCHAR Name[1];
};

enum KEY_VALUE_INFORMATION_CLASS : ULONG { KeyValuePartialInformation = 2 };
struct KEY_VALUE_PARTIAL_INFORMATION {
  ULONG TitleIndex;
  ULONG Type;
  ULONG DataLength;
  UCHAR Data[1];
};
inline constexpr ULONG REG_BINARY = 3;
inline constexpr ULONG REG_DWORD = 4;
inline constexpr ULONG REG_MULTI_SZ = 7;

extern "C" {
NTKERNELAPI NTSTATUS NTAPI ZwClose(HANDLE handle);
NTKERNELAPI NTSTATUS NTAPI ZwCreateKey(HANDLE* key, ULONG access, OBJECT_ATTRIBUTES* key_name,
                                       ULONG title_index, UNICODE_STRING* key_class, ULONG options,
                                       ULONG* disposition);
NTKERNELAPI NTSTATUS NTAPI ZwDeleteKey(HANDLE key);
NTKERNELAPI NTSTATUS NTAPI ZwDeleteValueKey(HANDLE key, UNICODE_STRING* name);
NTKERNELAPI NTSTATUS NTAPI ZwEnumerateKey(HANDLE key, ULONG index, KEY_INFORMATION_CLASS what,
                                          PVOID buffer, ULONG bytes, ULONG* result_bytes);
NTKERNELAPI NTSTATUS NTAPI ZwOpenKey(HANDLE* key, ULONG access, OBJECT_ATTRIBUTES* key_name);
NTKERNELAPI NTSTATUS NTAPI ZwQueryValueKey(HANDLE key, UNICODE_STRING* name,
                                           KEY_VALUE_INFORMATION_CLASS what, PVOID buffer,
                                           ULONG bytes, ULONG* result_bytes);
NTKERNELAPI NTSTATUS NTAPI ZwSetValueKey(HANDLE key, UNICODE_STRING* name, ULONG title_index,
                                         ULONG type, PVOID data, ULONG bytes);
}
