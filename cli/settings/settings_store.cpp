// See settings_store.h.
#include "cli/settings/settings_store.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "cli/settings/settings_text.h"

namespace cli {
namespace {

constexpr size_t kMaxFileBytes = size_t{16} << 20;
constexpr unsigned kMaxAside = 1000;

std::string why(int error) {
  return std::strerror(error);
}

}  // namespace

SettingsStore::SettingsStore(std::string path, FileCalls& calls)
    : path_(std::move(path)), calls_(calls) {
  const size_t slash = path_.rfind('/');
  folder_ = slash == std::string::npos ? "." : slash == 0 ? "/" : path_.substr(0, slash);
}

std::string SettingsStore::read(mpio::Settings& settings, bool& makes_no_sense) {
  std::string text;
  const int error = calls_.read(path_, kMaxFileBytes, text);
  makes_no_sense = error == EFBIG;
  settings = {};
  if (error == ENOENT) {
    return {};
  }
  if (error != 0) {
    return path_ + ": the stored settings cannot be read: " + why(error);
  }
  ParsedSettings parsed = parse_settings(text, path_);
  makes_no_sense = !parsed.error.empty() && !parsed.newer;
  settings = std::move(parsed.settings);
  return parsed.error;
}

SettingsStore::Loaded SettingsStore::load() {
  Loaded loaded;
  bool makes_no_sense = false;
  loaded.problem = read(loaded.settings, makes_no_sense);
  if (makes_no_sense) {
    loaded.problem += "; no stored settings are in force; " + put_aside();
  } else if (!loaded.problem.empty()) {
    loaded.problem +=
        "; no stored settings are in force, and none are stored; use the program that wrote the "
        "file, or give another --settings";
  }
  return loaded;
}

std::string SettingsStore::put_aside() {
  for (unsigned i = 1; i <= kMaxAside; ++i) {
    const std::string aside = path_ + ".corrupt-" + std::to_string(i);
    const int error = calls_.rename_to_new(path_, aside);
    if (error == 0) {
      static_cast<void>(calls_.sync_folder(folder_));
      return "the file is kept as " + aside + ": mend it, move it back and start again";
    }
    if (error != EEXIST) {
      return "mend the file and start again (it could not be put aside: " + why(error) + ")";
    }
  }
  return "mend the file and start again, and remove what is beside it";
}

std::string SettingsStore::change(const Edit& edit, mpio::Settings& settings) {
  int error = calls_.make_folder(folder_);
  int lock = -1;
  error = error == 0 ? calls_.lock_folder(folder_, lock) : error;
  if (error != 0) {
    return folder_ + ": settings cannot be stored there: " + why(error) +
           "; make the folder writable, or give another --settings";
  }
  std::string problem = change_locked(edit, settings);
  calls_.unlock_folder(lock);
  return problem;
}

std::string SettingsStore::change_locked(const Edit& edit, mpio::Settings& settings) {
  mpio::Settings now;
  bool makes_no_sense = false;
  std::string problem = read(now, makes_no_sense);
  if (!problem.empty()) {
    return problem + "; nothing was changed: mend the file or move it away, and try again";
  }
  problem = edit(now);
  if (!problem.empty()) {
    return problem;
  }
  const std::string beside = path_ + ".new";
  int error = calls_.write(beside, settings_text(now));
  error = error == 0 ? calls_.sync(beside) : error;
  error = error == 0 ? calls_.rename(beside, path_) : error;
  if (error != 0) {
    return path_ + ": the settings cannot be stored: " + why(error) + "; nothing was changed";
  }
  error = calls_.sync_folder(folder_);
  if (error != 0) {
    return path_ +
           ": the settings are stored, but would perhaps not survive a crash: " + why(error) +
           "; try again";
  }
  settings = std::move(now);
  return {};
}

std::string default_settings_path() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr ? value : "");
  };
  std::string base = variable("XDG_STATE_HOME");
  if (base.empty() || base.front() != '/') {
    const std::string home = variable("HOME");
    base = geteuid() == 0 || home.empty() ? "/var/lib" : home + "/.local/state";
  }
  return base + "/dsmkit/settings.json";
}

}  // namespace cli
