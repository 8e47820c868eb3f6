// See set_policy.h.
#include "windows/driver/wmi/set_policy.h"

#include "windows/driver/pool.h"
#include "windows/driver/settings/apply.h"

namespace driver {
namespace {

struct Work {
  LunView lun;
  PolicyRequest request;
  LunSettings former;
  LunSettings next;
  Levels levels;
  Wanted wanted;
};

void forget(LunSettings& settings, PathName name) {
  for (size_t i = 0; i < settings.paths.size(); ++i) {
    if (settings.paths[i].name == name) {
      settings.paths.erase_at(i);
      return;
    }
  }
}

// Under the name that tells the path by, and under no other. What says nothing is not kept; when
// there is no room, a path that is not there now makes it.
void keep(LunSettings& settings, const LunView& lun, const PathView& path, StoredPath stored) {
  stored.name = lun.stored_name(path);
  forget(settings, PathName{path.path});
  if (stored.name == path.name || stored.empty()) {
    forget(settings, stored.name);
  }
  if (stored.empty()) {
    return;
  }
  if (settings.paths.full()) {
    for (const StoredPath& old : settings.paths) {
      bool there = false;
      for (const PathView& each : lun.paths) {
        there = there || (each.nexus != 0 && (old.name == each.name || old.name == each.path));
      }
      if (!there) {
        forget(settings, old.name);
        break;
      }
    }
  }
  static_cast<void>(settings.set(stored));
}

// The preferred path that goes on to be it: the one in force, of whatever level, of which this
// request could not say anything, since it is not there to be named. The first version has no mark
// for it, and so ends it.
PathName preferred_still(const Work& work) {
  const PolicyNow now = policy_now(work.former, work.levels, work.lun.model.view());
  if (!work.request.can_prefer || work.request.policy != dsm::PolicyId::fail_over_only) {
    return kNoPath;
  }
  for (const AskedPath& asked : work.request.paths) {
    const PathView& path = *work.lun.find(asked.nexus);
    if (asked.preferred || (asked.named && is_preferred(now.preferred, path.name, path.path))) {
      return kNoPath;
    }
  }
  return now.preferred;
}

// Weights belong to weighted paths: another policy neither sets nor forgets them.
void plan_change(Work& work) {
  const PolicyRequest& request = work.request;
  const bool weighs = request.policy == dsm::PolicyId::weighted_paths;
  const bool heeds = dsm::heeds_desires(request.policy);
  const PathName kept = preferred_still(work);
  work.next.policy = {request.policy, kept};
  work.wanted.settings = {
      .policy = request.policy, .preferred = 0, .paths = {}, .origin = dsm::SettingsOrigin::lun};
  work.wanted.paths.clear();
  for (const AskedPath& asked : request.paths) {
    const PathView& path = *work.lun.find(asked.nexus);
    const uint32_t weight = weighs ? asked.weight : path.weight;
    if (asked.preferred) {
      work.next.policy.preferred = work.lun.stored_name(path);
    }
    if (asked.preferred || (path.live && is_preferred(kept, path.name, path.path))) {
      work.wanted.settings.preferred = path.nexus;
    }
    keep(work.next, work.lun, path,
         {.desire = heeds ? asked.desire : dsm::Desire::undetermined, .weight = weight});
    static_cast<void>(work.wanted.paths.push_back({path.nexus, asked.desire, weight}));
  }
  work.wanted.settings.paths = {work.wanted.paths.begin(), work.wanted.paths.size()};
}

// What is desired of the paths goes with the policy, their weights stay.
void plan_clearing(const Driver& driver, Work& work) {
  work.next.policy = {};
  for (size_t i = work.next.paths.size(); i-- > 0;) {
    StoredPath& path = work.next.paths[i];
    path.desire = dsm::Desire::undetermined;
    if (path.empty()) {
      work.next.paths.erase_at(i);
    }
  }
  want(driver, work.lun, work.next, work.levels, work.wanted);
}

}  // namespace

NTSTATUS set_policy(AtPassive here, Driver& driver, const DSM_IDS& ids, ULONG version,
                    base::Bytes in) {
  PoolBuffer<Work> buffer(1, kBufferTag);
  if (!buffer.valid()) {
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  Work& work = buffer[0];
  const SettingsGuard guard(here, driver.settings_gate);
  if (!view_lun(driver.engine, device_of(ids.IdList[0]).lun->id, work.lun)) {
    return STATUS_NO_SUCH_DEVICE;
  }
  const NTSTATUS status = read_policy_request(in, version, work.lun, ids, work.request);
  if (!NT_SUCCESS(status)) {
    return status;
  }
  read_lun(here, driver.parameters, work.lun.name, work.former);
  read_lun(here, driver.parameters, work.lun.name, work.next);
  read_levels(here, driver.parameters, work.levels);
  if (work.request.policy == dsm::PolicyId::none) {
    plan_clearing(driver, work);
  } else {
    plan_change(work);
  }
  return change_lun(here, driver, work.lun, work.former, work.next, work.wanted);
}

}  // namespace driver
