// The commands of a running disk. How settings are changed is in disk_administration_changes.cpp.
#include "cli/disk_administration.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "cli/path_choice.h"
#include "cli/status_json.h"
#include "dsm/policy.h"

namespace cli {
namespace {

using io::control_error;
using nlohmann::json;

const dsm::Policy* find_policy(const std::string& name, const io::ControlSocket::Answer& answer) {
  const dsm::Policy* policy = dsm::find_policy(name);
  if (policy == nullptr) {
    answer(control_error("there is no policy \"" + name + "\"; there are " + policy_names()));
  }
  return policy;
}

}  // namespace

std::string policy_names() {
  std::string names;
  for (const dsm::Policy& policy : dsm::policies()) {
    names += (names.empty() ? "" : ", ") + std::string(policy.name);
  }
  return names;
}

const DiskAdministration::Command DiskAdministration::kCommands[] = {
    {"show", 0, 0, &DiskAdministration::show},
    {"longest", 0, 0, &DiskAdministration::longest},
    {"policy", 1, 1, &DiskAdministration::policy_of_this_run},
    {"policy-get", 0, 0, &DiskAdministration::policy_get},
    {"policy-set", 4, 4, &DiskAdministration::policy_set},
    {"policy-clear", 2, 2, &DiskAdministration::policy_clear},
    {"path-add", 1, 1, &DiskAdministration::path_add},
    {"path-remove", 1, 2, &DiskAdministration::path_remove},
    {"path-fail", 1, 2, &DiskAdministration::path_fail},
    {"path-reinstate", 1, 1, &DiskAdministration::path_reinstate},
    {"path-prefer", 1, 1, &DiskAdministration::path_prefer},
    {"path-weight", 2, 2, &DiskAdministration::path_weight},
    {"path-desire", 2, 2, &DiskAdministration::path_desire},
};

DiskAdministration::DiskAdministration(io::EventLoop& loop, mpio::Disk& disk,
                                       PathMembership& membership, SettingsStore store)
    : loop_(loop), disk_(disk), membership_(membership), store_(std::move(store)) {}

void DiskAdministration::handle(const io::ControlRequest& request, const Answer& answer) {
  std::string names;
  for (const Command& command : kCommands) {
    names += (names.empty() ? "" : ", ") + std::string(command.name);
    if (request.command != command.name) {
      continue;
    }
    const size_t words = request.arguments.size();
    if (words < command.least_words || words > command.most_words) {
      answer(
          control_error(fmt::format("the command {} takes {} to {} arguments, not {}", command.name,
                                    command.least_words, command.most_words, words)));
      return;
    }
    (this->*command.run)(request.arguments, answer);
    return;
  }
  answer(control_error("a disk knows the commands " + names + ", not \"" + request.command + "\""));
}

void DiskAdministration::show(const Words&, const Answer& answer) {
  json state = status_json(disk_.status());
  state["ok"] = true;
  if (!profile_.is_null()) {
    state["profile"] = profile_;
  }
  answer(state);
}

void DiskAdministration::longest(const Words&, const Answer& answer) {
  const mpio::Disk::Longest longest = disk_.take_longest();
  answer({{"ok", true},
          {"request_us", longest.request_ns / 1000},
          {"held_write_us", longest.held_write_ns / 1000}});
}

// --- policy
// -----------------------------------------------------------------------------------------

void DiskAdministration::policy_of_this_run(const Words& words, const Answer& answer) {
  if (const dsm::Policy* policy = find_policy(words[0], answer)) {
    disk_.set_policy(policy->id, [answer](const std::string& why) {
      answer(why.empty() ? json{{"ok", true}} : control_error(why));
    });
  }
}

// What is in force, and what each level says.
json DiskAdministration::policy_json() const {
  const mpio::DiskStatus status = disk_.status();
  const mpio::Settings& settings = disk_.settings();
  const auto level = [](const mpio::PolicySetting& setting) {
    const dsm::Policy* policy = dsm::find_policy(setting.policy);
    if (policy == nullptr) {
      return json();
    }
    json said = {{"policy", policy->name}};
    if (!setting.preferred.empty()) {
      said["preferred"] = setting.preferred;
    }
    return said;
  };
  json hardware = json::object();
  for (const auto& [id, setting] : settings.hardware) {
    hardware[id] = level(setting);
  }
  const auto own = settings.luns.find(status.settings_key);
  return {{"ok", true},
          {"policy", status.policy},
          {"origin", status.policy_origin},
          {"file", store_.path()},
          {"levels",
           {{"run", level({disk_.run_settings().policy, ""})},
            {"lun", own != settings.luns.end() ? level(own->second.policy) : json()},
            {"hardware", hardware},
            {"everything", level(settings.everything)}}}};
}

void DiskAdministration::policy_get(const Words&, const Answer& answer) {
  answer(policy_json());
}

// {scope, hardware id, ...}
bool DiskAdministration::parse_scope(const Words& words, mpio::ScopeOf& whom,
                                     const Answer& answer) const {
  std::string problem;
  if (words[0] == "lun") {
    whom = {mpio::Scope::lun, disk_.settings_key()};
    problem = whom.key.empty() ? "the disk does not know its LUN yet: no path has shown it" : "";
  } else if (words[0] == "hardware-id") {
    whom = {mpio::Scope::hardware, words[1]};
    problem = mpio::check_hardware_id(words[1]);
  } else if (words[0] == "all") {
    whom = {mpio::Scope::everything, ""};
  } else {
    problem = "a policy is set for lun, hardware-id or all, not for \"" + words[0] + "\"";
  }
  if (!problem.empty()) {
    answer(control_error(problem));
  }
  return problem.empty();
}

// What is asked for the LUN now counts more than what this run was started with.
void DiskAdministration::change_policy(const mpio::ScopeOf& whom,
                                       const mpio::PolicySetting& setting, const Answer& answer) {
  mpio::RunSettings run = disk_.run_settings();
  if (whom.scope == mpio::Scope::lun) {
    run.policy = dsm::PolicyId::none;
    run.preferred_path = mpio::RunSettings{}.preferred_path;
  }
  change({whom, [whom, setting](mpio::Settings& now) { set_policy(now, whom, setting); }, run},
         answer);
}

void DiskAdministration::policy_set(const Words& words, const Answer& answer) {
  mpio::ScopeOf whom;
  const dsm::Policy* policy = find_policy(words[2], answer);
  if (policy == nullptr || !parse_scope(words, whom, answer)) {
    return;
  }
  mpio::PolicySetting setting{policy->id, ""};
  if (!words[3].empty()) {
    if (policy->id != dsm::PolicyId::fail_over_only) {
      answer(control_error(fmt::format(
          "only fail-over-only has a preferred path; {} uses several. Leave it out", words[2])));
      return;
    }
    const mpio::DiskStatus status = disk_.status();
    const mpio::PathStatus* path = find_path(status, words[3], true, answer);
    if (path == nullptr) {
      return;
    }
    setting.preferred = path->stable_name;
  }
  change_policy(whom, setting, answer);
}

void DiskAdministration::policy_clear(const Words& words, const Answer& answer) {
  mpio::ScopeOf whom;
  if (parse_scope(words, whom, answer)) {
    change_policy(whom, {}, answer);
  }
}

// --- paths
// ------------------------------------------------------------------------------------------

const mpio::PathStatus* DiskAdministration::find_path(const mpio::DiskStatus& status,
                                                      const std::string& text,
                                                      bool by_its_stable_name,
                                                      const Answer& answer) const {
  std::string error;
  const mpio::PathStatus* path = choose_path(status, text, error);
  if (path != nullptr && by_its_stable_name && path->stable_name.empty()) {
    error = path->name +
            ": no login has shown yet which target port this is, and settings are stored by target "
            "port; try again when the path has been up";
    path = nullptr;
  }
  if (path == nullptr) {
    answer(control_error(error));
  }
  return path;
}

void DiskAdministration::path_add(const Words& words, const Answer& answer) {
  const std::string why = membership_.add_path(words[0]);
  answer(why.empty() ? json{{"ok", true}} : control_error(why));
}

void DiskAdministration::path_remove(const Words& words, const Answer& answer) {
  const mpio::DiskStatus status = disk_.status();
  const mpio::PathStatus* path = find_path(status, words[0], false, answer);
  if (path == nullptr) {
    return;
  }
  const std::string why = membership_.remove_path(
      path->number - 1, words.size() == 2 && words[1] == "force", [answer, name = path->name] {
        answer({{"ok", true}, {"path", name}});
      });
  if (!why.empty()) {
    answer(control_error(path->name + ": " + why));
  }
}

void DiskAdministration::path_fail(const Words& words, const Answer& answer) {
  const bool even_the_last = words.size() == 2 && words[1] == "force";
  const mpio::DiskStatus status = disk_.status();
  const mpio::PathStatus* path = find_path(status, words[0], false, answer);
  if (path == nullptr) {
    return;
  }
  const std::string why = disk_.fail_path(path->number - 1, even_the_last);
  answer(why.empty() ? json{{"ok", true}, {"path", path->name}}
                     : control_error(why + "; --force does it all the same"));
}

void DiskAdministration::path_reinstate(const Words& words, const Answer& answer) {
  const mpio::DiskStatus status = disk_.status();
  const mpio::PathStatus* path = find_path(status, words[0], false, answer);
  if (path == nullptr) {
    return;
  }
  if (!path->failed_by_administrator) {
    answer(control_error(path->name + ": nobody has taken this path out of use; it is " +
                         std::string(mpio::name_of(path->state))));
    return;
  }
  disk_.reinstate_path(path->number - 1);
  answer({{"ok", true}, {"path", path->name}});
}

// The preferred path and the policy belong together: both are the LUN's own from now on.
void DiskAdministration::path_prefer(const Words& words, const Answer& answer) {
  const mpio::DiskStatus status = disk_.status();
  if (status.policy != dsm::find_policy(dsm::PolicyId::fail_over_only)->name) {
    answer(control_error(fmt::format(
        "the policy is {} ({}), and only fail-over-only has a preferred path; `dsmkit policy set "
        "fail-over-only --preferred {}` sets both",
        status.policy, status.policy_origin, words[0])));
    return;
  }
  policy_set({"lun", "", status.policy, words[0]}, answer);
}

void DiskAdministration::path_weight(const Words& words, const Answer& answer) {
  uint32_t weight = 0;
  const std::string& text = words[1];
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), weight);
  if (problem != std::errc() || end != text.data() + text.size()) {
    answer(control_error("a weight is a whole number from 0 to 4294967295, not \"" + text + "\""));
    return;
  }
  change_path(
      words[0], answer, [weight](mpio::StoredPath& path) { path.weight = weight; }, true);
}

void DiskAdministration::path_desire(const Words& words, const Answer& answer) {
  constexpr std::pair<const char*, dsm::Desire> kWords[] = {
      {"active", dsm::Desire::active_optimized},
      {"standby", dsm::Desire::standby},
      {"none", dsm::Desire::undetermined}};
  const mpio::DiskStatus status = disk_.status();
  const dsm::Policy* policy = dsm::find_policy(status.policy);
  if (policy == nullptr || !dsm::heeds_desires(policy->id)) {
    answer(control_error(fmt::format(
        "the policy {} ({}) uses all paths alike; only fail-over-only and round-robin-with-subset "
        "set some aside",
        status.policy, status.policy_origin)));
    return;
  }
  for (const auto& [word, desire] : kWords) {
    if (words[1] == word) {
      change_path(
          words[0], answer, [desire = desire](mpio::StoredPath& path) { path.desire = desire; },
          false);
      return;
    }
  }
  answer(control_error("a path is desired active, standby or none, not \"" + words[1] + "\""));
}

}  // namespace cli
