// See engine.h: devices and paths come and go.
#include "windows/driver/engine.h"
#include "windows/driver/pool.h"

namespace driver {
namespace {

// What an arrival needs; what the DSM does not take comes back by its actions.
struct Storage {
  LunHost* lun = nullptr;
  dsm::Lane* lanes = nullptr;
  PathHost* path = nullptr;
  Device* device = nullptr;

  bool complete() const {
    return lun != nullptr && lanes != nullptr && path != nullptr && device != nullptr;
  }
  void release() {
    release_block(lun, kLunTag);
    release_block(lanes, kLanesTag);
    release_block(path, kPathTag);
    release_block(device, kDeviceTag);
  }
};

}  // namespace

Device* Engine::add(AtPassive here, const dsm::ClaimResult& claim,
                    const dsm::ArrivalSettings& settings, dsm::PathId path, PathName name,
                    DEVICE_OBJECT* target) {
  Storage storage{allocate<LunHost>(kLunTag),
                  allocate_array<dsm::Lane>(config_.lane_count, kLanesTag),
                  allocate<PathHost>(kPathTag), allocate<Device>(kDeviceTag)};
  if (!storage.complete()) {
    storage.release();
    return nullptr;
  }
  storage.device->engine = this;
  storage.device->target = target;
  storage.device->path_number = path;
  storage.device->stable_name = name;
  dsm::NexusId nexus = 0;
  dsm::LunId lun = 0;
  {
    const SpinGuard guard(lock_);
    // Numbers come around after 2^32 arrivals.
    do {
      nexus = ++last_nexus_;
    } while (nexus == 0 || module_.find_nexus(nexus) != nullptr);
    do {
      lun = ++last_lun_;
    } while (lun == 0 || module_.find_lun(lun) != nullptr);
  }
  dsm::Event event = dsm::event::of_nexus(dsm::EventKind::nexus_arrived, now_ns(), nexus);
  event.path = path;
  event.arrival.claim = &claim;
  event.arrival.spare_lun_id = lun;
  event.arrival.spare_lun = storage.lun;
  event.arrival.lanes = storage.lanes;
  event.arrival.path = storage.path;
  event.arrival.nexus = storage.device;
  event.arrival.settings = settings;
  Call arrived(event);
  call(here, arrived);
  return static_cast<Device*>(arrived.joined);
}

void Engine::set_target(Device& device, DEVICE_OBJECT* target) {
  const SpinGuard guard(lock_);
  device.target = target;
  device.target_is_mpios = true;
}

void Engine::remove(AtPassive here, Device& device) {
  tell(here, dsm::event::of_nexus(dsm::EventKind::nexus_removed, now_ns(), device.id));
}

void Engine::remove_path(dsm::PathId id) {
  {
    const SpinGuard guard(lock_);
    for (PathHost* path = paths_; path != nullptr; path = path->next) {
      if (path->id == id) {
        queue(guard.here(), path->gone);
      }
    }
  }
  pump();
}

bool Engine::is_path_active(dsm::PathId path_id, dsm::NexusId nexus_id) {
  const SpinGuard guard(lock_);
  const dsm::Path* const path = module_.find_path(path_id);
  const dsm::Nexus* const nexus = module_.find_nexus(nexus_id);
  return path != nullptr && nexus != nullptr && nexus->path == path &&
         nexus->lifecycle == dsm::Lifecycle::online &&
         path->health.load(std::memory_order_acquire) != dsm::Health::down;
}

bool Engine::accepts_commands(const dsm::Lun& lun) {
  using scsi::AccessState;
  const SpinGuard guard(lock_);
  for (const Device* at = devices_; at != nullptr; at = at->next_device) {
    const bool carries = at->lun == &lun && at->lifecycle == dsm::Lifecycle::online &&
                         at->path->health.load(std::memory_order_acquire) != dsm::Health::down;
    AccessState state = AccessState::transitioning;
    if (carries && (!lun.access_of(*at, state) || state == AccessState::active_optimized ||
                    state == AccessState::active_nonoptimized ||
                    state == AccessState::lba_dependent || state == AccessState::transitioning)) {
      return true;
    }
  }
  return false;
}

// Nothing is left, nothing is on its way, and nobody pumps.
void Engine::wait_until_settled(AtPassive here) {
  for (;;) {
    Done settled;
    {
      const SpinGuard guard(lock_);
      if (!pumping_ && first_ == nullptr && devices_ == nullptr && commands_out_ == 0 && !round_) {
        return;
      }
      settled_ = &settled;
    }
    settled.wait(here);
  }
}

void Engine::shut_down(AtPassive here) {
  for (bool left = true; left;) {
    Device* device = nullptr;
    {
      const SpinGuard guard(lock_);
      device = devices_;
      while (device != nullptr && device->lifecycle == dsm::Lifecycle::gone) {
        device = device->next_device;
      }
    }
    left = device != nullptr;
    if (left) {
      remove(here, *device);
    }
  }
  {
    // All at once: as soon as the lock is free any of them may end with its last command.
    const SpinGuard guard(lock_);
    for (PathHost* path = paths_; path != nullptr; path = path->next) {
      queue(guard.here(), path->gone);
    }
  }
  pump();
  wait_until_settled(here);
  KeCancelTimer(&timer_);
  KeFlushQueuedDpcs();
  lanes_.release_spares();
  trace_.stop();
}

}  // namespace driver
