// See levels.h.
#include "windows/driver/settings/levels.h"

#include "dsm/policy.h"
#include "windows/driver/settings/value.h"
#include "windows/driver/settings/value_names.h"

namespace driver {
namespace {

constexpr WCHAR kFirstPrintable = 0x20;
constexpr WCHAR kLastPrintable = 0x7e;

// False when the name of the key is no hardware id.
bool read_id(const UNICODE_STRING& name, HardwareId& out) {
  for (size_t i = 0; i < name.Length / sizeof(WCHAR); ++i) {
    const WCHAR unit = name.Buffer[i];
    if (unit < kFirstPrintable || unit > kLastPrintable || !out.append(static_cast<char>(unit))) {
      return false;
    }
  }
  return is_hardware_id(out.view());
}

// The preferred path is written while it does not matter yet, or is all that changes: one write is
// the change.
NTSTATUS write_policy(const Key& key, const PolicySetting& setting) {
  const bool has_preferred =
      setting.policy == dsm::PolicyId::fail_over_only && setting.preferred != kNoPath;
  NTSTATUS status = STATUS_SUCCESS;
  if (has_preferred) {
    status = write_long(key, name_of_preferred_path(), setting.preferred);
  } else if (setting.policy == dsm::PolicyId::fail_over_only) {
    status = key.erase_value(name_of_preferred_path());
  }
  const auto policy = static_cast<uint32_t>(setting.policy);
  if (NT_SUCCESS(status) && !setting.set()) {
    status = key.erase_value(name_of_policy());
  } else if (NT_SUCCESS(status) && read_number(key, name_of_policy(), 0, UINT32_MAX) != policy) {
    status = write_number(key, name_of_policy(), policy);
  }
  if (NT_SUCCESS(status) && setting.policy != dsm::PolicyId::fail_over_only) {
    key.erase_value(name_of_preferred_path());  // of no consequence any more
  }
  return status;
}

NTSTATUS remove_hardware(AtPassive here, const Key& container, UNICODE_STRING id) {
  Key key(here);
  const NTSTATUS status = key.open(container, id, DELETE);
  return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_SUCCESS
         : NT_SUCCESS(status)                   ? key.erase()
                                                : status;
}

NTSTATUS add_hardware(AtPassive here, const SettingsRoot& parameters, UNICODE_STRING id,
                      const PolicySetting& setting) {
  Key root(here);
  NTSTATUS status = root.open(parameters, KEY_CREATE_SUB_KEY);
  Key container(here);
  if (NT_SUCCESS(status)) {
    status = container.create(root, name_of_hardware_key(), KEY_CREATE_SUB_KEY);
  }
  Key key(here);
  if (NT_SUCCESS(status)) {
    status = key.create(container, id, KEY_QUERY_VALUE | KEY_SET_VALUE);
  }
  return NT_SUCCESS(status) ? write_policy(key, setting) : status;
}

}  // namespace

dsm::PolicyChoice choice_of(const PolicySetting& setting) {
  const char* const bytes = reinterpret_cast<const char*>(&setting.preferred);
  return {setting.policy,
          {bytes, setting.preferred != kNoPath ? sizeof(setting.preferred) : size_t{0}}};
}

PolicySetting read_policy(const Key& key) {
  const std::optional<uint32_t> policy =
      read_number(key, name_of_policy(), 1, static_cast<uint32_t>(UINT8_MAX));
  if (!policy) {
    return {};
  }
  PolicySetting setting{static_cast<dsm::PolicyId>(*policy), kNoPath};
  if (dsm::find_policy(setting.policy) == nullptr) {
    report_setting(key, name_of_policy(), "is the number of no policy",
                   {.type = REG_DWORD, .size = sizeof(*policy), .bytes = {}});
    return {};
  }
  if (setting.policy == dsm::PolicyId::fail_over_only) {
    const PathName preferred =
        read_long(key, name_of_preferred_path(), UINT64_MAX).value_or(kNoPath);
    setting.preferred = preferred != kNoPathNumber ? preferred : kNoPath;
  }
  return setting;
}

void read_levels(AtPassive here, const SettingsRoot& parameters, Levels& out) {
  out.dsm_wide = {};
  out.hardware.clear();
  out.choices.clear();
  Key root(here);
  if (!open_settings(root, parameters, KEY_QUERY_VALUE)) {
    return;
  }
  out.dsm_wide = read_policy(root);
  Key container(here);
  if (!open_settings(container, root, name_of_hardware_key(), KEY_ENUMERATE_SUB_KEYS)) {
    return;
  }
  for (ULONG index = 0;; ++index) {
    UNICODE_STRING name{};
    if (!NT_SUCCESS(container.subkey(index, out.scratch, name))) {
      return;
    }
    if (out.hardware.full()) {
      report_setting(container, name, "and what follows are more makes than are read");
      return;
    }
    HardwareSetting found;
    if (!read_id(name, found.id)) {
      report_setting(container, name, "stands among the hardware ids and is none");
      continue;
    }
    Key key(here);
    if (!open_settings(key, container, name, KEY_QUERY_VALUE)) {
      continue;
    }
    found.setting = read_policy(key);
    if (found.setting.set()) {
      static_cast<void>(out.hardware.push_back(found));
      const HardwareSetting& kept = out.hardware.back();
      static_cast<void>(out.choices.push_back({kept.id.view(), choice_of(kept.setting)}));
    }
  }
}

NTSTATUS write_dsm_wide(AtPassive here, const SettingsRoot& parameters,
                        const PolicySetting& setting) {
  Key root(here);
  const NTSTATUS status = root.open(parameters, KEY_QUERY_VALUE | KEY_SET_VALUE);
  return NT_SUCCESS(status) ? write_policy(root, setting) : status;
}

NTSTATUS write_hardware(AtPassive here, const SettingsRoot& parameters, std::string_view id,
                        const PolicySetting& setting) {
  WCHAR text[24] = {};
  for (size_t i = 0; i < id.size() && i < sizeof(text) / sizeof(text[0]); ++i) {
    text[i] = static_cast<WCHAR>(id[i]);
  }
  const auto bytes = static_cast<USHORT>(id.size() * sizeof(WCHAR));
  const UNICODE_STRING name{bytes, bytes, text};
  if (setting.set()) {
    return add_hardware(here, parameters, name, setting);
  }
  Key root(here);
  Key container(here);
  NTSTATUS status = root.open(parameters, KEY_QUERY_VALUE);
  if (NT_SUCCESS(status)) {
    status = container.open(root, name_of_hardware_key(), KEY_ENUMERATE_SUB_KEYS);
    return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_SUCCESS
           : NT_SUCCESS(status)                   ? remove_hardware(here, container, name)
                                                  : status;
  }
  return status;
}

bool is_hardware_id(std::string_view id) {
  if (id.empty() || id.size() > 24) {
    return false;
  }
  bool blank = true;
  for (const char c : id) {
    if (static_cast<WCHAR>(c) < kFirstPrintable || static_cast<WCHAR>(c) > kLastPrintable ||
        c == '\\') {
      return false;
    }
    blank = blank && c == ' ';
  }
  return !blank;
}

}  // namespace driver
