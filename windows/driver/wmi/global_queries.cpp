// What is asked about the DSM as a whole.
#include "windows/driver/pool.h"
#include "windows/driver/registry.h"
#include "windows/driver/wmi/answer.h"
#include "windows/driver/wmi/levels_wire.h"

namespace driver {
namespace {

NTSTATUS answer_devices(AtPassive here, Answer& answer, const Driver& driver) {
  SupportedDevices supported(here, driver.parameters);
  const std::span<const std::string_view> entries = supported.entries();
  const NTSTATUS status = answer.begin(sizeof(wire::Count) + entries.size() * sizeof(wire::Text));
  if (!NT_SUCCESS(status)) {
    return status;
  }
  answer.put(0, wire::Count{static_cast<ULONG>(entries.size()), 0});
  for (size_t i = 0; i < entries.size(); ++i) {
    answer.put(sizeof(wire::Count) + i * sizeof(wire::Text), text_of_id(entries[i]));
  }
  return STATUS_SUCCESS;
}

NTSTATUS answer_targets(Answer& answer, Engine& engine, const Levels& levels) {
  const NTSTATUS status =
      answer.begin(sizeof(wire::Count) + levels.hardware.size() * sizeof(wire::TargetPolicy));
  if (!NT_SUCCESS(status)) {
    return status;
  }
  answer.put(0, wire::Count{static_cast<ULONG>(levels.hardware.size()), 0});
  size_t at = sizeof(wire::Count);
  for (const HardwareSetting& each : levels.hardware) {
    answer.put(at, wire::TargetPolicy{.HardwareId = text_of_id(each.id.view()),
                                      .LoadBalancePolicy = static_cast<ULONG>(each.setting.policy),
                                      .Reserved = 0,
                                      .PreferredPath = number_of_path(engine, each.setting)});
    at += sizeof(wire::TargetPolicy);
  }
  return STATUS_SUCCESS;
}

// Nothing set is policy 0.
NTSTATUS answer_default(Answer& answer, Engine& engine, const Levels& levels) {
  const NTSTATUS status = answer.begin(sizeof(wire::DefaultPolicy));
  if (NT_SUCCESS(status)) {
    answer.put(0,
               wire::DefaultPolicy{.LoadBalancePolicy = static_cast<ULONG>(levels.dsm_wide.policy),
                                   .Reserved = 0,
                                   .PreferredPath = number_of_path(engine, levels.dsm_wide)});
  }
  return status;
}

}  // namespace

NTSTATUS NTAPI query_global_class(PVOID context, DSM_IDS*, IRP*, ULONG guid_index, ULONG instance,
                                  ULONG instances, ULONG* instance_lengths, ULONG available,
                                  UCHAR* buffer, ULONG* data_length, ...) {
  Answer answer(available, buffer, instance_lengths, data_length);
  if (const NTSTATUS status = check_class(guid_index, wire::kGlobalClasses, instance);
      !NT_SUCCESS(status)) {
    return status;
  }
  if (instances != 1) {
    return STATUS_INVALID_PARAMETER;
  }
  constexpr AtPassive here = AtPassive::promised();
  Driver& driver = driver_of(context);
  const SettingsGuard guard(here, driver.settings_gate);
  if (guid_index == wire::kDevices) {
    return answer_devices(here, answer, driver);
  }
  PoolBuffer<Levels> levels(1, kBufferTag);
  if (!levels.valid()) {
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  read_levels(here, driver.parameters, levels[0]);
  return guid_index == wire::kTargets ? answer_targets(answer, driver.engine, levels[0])
                                      : answer_default(answer, driver.engine, levels[0]);
}

}  // namespace driver
