// See report.h.
#include "windows/driver/settings/report.h"

#include "windows/driver/engine.h"
#include "windows/driver/pool.h"

namespace driver {
namespace {

constexpr const char* kNotOpened = "cannot be opened";

// The name of the key and of those above it, as far as they are known and the buffer takes them.
UNICODE_STRING full_name(const Key& key, PoolBuffer<WCHAR>& buffer) {
  size_t at = buffer.size();
  for (const Key* each = &key; each != nullptr; each = each->parent()) {
    const size_t units = each->name().Length / sizeof(WCHAR);
    if (units + 1 > at) {
      break;
    }
    if (at != buffer.size()) {
      buffer[--at] = '\\';
    }
    at -= units;
    std::memcpy(&buffer[at], each->name().Buffer, units * sizeof(WCHAR));
  }
  const auto bytes = static_cast<USHORT>((buffer.size() - at) * sizeof(WCHAR));
  return {bytes, bytes, buffer.data() + at};
}

}  // namespace

void report_setting(const Key& key, UNICODE_STRING name, const char* why, const Key::Value& found) {
  UNICODE_STRING own = key.name();
  UNICODE_STRING above = key.parent() != nullptr ? key.parent()->name() : UNICODE_STRING{};
  DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_WARNING_LEVEL,
             "dsmkit: of the settings %wZ\\%wZ, %wZ %s; it counts as not set\n", &above, &own,
             &name, why);
  Engine* const engine = key.engine();
  if (engine == nullptr || !engine->is_traced()) {
    return;
  }
  constexpr size_t kUnits = 1024;
  PoolBuffer<WCHAR> buffer(kUnits, kTextTag);  // without memory the key's own name has to do
  engine->trace_ignored({.key = buffer.valid() ? full_name(key, buffer) : own,
                         .name = name,
                         .why = why,
                         .type = found.type,
                         .bytes = found.size});
}

bool open_settings(Key& key, const SettingsRoot& root, ULONG access) {
  const NTSTATUS status = key.open(root, access);
  if (!NT_SUCCESS(status) && status != STATUS_OBJECT_NAME_NOT_FOUND) {
    report_setting(key, {}, kNotOpened);
  }
  return NT_SUCCESS(status);
}

bool open_settings(Key& key, const Key& parent, UNICODE_STRING name, ULONG access) {
  const NTSTATUS status = key.open(parent, name, access);
  if (!NT_SUCCESS(status) && status != STATUS_OBJECT_NAME_NOT_FOUND) {
    report_setting(parent, name, kNotOpened);
  }
  return NT_SUCCESS(status);
}

}  // namespace driver
