// See administrator.h.
#include "sim/administrator.h"

#include <algorithm>

namespace sim {
namespace {

using dsm::PolicyId;

// What the array says it is, and a beginning of that.
constexpr const char* kMake = "DSMKIT  EMBEDDED ARRAY";
constexpr const char* kPartOfMake = "dsmkit  emb";

const char* level_name(size_t level) {
  static constexpr const char* kNames[] = {"this run", "LUN", "hardware id", "hardware id",
                                           "DSM-wide"};
  return kNames[level];
}

std::string policy_name(PolicyId policy) {
  static constexpr const char* kNames[] = {"none",
                                           "fail-over-only",
                                           "round-robin",
                                           "round-robin-with-subset",
                                           "least-queue-depth",
                                           "weighted-paths",
                                           "least-blocks"};
  return kNames[static_cast<size_t>(policy)];
}

bool is_for_desires(PolicyId policy) {
  return policy == PolicyId::round_robin_subset || policy == PolicyId::fail_over_only;
}

}  // namespace

Administrator::Administrator(World& world, MpioHost& host, bool forgets_changes)
    : world_(world), host_(host), forgets_changes_(forgets_changes) {
  model_.levels[run].policy = static_cast<PolicyId>(world.config.policy);
  model_.paths.resize(world.config.paths);
}

void Administrator::perform(const Deed& deed) {
  switch (deed.kind) {
    case DeedKind::set_policy:
    case DeedKind::clear_policy:
    case DeedKind::set_weight:
    case DeedKind::set_desire:
      change(deed);
      break;
    case DeedKind::fail_path:
      host_.fail_path(deed.on);
      break;
    case DeedKind::reinstate_path:
      host_.reinstate_path(deed.on);
      break;
    case DeedKind::remove_path:
      host_.remove_path(deed.on);
      break;
    case DeedKind::add_path:
      host_.add_path(deed.on);
      break;
    default:
      break;
  }
}

// While all paths are there.
void Administrator::learn_names() {
  key_ = host_.disk().settings_key();
  const mpio::DiskStatus status = host_.disk().status();
  names_.resize(world_.config.paths);
  for (uint32_t path = 0; path < world_.config.paths; ++path) {
    if (const mpio::PathStatus* row = row_of(status, path)) {
      names_[path] = row->stable_name;
    }
  }
}

// What the disk says of the path; null when it has none.
const mpio::PathStatus* Administrator::row_of(const mpio::DiskStatus& status, uint32_t path) const {
  const auto row =
      std::find_if(status.paths.begin(), status.paths.end(), [&](const mpio::PathStatus& one) {
        return host_.has_path(path) && one.number == host_.number_of(path) + 1;
      });
  return row != status.paths.end() ? &*row : nullptr;
}

mpio::Settings Administrator::settings_of(const Model& model) const {
  const auto setting = [&](const Level& level) {
    return mpio::PolicySetting{
        level.policy, level.preferred == kNoPreferred ? std::string() : names_[level.preferred]};
  };
  mpio::Settings settings;
  settings.everything = setting(model.levels[everything]);
  settings.hardware[kMake] = setting(model.levels[make]);
  settings.hardware[kPartOfMake] = setting(model.levels[part_of_make]);
  mpio::LunSettings& own = settings.luns[key_];
  own.policy = setting(model.levels[lun]);
  for (uint32_t path = 0; path < world_.config.paths; ++path) {
    own.paths[names_[path]] = model.paths[path];
  }
  return settings;
}

void Administrator::change(const Deed& deed) {
  Model model = model_;
  const auto level = static_cast<LevelName>(lun + deed.value % (kLevels - lun));
  switch (deed.kind) {
    case DeedKind::set_policy: {
      const auto policy = static_cast<PolicyId>(1 + deed.value / 4 % 6);
      const bool prefers = policy == PolicyId::fail_over_only && deed.value / 64 % 2 == 0;
      model.levels[level] = {policy, prefers ? deed.on : kNoPreferred};
      break;
    }
    case DeedKind::clear_policy:
      model.levels[level] = {};
      break;
    case DeedKind::set_weight:
      model.paths[deed.on].weight = deed.value % 4;
      break;
    default:
      static constexpr dsm::Desire kDesires[] = {dsm::Desire::undetermined, dsm::Desire::standby,
                                                 dsm::Desire::active_optimized};
      model.paths[deed.on].desire = kDesires[deed.value % 3];
      break;
  }
  if (level == lun) {
    model.levels[run] = {};  // what is set for the LUN ends what the run was started with
  }
  if (forgets_changes_ && !wanted_ && ++changes_ % 3 == 0) {
    model_ = model;
    changed_ = true;
    return;
  }
  mpio::RunSettings of_run;
  of_run.policy = model.levels[run].policy;
  const bool first = !wanted_;
  if (first) {
    wanted_ = model;
  }
  host_.disk().change_settings(settings_of(model), of_run, [this, first](const std::string& error) {
    if (!first) {
      if (error.empty()) {
        wrong("a change was made while an earlier one still waited");
      }
      return;
    }
    if (error.empty()) {
      model_ = *wanted_;
      changed_ = true;
    }
    wanted_.reset();
  });
}

// Some path that serves must be left, or there would be nothing to judge.
void Administrator::settle() {
  const auto serves = [this] { return world_.health.any_for(0, world_.clock.now_ns()); };
  for (uint32_t path = 0; path < world_.config.paths && !serves(); ++path) {
    host_.add_path(path);
    host_.reinstate_path(path);
  }
}

std::string Administrator::busy() const {
  return std::string(wanted_ ? " a change of the settings waits" : "") +
         (host_.is_leaving() ? " a path does not leave" : "");
}

const Administrator::Level* Administrator::deciding() const {
  for (const Level& level : model_.levels) {
    if (level.policy != PolicyId::none) {
      return &level;
    }
  }
  return nullptr;
}

void Administrator::judge() {
  judge_words();
  if (!world_.config.features.reservations && host_.disk().status().symmetric) {
    judge_burst();
  }
}

// What the disk says is in force.
void Administrator::judge_words() {
  const mpio::DiskStatus status = host_.disk().status();
  const Level* level = deciding();
  const Level decides = level != nullptr ? *level : Level{PolicyId::round_robin, kNoPreferred};
  const std::string origin =
      level != nullptr ? level_name(static_cast<size_t>(level - model_.levels)) : "default";
  const bool explicit_level = level == &model_.levels[run] || level == &model_.levels[lun];
  // Where paths differ, round robin is replaced unless it was asked for; then it was refused.
  const bool replaced =
      !status.symmetric && decides.policy == PolicyId::round_robin && !explicit_level;
  const PolicyId policy = replaced ? PolicyId::round_robin_subset : decides.policy;
  if (host_.disk().settings() != (changed_ ? settings_of(model_) : mpio::Settings{})) {
    wrong("the disk's settings are not those that it accepted");
  }
  if (status.policy_origin != origin ||
      (status.policy != policy_name(policy) &&
       (status.symmetric || decides.policy != PolicyId::round_robin))) {
    wrong("the policy is " + status.policy + " (" + status.policy_origin + ") instead of " +
          policy_name(policy) + " (" + origin + ")");
  }
  for (uint32_t path = 0; path < world_.config.paths; ++path) {
    const mpio::PathStatus* row = row_of(status, path);
    if (row == nullptr || row->stable_name.empty()) {
      continue;
    }
    const mpio::StoredPath& set = model_.paths[path];
    const bool preferred = decides.policy == PolicyId::fail_over_only && decides.preferred == path;
    const dsm::Desire desire =
        is_for_desires(decides.policy) ? set.desire : dsm::Desire::undetermined;
    const std::string said =
        desire == dsm::Desire::undetermined ? std::string() : std::string(dsm::name_of(desire));
    if (row->weight != set.weight || row->preferred != preferred || row->desire != said ||
        row->failed_by_administrator != host_.has_failed(path)) {
      wrong("path " + std::to_string(path) + " has weight " + std::to_string(row->weight) +
            ", desire '" + row->desire + "'" + (row->preferred ? ", preferred" : "") +
            (row->failed_by_administrator ? ", failed" : "") + " instead of weight " +
            std::to_string(set.weight) + ", desire '" + said + "'" +
            (preferred ? ", preferred" : "") + (host_.has_failed(path) ? ", failed" : ""));
    }
  }
}

// Where the I/O of the last burst went, on paths that are all alike.
void Administrator::judge_burst() {
  const std::vector<uint32_t> by_link = world_.wire->take_data_by_link();
  const uint32_t paths = world_.config.paths;
  std::vector<uint32_t> sent(paths, 0);
  for (size_t link = 0; link < by_link.size(); ++link) {
    sent[link % paths] += by_link[link];
  }
  const Level* level = deciding();
  const Level decides = level != nullptr ? *level : Level{PolicyId::round_robin, kNoPreferred};
  const auto standby = [&](uint32_t path) {
    return is_for_desires(decides.policy) && model_.paths[path].desire == dsm::Desire::standby;
  };
  // Those that should have carried it.
  std::vector<uint32_t> able;
  for (uint32_t path = 0; path < paths; ++path) {
    if (host_.is_wanted(path)) {
      able.push_back(path);
    }
  }
  // Commands have failed too often on a marginal path: whatever the settings say, others are
  // preferred.
  const mpio::DiskStatus status = host_.disk().status();
  const auto marginal = [&](uint32_t path) {
    const mpio::PathStatus* row = row_of(status, path);
    return row != nullptr && row->health == "marginal";
  };
  if (!std::all_of(able.begin(), able.end(), marginal)) {
    std::erase_if(able, marginal);
  }
  if (decides.policy == PolicyId::fail_over_only && decides.preferred != kNoPreferred &&
      std::find(able.begin(), able.end(), decides.preferred) != able.end()) {
    able = {decides.preferred};  // even if it is to stand by: that is the weaker wish
  }
  if (std::any_of(able.begin(), able.end(), [&](uint32_t path) { return !standby(path); })) {
    std::erase_if(able, standby);
  }
  if (decides.policy == PolicyId::weighted_paths && !able.empty()) {
    uint32_t lightest = UINT32_MAX;
    for (const uint32_t path : able) {
      lightest = std::min(lightest, model_.paths[path].weight);
    }
    std::erase_if(able, [&](uint32_t path) { return model_.paths[path].weight != lightest; });
  }
  uint32_t used = 0;
  for (uint32_t path = 0; path < paths; ++path) {
    used += sent[path] != 0 ? 1 : 0;
    if (sent[path] != 0 && std::find(able.begin(), able.end(), path) == able.end()) {
      wrong("path " + std::to_string(path) + " carried " + std::to_string(sent[path]) +
            " commands, which the settings send elsewhere; " + policy_name(decides.policy));
    }
  }
  if (decides.policy == PolicyId::fail_over_only && used > 1) {
    wrong("fail over only used " + std::to_string(used) + " paths at a time");
  }
  if (decides.policy == PolicyId::round_robin && world_.config.fabric.lanes == 1) {
    const auto [least, most] = std::minmax_element(
        able.begin(), able.end(), [&](uint32_t a, uint32_t b) { return sent[a] < sent[b]; });
    if (!able.empty() && sent[*most] > sent[*least] + 1) {
      wrong("round robin sent " + std::to_string(sent[*most]) + " commands down path " +
            std::to_string(*most) + " and " + std::to_string(sent[*least]) + " down path " +
            std::to_string(*least));
    }
  }
}

}  // namespace sim
