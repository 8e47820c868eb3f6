// See lun_view.h.
#include "windows/driver/lun_view.h"

namespace driver {
namespace {

void view_path(const dsm::Lun& lun, const Device& device, PathView& out) {
  const dsm::Path& path = *device.path;
  const dsm::Health health = path.health.load(std::memory_order_relaxed);
  out = {.nexus = device.id,
         .path = device.path_number,
         .name = device.stable_name,
         .live = takes_commands(device),
         .arriving = device.lifecycle == dsm::Lifecycle::arriving,
         .down = is_down(device),
         .suspect = device.health == dsm::Health::suspect || health == dsm::Health::suspect,
         .marginal = path.marginal.load(std::memory_order_relaxed),
         .effective = device.effective,
         .desire = device.desired,
         .weight = device.weight,
         .group = device.target_port_group,
         .port = device.relative_target_port,
         .failovers = device.failovers};
  if (lun.support == dsm::AluaSupport::none || !device.has_group) {
    return;
  }
  if (const dsm::Group* const group = lun.find_group(device.target_port_group)) {
    out.has_access = true;
    out.access = group->state;
    out.group_preferred = group->preferred;
    out.supported_states = group->supported_states;
  }
}

}  // namespace

const PathView* LunView::find(dsm::NexusId nexus) const {
  for (const PathView& path : paths) {
    if (path.nexus == nexus && nexus != 0) {
      return &path;
    }
  }
  return nullptr;
}

PathName LunView::stored_name(const PathView& path) const {
  for (const PathView& other : paths) {
    // Its own former device-instance, whose last requests are out, is no other path.
    if (other.nexus != 0 && other.path != path.path && other.name == path.name) {
      return path.path;
    }
  }
  return path.name;
}

bool view_lun(Engine& engine, dsm::LunId id, LunView& out) {
  return engine.inspect([&](const dsm::Module& module) {
    const dsm::Lun* const lun = module.find_lun(id);
    if (lun == nullptr) {
      return false;
    }
    out.id = id;
    make_lun_name(lun->identity, out.name);
    out.model = lun->model;
    out.policy = lun->policy;
    out.effective = lun->plan.policy != nullptr ? lun->plan.policy->id : lun->policy;
    out.origin = lun->origin;
    out.preferred = lun->preferred;
    out.symmetric = lun->symmetric;
    out.support = lun->support;
    for (unsigned slot = 0; slot < dsm::kMaxPathsPerLun; ++slot) {
      const dsm::Nexus* const nexus = lun->nexus_at(slot);
      if (nexus != nullptr) {
        view_path(*lun, *static_cast<const Device*>(nexus), out.paths[slot]);
      } else {
        out.paths[slot].nexus = 0;
      }
    }
    return true;
  });
}

}  // namespace driver
