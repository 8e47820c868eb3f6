// See lun_settings.h: reading.
#include "windows/driver/settings/lun_settings.h"
#include "windows/driver/settings/marks.h"
#include "windows/driver/settings/pending.h"
#include "windows/driver/settings/value.h"
#include "windows/driver/settings/value_names.h"

namespace driver {
namespace {

bool read_pending(const Key& key, LunSettings& out) {
  ULONG type = 0;
  base::Bytes value;
  const NTSTATUS status = key.read(name_of_pending(), out.scratch, type, value);
  if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
    return false;
  }
  const bool good = NT_SUCCESS(status) && type == REG_BINARY && decode_pending(value, out);
  if (!good) {
    report_value(name_of_pending(), "makes no sense");
  }
  return good;
}

void read_paths(AtPassive here, const Key& key, LunSettings& out) {
  for (ULONG index = 0; !out.paths.full(); ++index) {
    UNICODE_STRING name{};
    if (!NT_SUCCESS(key.subkey(index, out.scratch, name))) {
      return;
    }
    StoredPath path{.name = path_of_key(name)};
    Key subkey(here);
    if (path.name == kNoPath || !NT_SUCCESS(subkey.open(key, name, KEY_QUERY_VALUE))) {
      report_value(name, "stands among the paths and is none");
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

void read_lun(AtPassive here, const UNICODE_STRING& parameters, LunName& name, LunSettings& out) {
  out.policy = {};
  out.paths.clear();
  Key root(here);
  Key container(here);
  Key key(here);
  if (!NT_SUCCESS(root.open(parameters, KEY_QUERY_VALUE)) ||
      !NT_SUCCESS(container.open(root, name_of_luns_key(), KEY_ENUMERATE_SUB_KEYS)) ||
      !NT_SUCCESS(key.open(container, name.view(), KEY_QUERY_VALUE | KEY_ENUMERATE_SUB_KEYS)) ||
      read_pending(key, out)) {
    return;
  }
  if (read_flag(key, name_of_explicit_mark()).value_or(false)) {
    out.policy = read_policy(key);
  }
  read_paths(here, key, out);
}

}  // namespace driver
