// Who this driver is. Made of a vendor's profile (that of mydsm is vendors/mydsm.toml):
//     dsmkit profile identity PROFILE --header
// The tools that build the driver read it too, line by line.
#pragma once

#include "windows/abi/kernel.h"

// clang-format off
namespace driver::identity {

inline constexpr WCHAR kVendor[] = KERNEL_TEXT("dsmkit");
inline constexpr WCHAR kProduct[] = KERNEL_TEXT("dsmkit");
inline constexpr WCHAR kCompany[] = KERNEL_TEXT("dsmkit");
inline constexpr WCHAR kServiceName[] = KERNEL_TEXT("mydsm");
inline constexpr WCHAR kBinaryName[] = KERNEL_TEXT("mydsm.sys");
inline constexpr WCHAR kDisplayName[] = KERNEL_TEXT("dsmkit Multi-Path DSM");
inline constexpr DSM_VERSION_INFO kVersion = {0, 1, 0, 0};

// ETW: the name is UTF-8 there.
inline constexpr char kTraceProviderName[] = "dsmkit-mydsm";
inline constexpr GUID kTraceProviderGuid = {
    0xb0f7c954, 0xb396, 0x54a6, {0xb9, 0x44, 0xbb, 0xec, 0xb0, 0xfd, 0x56, 0x67}};

// The WMI classes of windows/mof/.
inline constexpr WCHAR kClassPrefix[] = KERNEL_TEXT("MYDSM");
inline constexpr GUID kDevicePerfGuid = {
    0x02133f01, 0xa03b, 0x55aa, {0xb2, 0x28, 0xe0, 0x84, 0x15, 0xf5, 0x3f, 0xb7}};
inline constexpr GUID kDevicepathPerfGuid = {
    0xfc348e49, 0x92ec, 0x5a31, {0xbe, 0x0d, 0x8e, 0xc8, 0xb8, 0x63, 0xc4, 0xa0}};
inline constexpr GUID kDeviceHealthGuid = {
    0xea6d7c2b, 0x8cd4, 0x56f1, {0x81, 0x00, 0x0b, 0x70, 0xcb, 0x81, 0x87, 0x47}};
inline constexpr GUID kDevicepathHealthGuid = {
    0xc8b9e566, 0x9f1d, 0x5bfd, {0xaf, 0x91, 0x07, 0xe1, 0x59, 0x7f, 0x06, 0x69}};
inline constexpr GUID kWmiMethodsGuid = {
    0x3152c4cb, 0x3398, 0x55e5, {0xbf, 0xef, 0xe8, 0x3f, 0x45, 0x5c, 0x99, 0xf1}};
inline constexpr GUID kSupportedDevicesListGuid = {
    0x756fd8bd, 0x525f, 0x5189, {0xa2, 0xf0, 0x6b, 0x84, 0xaf, 0xb5, 0x42, 0x15}};
inline constexpr GUID kTargetsDefaultLoadBalancePolicyGuid = {
    0x422775d5, 0xd5e6, 0x5d28, {0x8d, 0x82, 0x58, 0xc9, 0x1a, 0x94, 0xf4, 0x74}};
inline constexpr GUID kTargetDefaultPolicyInfoGuid = {
    0xed165a19, 0xd765, 0x5ac1, {0x8d, 0x12, 0x96, 0xde, 0x4d, 0x32, 0xf7, 0xa1}};
inline constexpr GUID kDefaultLoadBalancePolicyGuid = {
    0x4b7b66b8, 0xe747, 0x5916, {0x8d, 0xa4, 0x72, 0x57, 0xc0, 0x7d, 0x3a, 0x10}};

}  // namespace driver::identity
