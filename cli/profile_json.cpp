// See profile_json.h. The keys are those of the profile, so that one finds them again.
#include "cli/profile_json.h"

#include <fmt/format.h>

#include "cli/explain/explain.h"
#include "cli/profile_settings.h"
#include "dsm/policy.h"
#include "profile/identity.h"
#include "profile/words.h"
#include "scsi/sense.h"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;
using profile::Number;
using profile::Part;

std::string policy_name(dsm::PolicyId id) {
  const dsm::Policy* policy = dsm::find_policy(id);
  return policy != nullptr ? policy->name : "?";
}

std::string hex(uint8_t byte) {
  return fmt::format("{:02x}h", byte);
}

std::string key_text(uint8_t key) {
  return fmt::format("{:x}h {}", key, scsi::name_of_sense_key(key));
}

Json devices(const profile::Profile& profile, const mpio::DiskConfig& config) {
  Json list = Json::array();
  for (size_t i = 0; i < profile.devices.size(); ++i) {
    const profile::Device& device = profile.devices[i];
    const auto& policies = config.dsm.device_policies;
    list.push_back({{"id", device.id},
                    {"matches", device.is_prefix ? "products that begin so" : "one product"},
                    {"policy", policy_name(i < policies.size() ? policies[i].policy
                                                               : config.dsm.default_policy)}});
  }
  return list;
}

Json driver(const profile::Identity& identity) {
  Json out = {{"display_name", identity.display_name},
              {"binary", identity.binary},
              {"class_prefix", identity.class_prefix},
              {"trace_provider", identity.trace_provider},
              {"trace_guid", profile::guid_text(identity.trace_guid)}};
  for (size_t i = 0; i < profile::kWmiClassCount; ++i) {
    out[profile::guid_key(i)] = profile::guid_text(identity.class_guids[i]);
  }
  return out;
}

Json match(const dsm::ErrorRow& row) {
  Json out = Json::object();
  if (row.outcomes != dsm::kAnyOutcome) {
    for (const auto& word : profile::transport_words()) {
      if ((row.outcomes & dsm::outcome_bit(word.value)) != 0) {
        out["transport"].push_back(word.text);
      }
    }
  }
  if (row.status != dsm::kAnyByte) {
    out["status"] = hex(row.status);
  }
  if (row.deferred) {
    out["deferred"] = true;
  }
  if (row.key != dsm::kAnyByte) {
    out["key"] = key_text(row.key);
  }
  if (row.asc != dsm::kAnyByte) {
    out["asc"] = hex(row.asc);
  }
  if (row.ascq != dsm::kAnyByte) {
    out["ascq"] = hex(row.ascq);
  }
  out["when"] = text_for(profile::condition_words(), row.condition);
  return out;
}

Json array_json(const profile::ArrayModel& model) {
  Json out;
  out["access"] = text_for(profile::array_access_words(), model.access);
  out["vendor"] = model.vendor;
  out["product"] = model.product;
  out["controllers"] = model.controllers;
  if (model.access == profile::ArrayAccess::alua) {
    out["alua"] = text_for(profile::alua_words(), model.alua);
    out["passive_state"] = scsi::name_of(model.passive_state);
    out["transition_time_s"] = model.transition_time_s;
  } else if (model.access == profile::ArrayAccess::active_passive) {
    out["passive_key"] = key_text(model.passive_key);
    out["passive_asc"] = hex(model.passive_asc);
    out["passive_ascq"] = hex(model.passive_ascq);
  }
  return out;
}

std::string scalar(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string rule_text(const Json& rule) {
  std::string out = fmt::format("  {}\n", scalar(rule.at("name")));
  for (const auto& [key, value] : rule.items()) {
    if (key == "name") {
      continue;
    }
    std::string text = value.is_object() ? "" : scalar(value);
    if (value.is_object()) {
      for (const auto& [part, wanted] : value.items()) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", part, scalar(wanted));
      }
    }
    out += fmt::format("    {:<29} {}\n", key, text);
  }
  return out;
}

}  // namespace

Json profile_json(const profile::Profile& profile, const mpio::DiskConfig& config) {
  const profile::Identity identity = profile::identity_of(profile);
  Json out;
  out["file"] = profile.file;
  out["names"] = {
      {"vendor", profile.names.vendor},   {"product", profile.names.product},
      {"company", profile.names.company}, {"service", profile.names.service},
      {"version", profile.names.version}, {"hardware_id", "Root\\" + profile.names.service},
      {"shown_as", identity.display_name}};
  out["driver"] = driver(identity);
  out["devices"] = devices(profile, config);
  out["policy"] = {{"default", policy_name(config.dsm.default_policy)},
                   {"least_blocks_sequential", config.dsm.least_blocks_cache}};
  for (const profile::Key& key : profile::all_keys()) {
    if (key.number != Number::none) {
      out[profile::info_of(key.part).name][key.name] = value_of(config, key.number);
    }
  }
  out["access"] = {{"extended_rtpg", config.dsm.extended_rtpg},
                   {"believed_alua", text_for(profile::alua_words(), config.believed_alua)}};
  out["errors"] = Json::array();
  for (const profile::Rule& rule : profile.rules) {
    Json entry = explain::rule(rule.row);
    entry["match"] = match(rule.row);
    entry["line"] = rule.line;
    out["errors"].push_back(std::move(entry));
  }
  out["array"] = array_json(profile.array);
  return out;
}

std::string profile_text(const Json& document) {
  std::string out;
  for (const auto& [name, value] : document.items()) {
    if (name == "errors") {
      out += fmt::format("error rules, in front of the built-in ones: {}\n", value.size());
      for (const Json& rule : value) {
        out += rule_text(rule);
      }
    } else if (value.is_array()) {
      out += name + '\n';
      for (const Json& item : value) {
        out += fmt::format("  \"{}\"  {}, policy {}\n", scalar(item.at("id")),
                           scalar(item.at("matches")), scalar(item.at("policy")));
      }
    } else if (value.is_object()) {
      out += name + '\n';
      for (const auto& [key, part] : value.items()) {
        out += fmt::format("  {:<31} {}\n", key, scalar(part));
      }
    } else {
      out += fmt::format("{} {}\n", name, scalar(value));
    }
  }
  return out;
}

}  // namespace cli
