// See key.h.
#include "windows/driver/settings/key.h"

namespace driver {
namespace {

OBJECT_ATTRIBUTES attributes_of(HANDLE parent, UNICODE_STRING& name) {
  return {.Length = sizeof(OBJECT_ATTRIBUTES),
          .RootDirectory = parent,
          .ObjectName = &name,
          .Attributes = OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
          .SecurityDescriptor = nullptr,
          .SecurityQualityOfService = nullptr};
}

}  // namespace

NTSTATUS Key::open_at(HANDLE parent, UNICODE_STRING& name, ULONG access) {
  close();
  OBJECT_ATTRIBUTES attributes = attributes_of(parent, name);
  return ZwOpenKey(&handle_, access, &attributes);
}

NTSTATUS Key::open(const SettingsRoot& root, ULONG access) {
  name_ = root.name;
  parent_ = nullptr;
  engine_ = root.engine;
  return open_at(nullptr, name_, access);
}

NTSTATUS Key::open(const Key& parent, UNICODE_STRING name, ULONG access) {
  name_ = name;
  parent_ = &parent;
  engine_ = parent.engine_;
  return open_at(parent.handle_, name, access);
}

NTSTATUS Key::create(const Key& parent, UNICODE_STRING name, ULONG access) {
  close();
  name_ = name;
  parent_ = nullptr;
  engine_ = parent.engine_;
  OBJECT_ATTRIBUTES attributes = attributes_of(parent.handle_, name);
  return ZwCreateKey(&handle_, access, &attributes, 0, nullptr, REG_OPTION_NON_VOLATILE, nullptr);
}

void Key::close() {
  if (handle_ != nullptr) {
    ZwClose(handle_);
    handle_ = nullptr;
  }
}

NTSTATUS Key::read(UNICODE_STRING name, base::MutableBytes buffer, Value& out) const {
  ULONG got = 0;
  const NTSTATUS status = ZwQueryValueKey(handle_, &name, KeyValuePartialInformation, buffer.data(),
                                          static_cast<ULONG>(buffer.size()), &got);
  if (!NT_SUCCESS(status) && status != STATUS_BUFFER_OVERFLOW) {
    return status;
  }
  const auto& found = *reinterpret_cast<const KEY_VALUE_PARTIAL_INFORMATION*>(buffer.data());
  out = {.type = found.Type, .size = found.DataLength, .bytes = {}};
  if (!NT_SUCCESS(status) || found.DataLength > buffer.size() - kValueHeaderBytes) {
    return STATUS_BUFFER_OVERFLOW;
  }
  out.bytes = buffer.subspan(kValueHeaderBytes, found.DataLength);
  return STATUS_SUCCESS;
}

NTSTATUS Key::write(UNICODE_STRING name, ULONG type, base::Bytes value) const {
  // The kernel only reads the bytes; its type cannot say so.
  return ZwSetValueKey(handle_, &name, 0, type, const_cast<uint8_t*>(value.data()),
                       static_cast<ULONG>(value.size()));
}

NTSTATUS Key::erase_value(UNICODE_STRING name) const {
  const NTSTATUS status = ZwDeleteValueKey(handle_, &name);
  return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_SUCCESS : status;
}

NTSTATUS Key::erase() const {
  return ZwDeleteKey(handle_);
}

NTSTATUS Key::subkey(ULONG index, base::MutableBytes buffer, UNICODE_STRING& name) const {
  ULONG got = 0;
  const NTSTATUS status = ZwEnumerateKey(handle_, index, KeyBasicInformation, buffer.data(),
                                         static_cast<ULONG>(buffer.size()), &got);
  if (!NT_SUCCESS(status)) {
    return status;
  }
  auto& found = *reinterpret_cast<KEY_BASIC_INFORMATION*>(buffer.data());
  if (found.NameLength > buffer.size() - offsetof(KEY_BASIC_INFORMATION, Name)) {
    return STATUS_BUFFER_OVERFLOW;
  }
  name = {static_cast<USHORT>(found.NameLength), static_cast<USHORT>(found.NameLength), found.Name};
  return STATUS_SUCCESS;
}

}  // namespace driver
