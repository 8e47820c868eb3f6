// Where the fields of the driver's WMI classes lie, and how large the instances are. Made of
// the files in windows/mof by
//     tools/mof_compile.py windows/mof/lun.mof windows/mof/dsm.mof --layout > windows/mof/layout.h
// and a test fails when it is out of date. `all_bytes` is the size of an element where there may be
// several; of a class that ends with an array, it is where that begins.
#pragma once

// clang-format off
// Checks of a structure, member for member: WIRE_FIELD(Mine, DevicePerf, NumberPaths).
#define WIRE_FIELD(type, name, member) \
  static_assert(offsetof(type, member) == driver::mof::name::member, \
                #member " of " #name " lies elsewhere in windows/mof")
#define WIRE_SIZE(type, name) \
  static_assert(sizeof(type) == driver::mof::name::all_bytes, #name " has another size in windows/mof")

namespace driver::mof {

struct DevicepathPerf {
  static constexpr unsigned PathId = 0;
  static constexpr unsigned NumberReads = 8;
  static constexpr unsigned NumberWrites = 12;
  static constexpr unsigned BytesRead = 16;
  static constexpr unsigned BytesWritten = 24;
  static constexpr unsigned all_bytes = 32;
};

struct DevicePerf {
  static constexpr unsigned NumberPaths = 0;
  static constexpr unsigned PerfInfo = 8;
  static constexpr unsigned PerfInfo_element_bytes = 32;
  static constexpr unsigned all_bytes = 8;
};

struct DevicepathHealth {
  static constexpr unsigned PathId = 0;
  static constexpr unsigned RequestsRetried = 8;
  static constexpr unsigned Failovers = 16;
  static constexpr unsigned PathErrors = 24;
  static constexpr unsigned LatencyTotalNs = 32;
  static constexpr unsigned LatencyCount = 40;
  static constexpr unsigned State = 48;
  static constexpr unsigned Grade = 52;
  static constexpr unsigned all_bytes = 56;
};

struct DeviceHealth {
  static constexpr unsigned NumberPaths = 0;
  static constexpr unsigned Reserved = 4;
  static constexpr unsigned PathHealth = 8;
  static constexpr unsigned PathHealth_element_bytes = 56;
  static constexpr unsigned all_bytes = 8;
};

struct SupportedDevicesList {
  static constexpr unsigned NumberDevices = 0;
  static constexpr unsigned Reserved = 4;
  static constexpr unsigned DeviceId = 8;
  static constexpr unsigned DeviceId_element_bytes = 64;
  static constexpr unsigned all_bytes = 8;
};

struct TargetDefaultPolicyInfo {
  static constexpr unsigned HardwareId = 0;
  static constexpr unsigned LoadBalancePolicy = 64;
  static constexpr unsigned Reserved = 68;
  static constexpr unsigned PreferredPath = 72;
  static constexpr unsigned all_bytes = 80;
};

struct TargetsDefaultLoadBalancePolicy {
  static constexpr unsigned NumberDevices = 0;
  static constexpr unsigned Reserved = 4;
  static constexpr unsigned TargetDefaultPolicyInfo = 8;
  static constexpr unsigned TargetDefaultPolicyInfo_element_bytes = 80;
  static constexpr unsigned all_bytes = 8;
};

struct DefaultLoadBalancePolicy {
  static constexpr unsigned LoadBalancePolicy = 0;
  static constexpr unsigned Reserved = 4;
  static constexpr unsigned PreferredPath = 8;
  static constexpr unsigned all_bytes = 16;
};

}  // namespace driver::mof
