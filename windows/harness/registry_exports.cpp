// The functions of ntoskrnl.exe for the registry.
#include <cstring>

#include "windows/harness/machine.h"

#define HIGHEST_IRQL(level) harness::machine().require_at_most(level, __func__)

using harness::machine;
using harness::Registry;
using harness::text_of;

extern "C" {

NTSTATUS NTAPI ZwOpenKey(HANDLE* key, ULONG access, OBJECT_ATTRIBUTES* attributes) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  return machine().registry.open(key, access, *attributes, false, __func__);
}

NTSTATUS NTAPI ZwCreateKey(HANDLE* key, ULONG access, OBJECT_ATTRIBUTES* attributes, ULONG,
                           UNICODE_STRING*, ULONG options, ULONG*) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  if (options != REG_OPTION_NON_VOLATILE) {
    harness::fail("ZwCreateKey: a key that does not outlive the machine");
  }
  return machine().registry.open(key, access, *attributes, true, __func__);
}

NTSTATUS NTAPI ZwQueryValueKey(HANDLE key, UNICODE_STRING* name, KEY_VALUE_INFORMATION_CLASS,
                               PVOID buffer, ULONG bytes, ULONG* result_bytes) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  const Registry::Value* value = nullptr;
  if (const NTSTATUS status = machine().registry.query(key, text_of(*name), value, __func__);
      !NT_SUCCESS(status)) {
    return status;
  }
  constexpr size_t kHeader = offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data);
  *result_bytes = static_cast<ULONG>(kHeader + value->bytes.size());
  if (bytes < kHeader) {
    return STATUS_BUFFER_TOO_SMALL;
  }
  const ULONG header[3] = {0, value->type, static_cast<ULONG>(value->bytes.size())};
  std::memcpy(buffer, header, kHeader);
  if (bytes < kHeader + value->bytes.size()) {
    return STATUS_BUFFER_OVERFLOW;
  }
  std::memcpy(static_cast<uint8_t*>(buffer) + kHeader, value->bytes.data(), value->bytes.size());
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ZwSetValueKey(HANDLE key, UNICODE_STRING* name, ULONG, ULONG type, PVOID data,
                             ULONG bytes) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  const auto* const from = static_cast<const uint8_t*>(data);
  return machine().registry.set(key, text_of(*name), {type, {from, from + bytes}}, __func__);
}

NTSTATUS NTAPI ZwDeleteValueKey(HANDLE key, UNICODE_STRING* name) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  return machine().registry.erase_value(key, text_of(*name), __func__);
}

NTSTATUS NTAPI ZwDeleteKey(HANDLE key) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  return machine().registry.erase_key(key, __func__);
}

NTSTATUS NTAPI ZwEnumerateKey(HANDLE key, ULONG index, KEY_INFORMATION_CLASS, PVOID buffer,
                              ULONG bytes, ULONG* result_bytes) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  std::u16string name;
  if (const NTSTATUS status = machine().registry.subkey(key, index, name, __func__);
      !NT_SUCCESS(status)) {
    return status;
  }
  constexpr size_t kHeader = offsetof(KEY_BASIC_INFORMATION, Name);
  const size_t name_bytes = name.size() * sizeof(char16_t);
  *result_bytes = static_cast<ULONG>(kHeader + name_bytes);
  if (bytes < kHeader) {
    return STATUS_BUFFER_TOO_SMALL;
  }
  const ULONG header[4] = {0, 0, 0, static_cast<ULONG>(name_bytes)};
  std::memcpy(buffer, header, kHeader);
  if (bytes < kHeader + name_bytes) {
    return STATUS_BUFFER_OVERFLOW;
  }
  std::memcpy(static_cast<uint8_t*>(buffer) + kHeader, name.data(), name_bytes);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ZwClose(HANDLE handle) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  machine().registry.close(handle, __func__);
  return STATUS_SUCCESS;
}
}
