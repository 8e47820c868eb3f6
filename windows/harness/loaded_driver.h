// The driver's life: DriverEntry, DriverUnload, and what is left afterwards.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "windows/abi/imports.h"
#include "windows/harness/image.h"

namespace harness {

class LoadedDriver {
 public:
  explicit LoadedDriver(const Image& image) : image_(image) {}
  LoadedDriver(const LoadedDriver&) = delete;
  LoadedDriver& operator=(const LoadedDriver&) = delete;

  // DriverEntry. `service_key`: the full name under which the kernel has found the service; "": as
  // usual.
  NTSTATUS load(const std::u16string& service_key = {});
  // DriverUnload, and nothing may be left.
  void unload();

 private:
  const Image& image_;
  DRIVER_OBJECT driver_{};
};

// The driver's key `Parameters` in the registry, and values below it.
std::u16string parameters_key();
void set_supported_devices(const std::vector<std::u16string>& entries);
void set_policy_of_all(uint32_t policy);

}  // namespace harness
