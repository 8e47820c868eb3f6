// See lun_settings.h: reading.
#include "windows/driver/settings/lun_settings.h"
#include "windows/driver/settings/marks.h"
#include "windows/driver/settings/pending.h"
#include "windows/driver/settings/value.h"
#include "windows/driver/settings/value_names.h"

namespace driver {
namespace {

bool read_pending(const Key& key, LunSettings& out) {
  Key::Value value;
  const NTSTATUS status = key.read(name_of_pending(), out.scratch, value);
  if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
    return false;
  }
  const bool good =
      NT_SUCCESS(status) && value.type == REG_BINARY && decode_pending(value.bytes, out);
  if (!good) {
    report_setting(key, name_of_pending(), "makes no sense", value);
  }
  return good;
}

void read_paths(AtPassive here, const Key& key, LunSettings& out) {
  for (ULONG index = 0;; ++index) {
    UNICODE_STRING name{};
    if (!NT_SUCCESS(key.subkey(index, out.scratch, name))) {
      return;
    }
    if (out.paths.full()) {
      report_setting(key, name, "and what follows are more paths than are read");
      return;
    }
    StoredPath path{.name = path_of_key(name)};
    if (path.name == kNoPath) {
      report_setting(key, name, "stands among the paths and is none");
      continue;
    }
    Key subkey(here);
    if (!open_settings(subkey, key, name, KEY_QUERY_VALUE)) {
      continue;
    }
    const auto primary = read_number(subkey, name_of_primary_mark(), 0, 1);
    const auto optimized = read_number(subkey, name_of_optimized_mark(), 0, 1);
    path.desire =
        primary ? desire_of(*primary != 0, optimized.value_or(1) != 0) : dsm::Desire::undetermined;
    path.weight = read_number(subkey, name_of_weight(), 0, UINT32_MAX).value_or(0);
    static_cast<void>(out.paths.push_back(path));
  }
}

}  // namespace

const StoredPath* LunSettings::find(PathName name) const {
  for (const StoredPath& path : paths) {
    if (path.name == name) {
      return &path;
    }
  }
  return nullptr;
}

bool LunSettings::set(const StoredPath& path) {
  for (StoredPath& known : paths) {
    if (known.name == path.name) {
      known = path;
      return true;
    }
  }
  return paths.push_back(path);
}

void read_lun(AtPassive here, const SettingsRoot& parameters, LunName& name, LunSettings& out) {
  out.policy = {};
  out.paths.clear();
  Key root(here);
  Key container(here);
  Key key(here);
  if (!open_settings(root, parameters, KEY_QUERY_VALUE) ||
      !open_settings(container, root, name_of_luns_key(), KEY_ENUMERATE_SUB_KEYS) ||
      !open_settings(key, container, name.view(), KEY_QUERY_VALUE | KEY_ENUMERATE_SUB_KEYS) ||
      read_pending(key, out)) {
    return;
  }
  if (read_flag(key, name_of_explicit_mark()).value_or(false)) {
    out.policy = read_policy(key);
  }
  read_paths(here, key, out);
}

}  // namespace driver
