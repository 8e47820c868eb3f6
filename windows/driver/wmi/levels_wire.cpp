// See levels_wire.h.
#include "windows/driver/wmi/levels_wire.h"

#include "dsm/policy.h"

namespace driver {

ULONGLONG number_of_path(Engine& engine, const PolicySetting& setting) {
  if (setting.preferred == kNoPath) {
    return kNoPathNumber;
  }
  ULONGLONG number = setting.preferred;
  engine.for_each_device([&](const Device& device) {
    if (device.stable_name == setting.preferred) {
      number = device.path_number;
    }
  });
  return number;
}

std::optional<PolicySetting> setting_of(Engine& engine, ULONG policy, ULONGLONG preferred) {
  if (policy == 0) {
    return PolicySetting{};
  }
  PolicySetting setting{static_cast<dsm::PolicyId>(policy), kNoPath};
  if (policy > UINT8_MAX || dsm::find_policy(setting.policy) == nullptr) {
    return {};
  }
  if (setting.policy == dsm::PolicyId::fail_over_only && preferred != kNoPathNumber) {
    setting.preferred = preferred;
    engine.for_each_device([&](const Device& device) {
      if (device.path_number == preferred) {
        setting.preferred = device.stable_name;
      }
    });
  }
  return setting;
}

wire::Text text_of_id(std::string_view text) {
  wire::Text out{};
  for (size_t i = 0; i < text.size() && i < wire::Text::kCharacters; ++i) {
    out.Characters[i] = static_cast<WCHAR>(text[i]);
    out.Bytes = static_cast<USHORT>(out.Bytes + sizeof(WCHAR));
  }
  return out;
}

std::optional<HardwareId> id_of_text(const wire::Text& text) {
  HardwareId id;
  for (size_t i = 0; i < wire::Text::kCharacters && i * sizeof(WCHAR) < text.Bytes; ++i) {
    const WCHAR unit = text.Characters[i];
    if (unit == 0) {
      break;
    }
    if (unit > 0x7e || !id.append(static_cast<char>(unit))) {
      return {};
    }
  }
  return is_hardware_id(id.view()) ? std::optional<HardwareId>(id) : std::nullopt;
}

}  // namespace driver
