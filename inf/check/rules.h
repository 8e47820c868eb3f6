// What is judged of an INF for a device-specific module: one row per rule, with why it is one and
// what to do. Windows' own verifier (InfVerif) and MPIO's documentation are where they come from.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace inf {

// error: Windows or MPIO does not do what is meant. warning: it works and will be refused, or do
// harm, somewhere. note: for your information; a file with nothing else is clean.
enum class Level : uint8_t { error, warning, note };
const char* name_of(Level level);

enum class Rule : uint8_t {
  syntax_bytes,
  syntax_section,
  syntax_outside,
  syntax_quote,
  syntax_continuation,
  section_duplicate,
  section_dangling,
  section_unused,
  section_line,
  string_undefined,
  string_unused,
  string_duplicate,
  name_placeholder,
  name_reserved,
  version_missing,
  version_signature,
  version_class,
  version_provider,
  version_driver_ver,
  version_catalog,
  version_pnp_lockdown,
  models_none,
  models_decoration,
  models_architecture,
  models_hardware_id,
  files_source,
  files_disk,
  files_destination,
  files_directory,
  files_folder,
  service_none,
  service_type,
  service_start,
  service_error_control,
  service_group,
  service_binary,
  registry_root,
  registry_flags,
  registry_data,
  registry_global,
  registry_parameters,
  devices_none,
  devices_append,
  devices_entry,
  devices_blank,
  devices_lists_differ,
  wmi_none,
  wmi_descriptor,
  wmi_open,
  wmi_clobbers,
  expected_service,
  expected_binary,
  expected_catalog,
  expected_hardware_id,
  expected_devices,
  expected_class,
};

struct RuleText {
  Rule rule;
  Level level;
  const char* id;      // "version-driver-ver"
  const char* why;     // one sentence
  const char* remedy;  // likewise
};
std::span<const RuleText> rule_texts();
const RuleText& text_of(Rule rule);

}  // namespace inf
