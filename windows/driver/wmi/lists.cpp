// The classes that MPIO registers for us: one list for those that each LUN has, one for those of
// the DSM.
#include "windows/driver/pool.h"
#include "windows/driver/text.h"
#include "windows/driver/wmi/guids.h"
#include "windows/driver/wmi/wire.h"
#include "windows/driver/wmi/wmi.h"

namespace driver {
namespace {

constexpr WMIGUIDREGINFO one_instance(const GUID& guid) {
  return {&guid, 1, 0};
}

// Writable: nobody says that MPIO only reads them. In the order of wire::LunClass.
constinit WMIGUIDREGINFO lun_classes[] = {
    one_instance(kLoadBalanceOperations),  one_instance(kQueryPolicy),
    one_instance(kQuerySupportedPolicies), one_instance(kQueryUniqueId),
    one_instance(kQueryPolicyV2),          one_instance(kQuerySupportedPoliciesV2),
    one_instance(kDevicePerformance),      one_instance(kDeviceMethods),
    one_instance(kDeviceHealth),
};
// In the order of wire::GlobalClass.
constinit WMIGUIDREGINFO global_classes[] = {
    one_instance(kSupportedDevices),
    one_instance(kTargetsDefaultPolicy),
    one_instance(kDefaultPolicy),
};
static_assert(sizeof(lun_classes) / sizeof(lun_classes[0]) == wire::kLunClasses);
static_assert(sizeof(global_classes) / sizeof(global_classes[0]) == wire::kGlobalClasses);

constexpr WCHAR kLunResource[] = KERNEL_TEXT("MofResourceName");
constexpr WCHAR kGlobalResource[] = KERNEL_TEXT("DsmMofResourceName");

// MPIO asks for one that stays where it is.
bool copy(const UNICODE_STRING& text, UNICODE_STRING& out) {
  auto* const block = static_cast<WCHAR*>(allocate_bytes(text.Length + sizeof(WCHAR), kTextTag));
  if (block == nullptr) {
    return false;
  }
  std::memcpy(block, text.Buffer, text.Length);
  out = {text.Length, static_cast<USHORT>(text.Length + sizeof(WCHAR)), block};
  return true;
}

}  // namespace

bool register_wmi(DSM_INIT_DATA& data, Driver& driver) {
  UNICODE_STRING service = driver.parameters.name;
  service.Length = driver.service_key_bytes;
  if (!copy(service, driver.wmi_paths[0]) || !copy(service, driver.wmi_paths[1])) {
    return false;
  }
  // One by one: in the kit some of them are members of unions.
  DSM_WMILIB_CONTEXT& lun = data.DsmWmiInfo;
  lun.GuidCount = wire::kLunClasses;
  lun.GuidList = lun_classes;
  lun.RegistryPath = driver.wmi_paths[0];
  lun.MofResourceName = text_of(kLunResource);
  lun.QueryWmiDataBlockEx = query_lun_class;
  lun.SetWmiDataBlockEx = set_lun_class;
  lun.ExecuteWmiMethodEx = execute_lun_method;
  DSM_WMILIB_CONTEXT& global = data.DsmWmiGlobalInfo;
  global.GuidCount = wire::kGlobalClasses;
  global.GuidList = global_classes;
  global.RegistryPath = driver.wmi_paths[1];
  global.MofResourceName = text_of(kGlobalResource);
  global.QueryWmiDataBlockEx = query_global_class;
  global.SetWmiDataBlockEx = set_global_class;
  return true;
}

void release_wmi(Driver& driver) {
  for (UNICODE_STRING& path : driver.wmi_paths) {
    release_block(path.Buffer, kTextTag);
    path = {};
  }
}

}  // namespace driver
