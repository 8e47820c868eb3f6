// What the administrator wants of the disk: settings, and paths that are taken out of use.
#include <algorithm>

#include "dsm/policy.h"
#include "mpio/disk.h"

namespace mpio {

// --- what holds
// -------------------------------------------------------------------------------------

dsm::PolicyInForce Disk::policy_now() const {
  const std::string_view model = device_.claim.model.view();
  dsm::PolicyInForce now = policy_in_force(settings_, run_.policy, lun_key(identity_), model);
  if (now.origin == dsm::SettingsOrigin::capability) {
    now.policy = dsm::policy_by_default(config_.dsm, model);
  }
  return now;
}

const Disk::Path* Disk::preferred_path(const dsm::PolicyInForce& policy) const {
  if (policy.policy != dsm::PolicyId::fail_over_only) {
    return nullptr;
  }
  if (run_.preferred_path != UINT32_MAX) {
    return find_path(run_.preferred_path);
  }
  for (std::string PathNames::*const form : {&PathNames::by_portal, &PathNames::by_port}) {
    for (const auto& path : paths_) {
      if (!policy.preferred.empty() && path->names.*form == policy.preferred) {
        return path.get();
      }
    }
  }
  return nullptr;
}

dsm::ArrivalSettings Disk::settings_of(const Path& path) const {
  const dsm::PolicyInForce now = policy_now();
  return settings_of(path, now, preferred_path(now));
}

dsm::ArrivalSettings Disk::settings_of(const Path& path, const dsm::PolicyInForce& now,
                                       const Path* preferred) const {
  const StoredPath stored = path_settings(settings_, lun_key(identity_), path.names);
  const auto of_this_run = run_.weights.find(path.number);
  return {.policy = now.policy,
          .origin = now.origin,
          .preferred = preferred == &path,
          .desire = dsm::heeds_desires(now.policy) ? stored.desire : dsm::Desire::undetermined,
          .weight = of_this_run != run_.weights.end() ? of_this_run->second : stored.weight};
}

std::string Disk::name_to_store(const Path& path) const {
  const bool shares_port = std::any_of(paths_.begin(), paths_.end(), [&path](const auto& other) {
    return other.get() != &path && !path.names.by_port.empty() &&
           other->names.by_port == path.names.by_port;
  });
  return mpio::name_to_store(settings_, lun_key(identity_), path.names, shares_port);
}

Disk::Wanted Disk::wanted_settings() const {
  const dsm::PolicyInForce now = policy_now();
  const Path* preferred = preferred_path(now);
  Wanted wanted{.policy = now.policy,
                .origin = now.origin,
                .preferred = preferred != nullptr && preferred->joined ? preferred->nexus : 0};
  for (const auto& path : paths_) {
    if (path->joined && !path->leaving()) {
      const dsm::ArrivalSettings of_path = settings_of(*path, now, preferred);
      wanted.paths.push_back({path->nexus, of_path.desire, of_path.weight});
    }
  }
  return wanted;
}

// --- changes
// ----------------------------------------------------------------------------------------

std::string Disk::check_settings(Settings settings, RunSettings run) {
  if (!has_identity_) {
    return "the disk has no path yet";
  }
  const Wanted former = wanted_settings();
  std::swap(settings, settings_);
  std::swap(run, run_);
  const Wanted wanted = wanted_settings();
  settings_ = std::move(settings);
  run_ = std::move(run);
  const dsm::Lun* lun = shared_.dsm.lun();
  if (lun == nullptr || wanted == former) {
    return {};
  }
  const base::Status status = shared_.dsm.check_settings(lun->id, wanted.for_dsm());
  return status.ok() ? "" : status.message();
}

void Disk::change_settings(Settings settings, RunSettings run, Done done) {
  if (settings_done_ != nullptr) {
    done("an earlier change still waits for the array; try again when it has ended");
    return;
  }
  if (!has_identity_) {
    done("the disk has no path yet");
    return;
  }
  const Wanted former = wanted_settings();
  former_settings_ = std::exchange(settings_, std::move(settings));
  former_run_ = std::exchange(run_, std::move(run));
  last_former_nexus_ = last_nexus_;
  wanted_ = wanted_settings();
  const dsm::Lun* lun = shared_.dsm.lun();
  if (lun == nullptr || wanted_ == former) {
    tell_administered();
    done("");
    return;
  }
  settings_done_ = std::move(done);
  shared_.dsm.start(
      {.kind = dsm::OperationKind::set_policy, .lun = lun->id, .settings = wanted_.for_dsm()});
}

void Disk::settings_done(const base::Status& status) {
  const Done done = std::exchange(settings_done_, nullptr);
  if (done == nullptr) {
    return;
  }
  if (!status.ok()) {
    settings_ = std::move(former_settings_);
    run_ = std::move(former_run_);
    // The DSM has put back what it had; paths that have joined meanwhile came with the new ones.
    for (const auto& path : paths_) {
      if (path->joined && path->nexus > last_former_nexus_) {
        const dsm::ArrivalSettings of_path = settings_of(*path);
        const uint64_t now = control_.now_ns();
        shared_.dsm.on(
            dsm::event::of_nexus(dsm::EventKind::set_weight, now, path->nexus, of_path.weight));
        shared_.dsm.on(dsm::event::set_desired(now, path->nexus, of_path.desire));
      }
    }
  }
  if (status.ok()) {
    tell_administered();
  }
  done(status.ok() ? "" : status.message());
}

void Disk::tell_administered() {
  if (observer_ != nullptr) {
    observer_->on_administered();
  }
}

void Disk::set_policy(dsm::PolicyId policy, Done done) {
  RunSettings run = run_;
  run.policy = policy;
  change_settings(settings_, std::move(run), std::move(done));
}

// --- paths out of use
// ------------------------------------------------------------------------------

bool Disk::others_in_use(unsigned number) const {
  return std::any_of(paths_.begin(), paths_.end(), [number](const auto& other) {
    return other->number != number && other->in_use();
  });
}

std::string Disk::fail_path(unsigned number, bool even_the_last) {
  Path& path = *find_path(number);
  if (!even_the_last && !others_in_use(number)) {
    return path.name + " is the last path that can be used; without it all I/O would stop";
  }
  failed_.insert(path.name);
  if (path.in_use() || path.state == PathState::stabilising) {
    disable(path);
    use_what_is_stable_soon();
  }
  tell_administered();
  return {};
}

// The session stays; commands that are under way end on it.
void Disk::disable(Path& path) {
  control_.cancel(path.stability);
  shared_.dsm.path_failed(0, path.id());
  set_state(path, PathState::disabled, "taken out of use by the administrator");
}

// It has been well all the time, so it need not wait until it is stable; but is it still?
void Disk::reinstate_path(unsigned number) {
  Path& path = *find_path(number);
  if (failed_.erase(path.name) == 0) {
    return;
  }
  if (path.state == PathState::disabled) {
    path.doubted = true;
    verify(path);
  }
  tell_administered();
}

void Disk::set_failed_paths(const std::set<std::string>& names) {
  for (const auto& path : paths_) {
    const bool fails = names.count(path->name) != 0;
    if (fails && !is_failed(*path)) {
      fail_path(path->number, true);
    } else if (!fails) {
      reinstate_path(path->number);
    }
  }
  failed_ = names;
}

void Disk::add_settings(PathStatus& row, const Path& path) const {
  row.number = path.number + 1;
  row.failed_by_administrator = is_failed(path);
  if (!path.names.known()) {
    return;
  }
  const dsm::ArrivalSettings of_path = settings_of(path);
  row.stable_name = name_to_store(path);
  row.weight = of_path.weight;
  row.preferred = of_path.preferred;
  row.desire =
      of_path.desire != dsm::Desire::undetermined ? std::string(dsm::name_of(of_path.desire)) : "";
}

}  // namespace mpio
