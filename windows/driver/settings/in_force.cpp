// See in_force.h.
#include "windows/driver/settings/in_force.h"

#include "windows/driver/pool.h"

namespace driver {

PolicyNow policy_now(const LunSettings& own, const Levels& levels, std::string_view model) {
  constexpr size_t kVendorCharacters = 8;
  const std::string_view vendor = model.substr(0, kVendorCharacters);
  const std::string_view product = model.substr(vendor.size());
  const dsm::PolicyLevels all{.run = {},
                              .lun = choice_of(own.policy),
                              .hardware = {levels.choices.begin(), levels.choices.size()},
                              .dsm_wide = choice_of(levels.dsm_wide)};
  const dsm::PolicyInForce found = dsm::policy_in_force(all, vendor, product);
  PolicyNow now{
      found.origin != dsm::SettingsOrigin::capability ? found.policy : dsm::PolicyId::none,
      found.origin, kNoPath};
  if (found.preferred.size() == sizeof(now.preferred)) {
    std::memcpy(&now.preferred, found.preferred.data(), sizeof(now.preferred));
  }
  return now;
}

StoredPath settings_of_path(const LunSettings& own, PathName name, dsm::PathId path) {
  // A name that was not enough to tell the path by has been stored as MPIO's number.
  for (const PathName each : {PathName{path}, name}) {
    if (const StoredPath* const found = own.find(each)) {
      return *found;
    }
  }
  return {.name = name};
}

bool is_preferred(PathName preferred, PathName name, dsm::PathId path) {
  return preferred != kNoPath && (preferred == name || preferred == path);
}

bool settings_of_arrival(AtPassive here, const SettingsRoot& parameters,
                         const dsm::ClaimResult& claim, PathName name, dsm::PathId path,
                         dsm::ArrivalSettings& out) {
  PoolBuffer<Levels> levels(1, kBufferTag);
  PoolBuffer<LunSettings> own(1, kBufferTag);
  PoolBuffer<LunName> lun(1, kBufferTag);
  if (!levels.valid() || !own.valid() || !lun.valid()) {
    return false;
  }
  read_levels(here, parameters, levels[0]);
  make_lun_name(claim.identity, lun[0]);
  read_lun(here, parameters, lun[0], own[0]);
  const PolicyNow now = policy_now(own[0], levels[0], claim.model.view());
  const StoredPath stored = settings_of_path(own[0], name, path);
  out = {.policy = now.policy,
         .origin = now.origin,
         .preferred = is_preferred(now.preferred, name, path),
         .desire = dsm::heeds_desires(now.policy) ? stored.desire : dsm::Desire::undetermined,
         .weight = stored.weight};
  return true;
}

}  // namespace driver
