// See profile_identity.h.
#include "cli/profile_identity.h"

#include <fmt/format.h>

#include <algorithm>

namespace cli {

using Json = nlohmann::ordered_json;

Json identity_json(const profile::Identity& identity) {
  const auto& version = identity.version;
  Json classes = Json::object();
  for (size_t i = 0; i < profile::kWmiClassCount; ++i) {
    classes[identity.class_name(i)] = profile::guid_text(identity.class_guids[i]);
  }
  return {{"vendor", identity.vendor},
          {"product", identity.product},
          {"company", identity.company},
          {"service", identity.service},
          {"hardware_id", identity.hardware_id()},
          {"binary", identity.binary},
          {"display_name", identity.display_name},
          {"version", fmt::format("{}.{}.{}.{}", version[0], version[1], version[2], version[3])},
          {"trace_provider", identity.trace_provider},
          {"trace_guid", profile::guid_text(identity.trace_guid)},
          {"class_prefix", identity.class_prefix},
          {"classes", std::move(classes)}};
}

std::string identity_text(const profile::Identity& identity) {
  const Json document = identity_json(identity);
  std::string text;
  for (const auto& [key, value] : document.items()) {
    if (value.is_string()) {
      text += fmt::format("{:<15} {}\n", key, value.get<std::string>());
    }
  }
  size_t width = 0;
  for (const auto& [name, guid] : document["classes"].items()) {
    width = std::max(width, name.size());
  }
  text += "classes\n";
  for (const auto& [name, guid] : document["classes"].items()) {
    text += fmt::format("  {:<{}} {}\n", name, width, guid.get<std::string>());
  }
  return text;
}

}  // namespace cli
