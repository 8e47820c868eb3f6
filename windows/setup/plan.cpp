#include "windows/setup/plan.h"

#include <algorithm>

#include "inf/document.h"
#include "windows/setup/device_list.h"
#include "windows/setup/placement.h"

namespace setup {
namespace {

constexpr const char* kServicesKey = "SYSTEM\\CurrentControlSet\\Services\\";

const Step* find(const std::vector<Step>& steps, const Step& wanted) {
  for (const Step& step : steps) {
    if (step.is_same_thing(wanted)) {
      return &step;
    }
  }
  return nullptr;
}

// The other modules that list a device, by their services.
std::string others_that_list(System& system, const Vendor& vendor, const std::string& entry) {
  std::string others;
  for (const std::string& service : system.subkeys(kServicesKey)) {
    if (inf::same_name(service, vendor.service)) {
      continue;
    }
    const std::optional<RegistryValue> list =
        system.value(kServicesKey + service + "\\Parameters", "DsmSupportedDeviceList");
    if (list && has_entry(*list, entry)) {
      others += (others.empty() ? "" : ", ") + service;
    }
  }
  return others;
}

// Of what was installed, what goes: not what others need by now.
class Leaving {
 public:
  Leaving(System& system, const Vendor& vendor, Plan& plan)
      : system_(system), vendor_(vendor), plan_(plan) {}

  bool may_go(const Step& step) {
    if (step.kind == Kind::feature) {
      plan_.notes.emplace_back("the feature Multipath I/O stays enabled: others may use it");
      return false;
    }
    if (step.kind != Kind::entry) {
      return true;
    }
    const std::string others = others_that_list(system_, vendor_, step.argument(0));
    if (!others.empty()) {
      plan_.notes.push_back("'" + step.argument(0) + "' stays among MPIO's devices: it is one of " +
                            others);
    }
    return others.empty();
  }

 private:
  System& system_;
  const Vendor& vendor_;
  Plan& plan_;
};

std::vector<Step> wanted_of(System& system, const Vendor& vendor, const DriverPackage& package,
                            const Placement& place) {
  std::vector<Step> wanted = place.steps();
  wanted.push_back({Kind::feature, {}});
  wanted.push_back({Kind::list, {}});
  for (const std::string& entry : package.entries) {
    wanted.push_back({Kind::entry, {entry}});
  }
  wanted.push_back({Kind::service, {vendor.service}});
  for (const std::string& file : package.driver_files) {
    wanted.push_back({Kind::driver_file, {joined(system.folder(Folder::drivers), file)}});
  }
  for (const std::string& guid : package.wmi_classes) {
    wanted.push_back({Kind::wmi_value, {guid}});
  }
  wanted.push_back({Kind::package, {place.inf(), package.hardware_id}});
  wanted.push_back({Kind::device, {package.hardware_id, place.inf()}});
  return wanted;
}

// Of packages it is the name that counts: the same INF may lie elsewhere now, or another in its
// place.
const Step* find_owned(const Installed& installed, const Step& wanted) {
  for (const Step& step : installed.owned) {
    if (step.kind == Kind::package ? wanted.kind == Kind::package && !wanted.argument(2).empty() &&
                                         step.argument(2) == wanted.argument(2)
                                   : step.is_same_thing(wanted)) {
      return &step;
    }
  }
  return nullptr;
}

// Is it there? A package that is gets its name; its INF has not been copied yet.
bool looks_there(System& system, const DriverPackage& package, Step& step) {
  if (step.kind != Kind::package) {
    return is_there(system, step);
  }
  const std::string name = published_name(system, package.inf_path());
  if (!name.empty()) {
    step.arguments.push_back(name);
  }
  return !name.empty();
}

// The INF that the driver is installed from now; empty: there is no driver.
std::string inf_before(System& system, const std::string& hardware_id, const Installed& before,
                       const std::string& now) {
  for (const DeviceNode& node : system.devices_with(hardware_id)) {
    if (!node.published.empty()) {
      // Where the new package lies in the place of the old, only Windows still has that.
      const bool is_kept =
          !before.inf.empty() && !inf::same_name(before.inf, now) && system.has_file(before.inf);
      return is_kept ? before.inf : joined(system.folder(Folder::published), node.published);
    }
  }
  return {};
}

}  // namespace

Plan plan_install(System& system, const Vendor& vendor, const DriverPackage& package,
                  const Installed& before) {
  Plan plan;
  const Placement place(system, vendor, package);
  const std::vector<Step> wanted = wanted_of(system, vendor, package, place);
  plan.result = {package.version, package.hardware_id, place.inf(), {}};
  for (const Step& step : before.owned) {
    if (place.includes(step) && find(wanted, step) == nullptr) {
      plan.result.owned.push_back(step);
    }
  }
  for (Step step : wanted) {
    if ((step.kind == Kind::file || step.kind == Kind::driver_file) &&
        system.goes_at_restart(step.argument(0))) {
      plan.goes_at_restart = step.argument(0);
    }
    const bool there = looks_there(system, package, step);
    const Step* const owned = find_owned(before, step);
    if (!there) {
      plan.actions.push_back({step, false});
    }
    if (owned != nullptr || !there) {
      plan.result.owned.push_back(step);
    }
  }
  plan.actions.push_back({{Kind::driver,
                           {package.hardware_id, place.inf(),
                            inf_before(system, package.hardware_id, before, place.inf())}},
                          false});
  for (const std::string& entry : package.entries) {
    if (const std::string others = others_that_list(system, vendor, entry); !others.empty()) {
      plan.notes.push_back("'" + entry + "' is also one of " + others +
                           ": MPIO gives such a device to the module that it asks first");
    }
  }
  Leaving leaving(system, vendor, plan);
  for (auto step = before.owned.rbegin(); step != before.owned.rend(); ++step) {
    if (find_owned(plan.result, *step) == nullptr && leaving.may_go(*step)) {
      plan.leaving.push_back(*step);
    }
  }
  return plan;
}

// What could be put back again comes first: the device and its driver, and MPIO's list.
Plan plan_uninstall(System& system, const Vendor& vendor, const Installed& before) {
  Plan plan;
  Leaving leaving(system, vendor, plan);
  for (auto step = before.owned.rbegin(); step != before.owned.rend(); ++step) {
    if (!leaving.may_go(*step)) {
      continue;
    }
    switch (step->kind) {
      case Kind::device:
        plan.actions.push_back({{Kind::driver, {before.hardware_id, before.inf}}, true});
        plan.actions.push_back({*step, true});
        break;
      case Kind::entry:
        plan.actions.push_back({*step, true});
        break;
      default:
        plan.leaving.push_back(*step);
    }
  }
  return plan;
}

}  // namespace setup
