// What is set for the DSM as a whole: policies of all LUNs, and of makes of device. Checked as a
// whole first, then stored, then put into force for every LUN that has nothing of its own.
#include "windows/driver/pool.h"
#include "windows/driver/settings/apply.h"
#include "windows/driver/text.h"
#include "windows/driver/wmi/answer.h"
#include "windows/driver/wmi/levels_wire.h"

namespace driver {
namespace {

NTSTATUS set_default(AtPassive here, Driver& driver, base::Bytes in) {
  if (in.size() < sizeof(wire::DefaultPolicy)) {
    return STATUS_BUFFER_TOO_SMALL;
  }
  const auto asked = get<wire::DefaultPolicy>(in, 0);
  const std::optional<PolicySetting> setting =
      setting_of(driver.engine, asked.LoadBalancePolicy, asked.PreferredPath);
  if (!setting) {
    return STATUS_INVALID_PARAMETER;
  }
  PoolBuffer<ApplyScratch> scratch(1, kBufferTag);
  if (!scratch.valid()) {
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  const NTSTATUS status = write_dsm_wide(here, driver.parameters, *setting);
  return NT_SUCCESS(status) ? apply_levels(here, driver, scratch[0]) : status;
}

// As names of keys are compared, which hardware ids are.
bool is_same(const HardwareId& a, const HardwareId& b) {
  const std::string_view one = a.view();
  const std::string_view other = b.view();
  bool same = one.size() == other.size();
  for (size_t i = 0; same && i < one.size(); ++i) {
    same = capital_of(static_cast<uint8_t>(one[i])) == capital_of(static_cast<uint8_t>(other[i]));
  }
  return same;
}

// Null: nothing is set for this hardware id.
HardwareSetting* find(Levels& levels, const HardwareId& id) {
  for (HardwareSetting& each : levels.hardware) {
    if (is_same(each.id, id)) {
      return &each;
    }
  }
  return nullptr;
}

// Read into `asked` and checked; nothing has been changed yet.
NTSTATUS read_targets(Driver& driver, base::Bytes in, Levels& asked) {
  if (in.size() < sizeof(wire::Count)) {
    return STATUS_BUFFER_TOO_SMALL;
  }
  const uint64_t count = get<wire::Count>(in, 0).Number;
  if (in.size() < sizeof(wire::Count) + count * sizeof(wire::TargetPolicy)) {
    return STATUS_BUFFER_TOO_SMALL;
  }
  if (count > Levels::kMaxHardware) {
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  for (size_t i = 0; i < count; ++i) {
    const auto target =
        get<wire::TargetPolicy>(in, sizeof(wire::Count) + i * sizeof(wire::TargetPolicy));
    const std::optional<HardwareId> id = id_of_text(target.HardwareId);
    const std::optional<PolicySetting> setting =
        setting_of(driver.engine, target.LoadBalancePolicy, target.PreferredPath);
    if (!id || !setting || find(asked, *id) != nullptr) {
      return STATUS_INVALID_PARAMETER;
    }
    static_cast<void>(asked.hardware.push_back({*id, *setting}));
  }
  return STATUS_SUCCESS;
}

NTSTATUS set_targets(AtPassive here, Driver& driver, base::Bytes in) {
  PoolBuffer<Levels> asked(1, kBufferTag);
  PoolBuffer<ApplyScratch> scratch(1, kBufferTag);
  if (!asked.valid() || !scratch.valid()) {
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  NTSTATUS status = read_targets(driver, in, asked[0]);
  if (!NT_SUCCESS(status)) {
    return status;
  }
  Levels& stored = scratch[0].levels;
  read_levels(here, driver.parameters, stored);
  size_t more = 0;
  for (const HardwareSetting& each : asked[0].hardware) {
    more += each.setting.set() && find(stored, each.id) == nullptr ? 1 : 0;
  }
  if (stored.hardware.size() + more > Levels::kMaxHardware) {
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  for (const HardwareSetting& each : asked[0].hardware) {
    if (NT_SUCCESS(status)) {
      status = write_hardware(here, driver.parameters, each.id.view(), each.setting);
    }
  }
  const NTSTATUS applied = apply_levels(here, driver, scratch[0]);
  return NT_SUCCESS(status) ? applied : status;
}

}  // namespace

NTSTATUS NTAPI set_global_class(PVOID context, DSM_IDS*, IRP*, ULONG guid_index, ULONG instance,
                                ULONG bytes, UCHAR* buffer, ...) {
  if (const NTSTATUS status = check_class(guid_index, wire::kGlobalClasses, instance);
      !NT_SUCCESS(status)) {
    return status;
  }
  if (guid_index == wire::kDevices) {
    return STATUS_WMI_READ_ONLY;
  }
  constexpr AtPassive here = AtPassive::promised();
  Driver& driver = driver_of(context);
  const base::Bytes in(buffer, buffer != nullptr ? bytes : 0);
  const SettingsGuard guard(here, driver.settings_gate);
  return guid_index == wire::kTargets ? set_targets(here, driver, in)
                                      : set_default(here, driver, in);
}

}  // namespace driver
