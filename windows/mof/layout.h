// Where the fields of the driver's WMI classes lie, and how large the instances are. Made of
// the files in windows/mof by
//     tools/mof_compile.py windows/mof/lun.mof windows/mof/dsm.mof --layout > windows/mof/layout.h
// and a test fails when it is out of date. A size is that of an element where there may be several;
// of a class that ends with an array, it is where that begins.
#pragma once

// clang-format off
// Checks of a structure, member for member: WIRE_FIELD(wire::DevicePerf, DevicePerf, number_paths).
#define WIRE_FIELD(type, name, member) \
  static_assert(offsetof(type, member) == driver::mof::name::member, \
                #member " of " #name " lies elsewhere in windows/mof")
#define WIRE_SIZE(type, name) \
  static_assert(sizeof(type) == driver::mof::name::size, #name " has another size in windows/mof")

namespace driver::mof {

struct DevicepathPerf {
  static constexpr unsigned path_id = 0;
  static constexpr unsigned number_reads = 8;
  static constexpr unsigned number_writes = 12;
  static constexpr unsigned bytes_read = 16;
  static constexpr unsigned bytes_written = 24;
  static constexpr unsigned size = 32;
};

struct DevicePerf {
  static constexpr unsigned number_paths = 0;
  static constexpr unsigned perf_info = 8;
  static constexpr unsigned perf_info_element_bytes = 32;
  static constexpr unsigned size = 8;
};

struct DevicepathHealth {
  static constexpr unsigned path_id = 0;
  static constexpr unsigned requests_retried = 8;
  static constexpr unsigned failovers = 16;
  static constexpr unsigned path_errors = 24;
  static constexpr unsigned latency_total_ns = 32;
  static constexpr unsigned latency_count = 40;
  static constexpr unsigned state = 48;
  static constexpr unsigned grade = 52;
  static constexpr unsigned size = 56;
};

struct DeviceHealth {
  static constexpr unsigned number_paths = 0;
  static constexpr unsigned reserved = 4;
  static constexpr unsigned path_health = 8;
  static constexpr unsigned path_health_element_bytes = 56;
  static constexpr unsigned size = 8;
};

struct SupportedDevicesList {
  static constexpr unsigned number_devices = 0;
  static constexpr unsigned reserved = 4;
  static constexpr unsigned device_id = 8;
  static constexpr unsigned device_id_element_bytes = 64;
  static constexpr unsigned size = 8;
};

struct TargetDefaultPolicyInfo {
  static constexpr unsigned hardware_id = 0;
  static constexpr unsigned load_balance_policy = 64;
  static constexpr unsigned reserved = 68;
  static constexpr unsigned preferred_path = 72;
  static constexpr unsigned size = 80;
};

struct TargetsDefaultLoadBalancePolicy {
  static constexpr unsigned number_devices = 0;
  static constexpr unsigned reserved = 4;
  static constexpr unsigned target_default_policy_info = 8;
  static constexpr unsigned target_default_policy_info_element_bytes = 80;
  static constexpr unsigned size = 8;
};

struct DefaultLoadBalancePolicy {
  static constexpr unsigned load_balance_policy = 0;
  static constexpr unsigned reserved = 4;
  static constexpr unsigned preferred_path = 8;
  static constexpr unsigned size = 16;
};

}  // namespace driver::mof
