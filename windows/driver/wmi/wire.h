// What the WMI classes look like in memory. MPIO's are MPIO's; those of our own classes are checked
// against the MOF, windows/mof/*.mof. A text is its length in bytes and room for 31 characters.
#pragma once

#include "windows/abi/kernel.h"
#include "windows/mof/layout.h"

namespace driver::wire {

// Numbers of the classes in the two lists (wmi/lists.cpp).
enum LunClass : ULONG {
  kOperations,
  kPolicy,
  kSupportedPolicies,
  kUniqueId,
  kPolicyV2,
  kSupportedPoliciesV2,
  kPerformance,
  kMethods,
  kHealth,
  kLunClasses,
};
enum GlobalClass : ULONG { kDevices, kTargets, kDefault, kGlobalClasses };

// Methods.
inline constexpr ULONG kSetPolicy = 1;      // of kOperations
inline constexpr ULONG kSetPolicyV2 = 2;    // of kOperations
inline constexpr ULONG kClearCounters = 1;  // of kMethods

inline constexpr ULONG kVersion1 = 1;
inline constexpr ULONG kVersion2 = 2;

// TargetPortGroup_State where there is none.
inline constexpr ULONG kNoGroupState = 16;
// Path::Reserved: states that the path may have besides active/optimized.
inline constexpr ULONGLONG kMayStandBy = 1;
inline constexpr ULONGLONG kMayBeNonoptimized = 2;
inline constexpr ULONGLONG kMayBeUnavailable = 4;

struct Path {
  ULONGLONG DsmPathId;
  ULONGLONG Reserved;
  ULONG PathWeight;
  ULONG PrimaryPath;
};
struct PathV2 {
  ULONGLONG DsmPathId;
  ULONGLONG Reserved;
  ULONG PathWeight;
  ULONG PrimaryPath;
  ULONG OptimizedPath;
  ULONG PreferredPath;
  ULONG FailedPath;
  ULONG TargetPortGroup_State;
  ULONG ALUASupport;
  UCHAR SymmetricLUA;
  UCHAR TargetPortGroup_Preferred;
  USHORT TargetPortGroup_Identifier;
  ULONG TargetPort_Identifier;
  ULONG Reserved32;
  ULONGLONG Reserved64;
};
// Before DSMPathCount paths of one of the two kinds.
struct Policy {
  ULONG Version;
  ULONG LoadBalancePolicy;
  ULONG DSMPathCount;
  ULONG Reserved;
};
// Before an array, or a list of policies without paths.
struct Count {
  ULONG Number;
  ULONG Reserved;
};
struct UniqueId {
  ULONGLONG DsmUniqueId;
};
struct MethodStatus {
  ULONG Status;
};

struct PathPerformance {
  ULONGLONG PathId;
  ULONG NumberReads;
  ULONG NumberWrites;
  ULONGLONG BytesRead;
  ULONGLONG BytesWritten;
};
struct PathHealth {
  ULONGLONG PathId;
  ULONGLONG RequestsRetried;
  ULONGLONG Failovers;
  ULONGLONG PathErrors;
  ULONGLONG LatencyTotalNs;
  ULONGLONG LatencyCount;
  ULONG State;  // dsm::EffectiveState
  ULONG Grade;
};
inline constexpr ULONG kGradeGood = 0;
inline constexpr ULONG kGradeSuspect = 1;   // perhaps it does not work
inline constexpr ULONG kGradeMarginal = 2;  // commands fail on it too often; others are preferred
inline constexpr ULONG kGradeDown = 3;

struct Text {
  static constexpr size_t kCharacters = 31;
  USHORT Bytes;
  WCHAR Characters[kCharacters];
};
struct TargetPolicy {
  Text HardwareId;
  ULONG LoadBalancePolicy;
  ULONG Reserved;
  ULONGLONG PreferredPath;
};
struct DefaultPolicy {
  ULONG LoadBalancePolicy;
  ULONG Reserved;
  ULONGLONG PreferredPath;
};

#define DRIVER_AT(type, member, offset) static_assert(offsetof(type, member) == (offset))
static_assert(sizeof(Path) == 24);
DRIVER_AT(Path, Reserved, 8);
DRIVER_AT(Path, PathWeight, 16);
DRIVER_AT(Path, PrimaryPath, 20);
static_assert(sizeof(PathV2) == 64);
DRIVER_AT(PathV2, Reserved, 8);
DRIVER_AT(PathV2, PathWeight, 16);
DRIVER_AT(PathV2, PrimaryPath, 20);
DRIVER_AT(PathV2, OptimizedPath, 24);
DRIVER_AT(PathV2, PreferredPath, 28);
DRIVER_AT(PathV2, FailedPath, 32);
DRIVER_AT(PathV2, TargetPortGroup_State, 36);
DRIVER_AT(PathV2, ALUASupport, 40);
DRIVER_AT(PathV2, SymmetricLUA, 44);
DRIVER_AT(PathV2, TargetPortGroup_Preferred, 45);
DRIVER_AT(PathV2, TargetPortGroup_Identifier, 46);
DRIVER_AT(PathV2, TargetPort_Identifier, 48);
DRIVER_AT(PathV2, Reserved32, 52);
DRIVER_AT(PathV2, Reserved64, 56);
static_assert(sizeof(Policy) == 16);
DRIVER_AT(Policy, LoadBalancePolicy, 4);
DRIVER_AT(Policy, DSMPathCount, 8);
DRIVER_AT(Policy, Reserved, 12);
static_assert(sizeof(Count) == 8 && sizeof(UniqueId) == 8 && sizeof(MethodStatus) == 4);

WIRE_SIZE(PathPerformance, DevicepathPerf);
WIRE_FIELD(PathPerformance, DevicepathPerf, PathId);
WIRE_FIELD(PathPerformance, DevicepathPerf, NumberReads);
WIRE_FIELD(PathPerformance, DevicepathPerf, NumberWrites);
WIRE_FIELD(PathPerformance, DevicepathPerf, BytesRead);
WIRE_FIELD(PathPerformance, DevicepathPerf, BytesWritten);
WIRE_SIZE(PathHealth, DevicepathHealth);
WIRE_FIELD(PathHealth, DevicepathHealth, PathId);
WIRE_FIELD(PathHealth, DevicepathHealth, RequestsRetried);
WIRE_FIELD(PathHealth, DevicepathHealth, Failovers);
WIRE_FIELD(PathHealth, DevicepathHealth, PathErrors);
WIRE_FIELD(PathHealth, DevicepathHealth, LatencyTotalNs);
WIRE_FIELD(PathHealth, DevicepathHealth, LatencyCount);
WIRE_FIELD(PathHealth, DevicepathHealth, State);
WIRE_FIELD(PathHealth, DevicepathHealth, Grade);
static_assert(sizeof(Text) == 64);
DRIVER_AT(Text, Characters, 2);
static_assert(sizeof(Text) == mof::SupportedDevicesList::DeviceId_element_bytes);
WIRE_SIZE(TargetPolicy, TargetDefaultPolicyInfo);
WIRE_FIELD(TargetPolicy, TargetDefaultPolicyInfo, HardwareId);
WIRE_FIELD(TargetPolicy, TargetDefaultPolicyInfo, LoadBalancePolicy);
WIRE_FIELD(TargetPolicy, TargetDefaultPolicyInfo, PreferredPath);
WIRE_SIZE(DefaultPolicy, DefaultLoadBalancePolicy);
WIRE_FIELD(DefaultPolicy, DefaultLoadBalancePolicy, LoadBalancePolicy);
WIRE_FIELD(DefaultPolicy, DefaultLoadBalancePolicy, PreferredPath);
// What stands before an array is where the array begins.
WIRE_SIZE(Count, DevicePerf);
WIRE_SIZE(Count, DeviceHealth);
WIRE_SIZE(Count, SupportedDevicesList);
WIRE_SIZE(Count, TargetsDefaultLoadBalancePolicy);
#undef DRIVER_AT

}  // namespace driver::wire
