// See apply.h.
#include "windows/driver/settings/apply.h"

namespace driver {
namespace {

NTSTATUS put_in_force(AtPassive here, Driver& driver, dsm::LunId lun, const Wanted& wanted) {
  dsm::Operation operation;
  operation.kind = dsm::OperationKind::set_policy;
  operation.lun = lun;
  operation.settings = wanted.settings;
  return nt_status_of(driver.engine.run(here, operation).status);
}

bool is_in_force(const LunView& lun, const Wanted& wanted) {
  if (lun.policy != wanted.settings.policy || lun.origin != wanted.settings.origin ||
      lun.preferred != wanted.settings.preferred) {
    return false;
  }
  for (const dsm::PathSetting& path : wanted.paths) {
    const PathView* const now = lun.find(path.nexus);
    if (now == nullptr || now->desire != path.desire || now->weight != path.weight) {
      return false;
    }
  }
  return true;
}

// The LUN with the lowest number above `last`; 0: there is none.
dsm::LunId next_lun(Engine& engine, dsm::LunId last) {
  dsm::LunId next = 0;
  engine.for_each_device([&](const Device& device) {
    const dsm::LunId id = device.lun->id;
    next = id > last && (next == 0 || id < next) ? id : next;
  });
  return next;
}

}  // namespace

NTSTATUS nt_status_of(const base::Status& status) {
  switch (status.code()) {
    case base::Code::ok:
      return STATUS_SUCCESS;
    case base::Code::exhausted:
      return STATUS_INSUFFICIENT_RESOURCES;
    case base::Code::conflict:
      return STATUS_DEVICE_BUSY;
    case base::Code::timed_out:
      return STATUS_IO_TIMEOUT;
    case base::Code::refused:
    case base::Code::io_error:
      return STATUS_IO_DEVICE_ERROR;
    case base::Code::cancelled:
    case base::Code::corrupt:
      return STATUS_UNSUCCESSFUL;
    case base::Code::invalid_argument:
    case base::Code::not_found:
    case base::Code::already_exists:
    case base::Code::unsupported:
      break;
  }
  return STATUS_INVALID_PARAMETER;
}

void want(const Driver& driver, const LunView& lun, const LunSettings& own, const Levels& levels,
          Wanted& out) {
  PolicyNow now = policy_now(own, levels, lun.model.view());
  if (now.origin == dsm::SettingsOrigin::capability) {
    now.policy = dsm::policy_by_default(driver.engine.config(), lun.model.view());
  }
  out.paths.clear();
  out.settings = {.policy = now.policy, .preferred = 0, .paths = {}, .origin = now.origin};
  for (const PathView& path : lun.paths) {
    if (path.nexus == 0) {
      continue;
    }
    const StoredPath stored = settings_of_path(own, path.name, path.path);
    const bool heeded = dsm::heeds_desires(now.policy);
    static_cast<void>(
        out.paths.push_back({.nexus = path.nexus,
                             .desire = heeded ? stored.desire : dsm::Desire::undetermined,
                             .weight = stored.weight}));
    if (path.live && out.settings.preferred == 0 &&
        is_preferred(now.preferred, path.name, path.path)) {
      out.settings.preferred = path.nexus;
    }
  }
  out.settings.paths = {out.paths.begin(), out.paths.size()};
}

NTSTATUS change_lun(AtPassive here, Driver& driver, LunView& lun, const LunSettings& former,
                    const LunSettings& next, const Wanted& wanted) {
  NTSTATUS status = driver.engine.inspect([&](const dsm::Module& module) {
    return nt_status_of(module.check_settings(lun.id, wanted.settings));
  });
  if (NT_SUCCESS(status)) {
    status = write_lun(here, driver.parameters, lun.name, next);
  }
  if (!NT_SUCCESS(status)) {
    return status;
  }
  status = put_in_force(here, driver, lun.id, wanted);
  if (!NT_SUCCESS(status)) {
    write_lun(here, driver.parameters, lun.name, former);
  }
  return status;
}

NTSTATUS apply_levels(AtPassive here, Driver& driver, ApplyScratch& use) {
  read_levels(here, driver.parameters, use.levels);
  NTSTATUS result = STATUS_SUCCESS;
  for (dsm::LunId id = next_lun(driver.engine, 0); id != 0; id = next_lun(driver.engine, id)) {
    if (!view_lun(driver.engine, id, use.lun)) {
      continue;
    }
    read_lun(here, driver.parameters, use.lun.name, use.own);
    want(driver, use.lun, use.own, use.levels, use.wanted);
    if (!is_in_force(use.lun, use.wanted)) {
      const NTSTATUS status = put_in_force(here, driver, id, use.wanted);
      result = NT_SUCCESS(status) ? result : status;
    }
  }
  return result;
}

}  // namespace driver
