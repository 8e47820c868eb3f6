// See lun_settings.h: writing.
#include "windows/driver/pool.h"
#include "windows/driver/settings/lun_settings.h"
#include "windows/driver/settings/marks.h"
#include "windows/driver/settings/pending.h"
#include "windows/driver/settings/value.h"
#include "windows/driver/settings/value_names.h"

namespace driver {
namespace {

constexpr ULONG kChange =
    KEY_QUERY_VALUE | KEY_SET_VALUE | KEY_CREATE_SUB_KEY | KEY_ENUMERATE_SUB_KEYS | DELETE;

NTSTATUS write_path(AtPassive here, const Key& lun, const StoredPath& path) {
  PathKey name(path.name);
  Key key(here);
  NTSTATUS status = key.create(lun, name.view(), KEY_SET_VALUE);
  if (NT_SUCCESS(status)) {
    status = path.weight != 0 ? write_number(key, name_of_weight(), path.weight)
                              : key.erase_value(name_of_weight());
  }
  const bool desired = path.desire != dsm::Desire::undetermined;
  if (NT_SUCCESS(status)) {
    status = desired
                 ? write_number(key, name_of_optimized_mark(), is_optimized(path.desire) ? 1 : 0)
                 : key.erase_value(name_of_optimized_mark());
  }
  if (NT_SUCCESS(status)) {
    status = desired ? write_number(key, name_of_primary_mark(), is_primary(path.desire) ? 1 : 0)
                     : key.erase_value(name_of_primary_mark());
  }
  return status;
}

NTSTATUS write_policy_of(const Key& lun, const PolicySetting& policy) {
  if (!policy.set()) {
    NTSTATUS status = write_flag(lun, name_of_explicit_mark(), false);
    if (NT_SUCCESS(status)) {
      status = lun.erase_value(name_of_policy());
    }
    return NT_SUCCESS(status) ? lun.erase_value(name_of_preferred_path()) : status;
  }
  NTSTATUS status = write_long(lun, name_of_preferred_path(),
                               policy.preferred != kNoPath ? policy.preferred : kNoPathNumber);
  if (NT_SUCCESS(status)) {
    status = write_number(lun, name_of_policy(), static_cast<uint32_t>(policy.policy));
  }
  return NT_SUCCESS(status) ? write_flag(lun, name_of_explicit_mark(), true) : status;
}

// Of the paths that are not in the settings any more. What is not ours stays.
NTSTATUS remove_stale_paths(AtPassive here, const Key& lun, const LunSettings& settings) {
  PoolBuffer<uint8_t> buffer(kSubkeyBufferBytes, kBufferTag);
  if (!buffer.valid()) {
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  for (ULONG index = 0;;) {
    UNICODE_STRING name{};
    if (!NT_SUCCESS(lun.subkey(index, {buffer.data(), buffer.size()}, name))) {
      return STATUS_SUCCESS;
    }
    const PathName path = path_of_key(name);
    if (path == kNoPath || settings.find(path) != nullptr) {
      ++index;
      continue;
    }
    Key key(here);
    NTSTATUS status = key.open(lun, name, DELETE);
    if (NT_SUCCESS(status)) {
      status = key.erase();
    }
    if (!NT_SUCCESS(status)) {
      return status;
    }
  }
}

// Value by value. Until all of it is there, the pending value holds.
NTSTATUS carry_out(AtPassive here, const Key& lun, const LunSettings& settings) {
  NTSTATUS status = STATUS_SUCCESS;
  for (const StoredPath& path : settings.paths) {
    status = NT_SUCCESS(status) ? write_path(here, lun, path) : status;
  }
  if (NT_SUCCESS(status)) {
    status = remove_stale_paths(here, lun, settings);
  }
  if (NT_SUCCESS(status)) {
    status = write_policy_of(lun, settings.policy);
  }
  return NT_SUCCESS(status) ? lun.erase_value(name_of_pending()) : status;
}

NTSTATUS open_to_change(AtPassive here, const SettingsRoot& parameters, LunName& name, Key& lun) {
  Key root(here);
  Key container(here);
  NTSTATUS status = root.open(parameters, KEY_CREATE_SUB_KEY);
  if (NT_SUCCESS(status)) {
    status = container.create(root, name_of_luns_key(), KEY_CREATE_SUB_KEY);
  }
  return NT_SUCCESS(status) ? lun.create(container, name.view(), kChange) : status;
}

}  // namespace

NTSTATUS write_lun(AtPassive here, const SettingsRoot& parameters, LunName& name,
                   const LunSettings& settings) {
  PoolBuffer<uint8_t> buffer(kMaxPendingBytes, kBufferTag);
  if (!buffer.valid()) {
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  Key lun(here);
  NTSTATUS status = open_to_change(here, parameters, name, lun);
  if (NT_SUCCESS(status)) {
    status = lun.write(name_of_pending(), REG_BINARY,
                       encode_pending(settings, {buffer.data(), buffer.size()}));
  }
  if (!NT_SUCCESS(status)) {
    return status;
  }
  if (!NT_SUCCESS(carry_out(here, lun, settings))) {
    UNICODE_STRING key = name.view();
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_WARNING_LEVEL,
               "dsmkit: a change of %wZ could not be carried out yet; it holds as it is pending\n",
               &key);
  } else if (settings.empty()) {
    lun.erase();  // of no consequence: an empty key says nothing
  }
  return STATUS_SUCCESS;
}

}  // namespace driver
