// What the WMI classes look like in memory. MPIO's are MPIO's; ours have this shape in the MOF too,
// field for field and in this order:
//
//   <V>_DEVICEPATH_PERF (embedded)     PathId u64, NumberReads u32, NumberWrites u32,
//                                      BytesRead u64, BytesWritten u64
//   <V>_DEVICE_PERF                    NumberPaths u32, PerfInfo[] WmiSizeIs NumberPaths
//   <V>_WMI_METHODS                    method 1: clear counters, nothing in, nothing out
//   <V>_DEVICEPATH_HEALTH (embedded)   PathId u64, RequestsRetried u64, Failovers u64,
//                                      PathErrors u64, LatencyTotalNs u64, LatencyCount u64,
//                                      State u32, Grade u32
//   <V>_DEVICE_HEALTH                  NumberPaths u32, Reserved u32, PathHealth[] WmiSizeIs
//                                      NumberPaths
//   <V>_SUPPORTED_DEVICES_LIST         NumberDevices u32, Reserved u32, DeviceId[] string of at
//                                      most 31 characters
//   <V>_TARGET_DEFAULT_POLICY_INFO     HardwareId string of at most 31 characters,
//     (embedded)                       LoadBalancePolicy u32, Reserved u32, PreferredPath u64
//   <V>_TARGETS_DEFAULT_LOAD_BALANCE_POLICY
//                                      NumberDevices u32, Reserved u32, TargetDefaultPolicyInfo[]
//   <V>_DEFAULT_LOAD_BALANCE_POLICY    LoadBalancePolicy u32, Reserved u32, PreferredPath u64
//
// A text is its length in bytes and room for 31 characters. The places of arrays are multiples of
// eight.
#pragma once

#include "windows/abi/wmi.h"

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
static_assert(sizeof(PathPerformance) == 32);
DRIVER_AT(PathPerformance, NumberReads, 8);
DRIVER_AT(PathPerformance, NumberWrites, 12);
DRIVER_AT(PathPerformance, BytesRead, 16);
DRIVER_AT(PathPerformance, BytesWritten, 24);
static_assert(sizeof(PathHealth) == 56);
DRIVER_AT(PathHealth, RequestsRetried, 8);
DRIVER_AT(PathHealth, Failovers, 16);
DRIVER_AT(PathHealth, PathErrors, 24);
DRIVER_AT(PathHealth, LatencyTotalNs, 32);
DRIVER_AT(PathHealth, LatencyCount, 40);
DRIVER_AT(PathHealth, State, 48);
DRIVER_AT(PathHealth, Grade, 52);
static_assert(sizeof(Text) == 64);
DRIVER_AT(Text, Characters, 2);
static_assert(sizeof(TargetPolicy) == 80);
DRIVER_AT(TargetPolicy, LoadBalancePolicy, 64);
DRIVER_AT(TargetPolicy, PreferredPath, 72);
static_assert(sizeof(DefaultPolicy) == 16);
DRIVER_AT(DefaultPolicy, PreferredPath, 8);
#undef DRIVER_AT

}  // namespace driver::wire
