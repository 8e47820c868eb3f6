// How settings of a running disk are changed: checked, stored, put in force; or as they were.
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/disk_administration.h"

namespace cli {

void DiskAdministration::change_path(const std::string& text, const Answer& answer,
                                     const std::function<void(mpio::StoredPath& path)>& edit,
                                     bool is_weight) {
  const mpio::DiskStatus status = disk_.status();
  const mpio::PathStatus* path = find_path(status, text, true, answer);
  if (path == nullptr) {
    return;
  }
  const mpio::PathNames names = disk_.path_names(path->number - 1);
  mpio::RunSettings run = disk_.run_settings();
  if (is_weight) {
    run.weights.erase(path->number - 1);
  }
  change({{mpio::Scope::lun, status.settings_key},
          [edit, names, key = status.settings_key, name = path->stable_name](mpio::Settings& now) {
            mpio::StoredPath stored = mpio::path_settings(now, key, names);
            edit(stored);
            mpio::set_path(now, key, name, stored);
          },
          std::move(run)},
         answer);
}

void DiskAdministration::change(Change change, const Answer& answer) {
  if (changing_) {
    answer(io::control_error("another change of the settings is under way; try again"));
    return;
  }
  mpio::Settings wanted = disk_.settings();
  change.edit(wanted);
  const std::string problem = disk_.check_settings(wanted, change.run);
  if (!problem.empty()) {
    answer(io::control_error(problem));
    return;
  }
  changing_ = true;
  // The file may hold what other disks have stored meanwhile: it is read anew, and holds here too.
  writer_.post([this, change = std::move(change), answer] {
    mpio::Settings before;
    mpio::Settings after;
    const std::string error = store_.change(
        [&](mpio::Settings& now) -> std::string {
          before = now;
          change.edit(now);
          return {};
        },
        after);
    loop_.post([this, change, answer, error, before = std::move(before),
                after = std::move(after)]() mutable {
      if (error.empty()) {
        put_in_force(change, before, std::move(after), answer);
      } else {
        finish(answer, error);
      }
    });
  });
}

void DiskAdministration::put_in_force(const Change& change, const mpio::Settings& before,
                                      mpio::Settings after, const Answer& answer) {
  disk_.change_settings(std::move(after), change.run,
                        [this, whom = change.whom, before, answer](const std::string& why) {
                          if (why.empty()) {
                            finish(answer, "");
                          } else {
                            take_back(whom, before, why, answer);
                          }
                        });
}

void DiskAdministration::take_back(const mpio::ScopeOf& whom, const mpio::Settings& before,
                                   const std::string& why, const Answer& answer) {
  writer_.post([this, whom, before, why, answer] {
    mpio::Settings ignored;
    const std::string error = store_.change(
        [&](mpio::Settings& now) -> std::string {
          restore(now, whom, before);
          return {};
        },
        ignored);
    loop_.post(
        [this, answer, text = error.empty() ? why : why + "; but it is still stored: " + error] {
          finish(answer, text);
        });
  });
}

void DiskAdministration::finish(const Answer& answer, const std::string& error) {
  changing_ = false;
  answer(error.empty() ? policy_json() : io::control_error(error));
}

}  // namespace cli
