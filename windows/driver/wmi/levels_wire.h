// Policies of a level as the classes show them. Paths are shown by the number that MPIO knows them
// by; that of a path that is not there is its name, which can be set again.
#pragma once

#include <optional>

#include "windows/driver/driver.h"
#include "windows/driver/settings/levels.h"
#include "windows/driver/wmi/wire.h"

namespace driver {

ULONGLONG number_of_path(Engine& engine, const PolicySetting& setting);
// `policy` 0: not set. None: there is no such policy.
std::optional<PolicySetting> setting_of(Engine& engine, ULONG policy, ULONGLONG preferred);

wire::Text text_of_id(std::string_view text);
// None: it is no hardware id.
std::optional<HardwareId> id_of_text(const wire::Text& text);

}  // namespace driver
