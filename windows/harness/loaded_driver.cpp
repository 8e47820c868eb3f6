// See loaded_driver.h.
#include "windows/harness/loaded_driver.h"

#include <cstring>
#include <utility>

#include "windows/harness/machine.h"
#include "windows/harness/mpio.h"
#include "windows/harness/pageable.h"

namespace harness {
namespace {

constexpr char16_t kServiceKey[] =
    u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\mydsm";

void set_value(const char16_t* name, uint32_t type, const void* bytes, size_t count) {
  Registry::Value value{type, std::vector<uint8_t>(count)};
  std::memcpy(value.bytes.data(), bytes, count);
  machine().registry[parameters_key() + u"\\" + name] = value;
}

}  // namespace

std::u16string parameters_key() {
  return std::u16string(kServiceKey) + u"\\Parameters";
}

NTSTATUS LoadedDriver::load(const std::u16string& service_key) {
  constexpr const char* kWhat = "DriverEntry's registry path";
  const std::u16string key = service_key.empty() ? kServiceKey : service_key;
  const auto bytes = static_cast<USHORT>(key.size() * sizeof(char16_t));
  PageableBytes text(kWhat, {reinterpret_cast<const uint8_t*>(key.data()), bytes});
  PageableBytes path(kWhat, sizeof(UNICODE_STRING));
  auto* const registry_path =
      new (path.data()) UNICODE_STRING{bytes, bytes, reinterpret_cast<char16_t*>(text.data())};
  driver_ = {};
  const NTSTATUS status = image_.entry()(&driver_, registry_path);
  if (NT_SUCCESS(status) != (driver_.DriverUnload != nullptr)) {
    fail("a driver that is loaded can be unloaded, and no other");
  }
  return status;
}

void LoadedDriver::unload() {
  machine().latest_ns = machine().clock.now_ns() + Machine::kLongestWaitNs;
  driver_.DriverUnload(&driver_);
  machine().latest_ns = UINT64_MAX;
  if (Mpio::here().registered()) {
    fail("the driver is unloaded, and still registered");
  }
  machine().check_nothing_left();
}

void set_supported_devices(const std::vector<std::u16string>& entries) {
  std::u16string list;
  for (const std::u16string& entry : entries) {
    list += entry;
    list += u'\0';
  }
  list += u'\0';
  set_value(u"DsmSupportedDeviceList", REG_MULTI_SZ, list.data(), list.size() * sizeof(char16_t));
}

void set_policy_of_all(uint32_t policy) {
  set_value(u"DsmLoadBalancePolicy", REG_DWORD, &policy, sizeof(policy));
}

}  // namespace harness
