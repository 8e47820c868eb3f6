// The names of the classes. Those of MPIO are the same for every DSM; those of the DSM's own
// classes are the vendor's, so that this DSM and others, Microsoft's among them, can be there
// together.
#pragma once

#include "windows/driver/identity.h"

namespace driver {

// --- classes of MPIO that a DSM answers for
inline constexpr GUID kLoadBalanceOperations{
    0xc944053c, 0xc90f, 0x4012, {0xb7, 0x75, 0x1f, 0x1a, 0x26, 0x1d, 0x4b, 0xe4}};
inline constexpr GUID kQueryPolicy{
    0x20a4663b, 0xbf54, 0x4738, {0xb4, 0x03, 0x0c, 0xfc, 0x71, 0xec, 0xfc, 0x90}};
inline constexpr GUID kQuerySupportedPolicies{
    0xffcf3f4e, 0xbab6, 0x455c, {0xba, 0x99, 0xd6, 0x0c, 0xfb, 0xc5, 0x88, 0x7d}};
inline constexpr GUID kQueryUniqueId{
    0x7b47cbe2, 0x63d0, 0x4e6b, {0xb9, 0x87, 0x4b, 0xfc, 0xbd, 0x6c, 0x36, 0x8e}};
inline constexpr GUID kQueryPolicyV2{
    0xd14fed0e, 0xbdfb, 0x4615, {0x85, 0x78, 0x35, 0x0c, 0x4c, 0x2b, 0x06, 0xd7}};
inline constexpr GUID kQuerySupportedPoliciesV2{
    0xfc777b74, 0x7bcc, 0x47ae, {0xaa, 0x63, 0x59, 0x65, 0x6b, 0xa5, 0x93, 0xfe}};

// --- our own
inline constexpr GUID kDevicePerformance = identity::kDevicePerfGuid;
inline constexpr GUID kDeviceMethods = identity::kWmiMethodsGuid;
inline constexpr GUID kDeviceHealth = identity::kDeviceHealthGuid;
inline constexpr GUID kSupportedDevices = identity::kSupportedDevicesListGuid;
inline constexpr GUID kTargetsDefaultPolicy = identity::kTargetsDefaultLoadBalancePolicyGuid;
inline constexpr GUID kDefaultPolicy = identity::kDefaultLoadBalancePolicyGuid;

}  // namespace driver
