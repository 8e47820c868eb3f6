// See vendor_header.h.
#include "profile/vendor_header.h"

#include <cstdio>

#include "profile/cpp_literal.h"

namespace profile {
namespace {

constexpr const char* kHead =
    R"(// What this driver's vendor has decided about their arrays: load balance, error rules, timers. Made
// of a vendor's profile (that of mydsm is vendors/mydsm.toml):
//     dsmkit profile show PROFILE --header
#pragma once

)"
    "#include \"dsm/config.h\"\n"
    R"(
// clang-format off
namespace driver::vendor {

)";

const char* enumerator(dsm::PolicyId value) {
  switch (value) {
    case dsm::PolicyId::none:
      return "none";
    case dsm::PolicyId::fail_over_only:
      return "fail_over_only";
    case dsm::PolicyId::round_robin:
      return "round_robin";
    case dsm::PolicyId::round_robin_subset:
      return "round_robin_subset";
    case dsm::PolicyId::least_queue_depth:
      return "least_queue_depth";
    case dsm::PolicyId::weighted_paths:
      return "weighted_paths";
    case dsm::PolicyId::least_blocks:
      return "least_blocks";
    case dsm::PolicyId::least_service_time:
      return "least_service_time";
  }
  return "";
}

const char* enumerator(dsm::AluaSupport value) {
  switch (value) {
    case dsm::AluaSupport::none:
      return "none";
    case dsm::AluaSupport::implicit_only:
      return "implicit_only";
    case dsm::AluaSupport::explicit_only:
      return "explicit_only";
    case dsm::AluaSupport::both:
      return "both";
  }
  return "";
}

const char* enumerator(dsm::Condition value) {
  switch (value) {
    case dsm::Condition::always:
      return "always";
    case dsm::Condition::read_or_write:
      return "read_or_write";
    case dsm::Condition::read_or_write_and_optimized_elsewhere:
      return "read_or_write_and_optimized_elsewhere";
    case dsm::Condition::unregistered_here:
      return "unregistered_here";
  }
  return "";
}

const char* enumerator(dsm::FollowUp value) {
  switch (value) {
    case dsm::FollowUp::nothing:
      return "nothing";
    case dsm::FollowUp::fail_nexus:
      return "fail_nexus";
    case dsm::FollowUp::rtpg_here:
      return "rtpg_here";
    case dsm::FollowUp::rtpg_other_group:
      return "rtpg_other_group";
    case dsm::FollowUp::start_unit:
      return "start_unit";
    case dsm::FollowUp::check_registration:
      return "check_registration";
    case dsm::FollowUp::check_registration_now_and_then:
      return "check_registration_now_and_then";
  }
  return "";
}

const char* enumerator(dsm::Target value) {
  switch (value) {
    case dsm::Target::any:
      return "any";
    case dsm::Target::same_path:
      return "same_path";
    case dsm::Target::other_path:
      return "other_path";
  }
  return "";
}

const char* enumerator(dsm::Interval value) {
  switch (value) {
    case dsm::Interval::immediate:
      return "immediate";
    case dsm::Interval::host_default:
      return "host_default";
    case dsm::Interval::milliseconds:
      return "milliseconds";
  }
  return "";
}

const char* enumerator(dsm::Advice value) {
  switch (value) {
    case dsm::Advice::report:
      return "report";
    case dsm::Advice::retry_now:
      return "retry_now";
    case dsm::Advice::retry_later:
      return "retry_later";
  }
  return "";
}

std::string hex_number(unsigned value) {
  char text[16];
  std::snprintf(text, sizeof(text), "0x%02x", value);
  return text;
}

// ".a = 1, .b = 2", of what is not as it is without saying.
class Fields {
 public:
  void say(const char* name, const std::string& value) {
    text_ += std::string(text_.empty() ? "." : ", .") + name + " = " + value;
  }
  void flag(const char* name, bool value) {
    if (value) {
      say(name, "true");
    }
  }
  template <typename T>
  void choice(const char* name, const char* type, T value, T standard) {
    if (value != standard) {
      say(name, std::string("dsm::") + type + "::" + enumerator(value));
    }
  }
  void byte(const char* name, uint8_t value) {
    if (value != dsm::kAnyByte) {
      say(name, hex_number(value));
    }
  }
  std::string braced() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

std::string text_of(const dsm::Verdict& verdict) {
  const dsm::Verdict standard;
  Fields fields;
  fields.flag("retry", verdict.retry);
  fields.choice("target", "Target", verdict.target, standard.target);
  fields.flag("free", verdict.free);
  fields.choice("interval", "Interval", verdict.interval, standard.interval);
  if (verdict.interval_ms != standard.interval_ms) {
    fields.say("interval_ms", std::to_string(verdict.interval_ms));
  }
  fields.flag("failover", verdict.failover);
  fields.flag("give_back", verdict.give_back);
  fields.choice("advice", "Advice", verdict.advice, standard.advice);
  return fields.braced();
}

std::string text_of(const dsm::ErrorRow& row) {
  const dsm::ErrorRow standard;
  Fields fields;
  fields.say("name", cpp_literal(row.name));
  fields.say("explain", cpp_literal(row.explain));
  fields.flag("needs_sense", row.needs_sense);
  fields.flag("deferred", row.deferred);
  fields.byte("key", row.key);
  fields.byte("asc", row.asc);
  fields.byte("ascq", row.ascq);
  if (row.outcomes != standard.outcomes) {
    fields.say("outcomes", hex_number(row.outcomes));
  }
  fields.byte("status", row.status);
  fields.choice("condition", "Condition", row.condition, standard.condition);
  fields.say("verdict", text_of(row.verdict));
  fields.choice("follow_up", "FollowUp", row.follow_up, standard.follow_up);
  fields.flag("against_path", row.against_path);
  return fields.braced();
}

// An array has one element at least; a span need not.
template <typename Rows, typename TextOf>
std::string table(const char* type, const char* name, const Rows& rows, TextOf&& text_of_row) {
  const std::string span =
      std::string("inline constexpr std::span<const dsm::") + type + "> " + name;
  if (rows.empty()) {
    return span + ";\n";
  }
  std::string out = std::string("inline constexpr dsm::") + type + " " + name + "Table[] = {\n";
  for (const auto& row : rows) {
    out += "    " + text_of_row(row) + ",\n";
  }
  return out + "};\n" + span + " = " + name + "Table;\n";
}

std::string assignment(const char* field, const std::string& value) {
  return std::string("  config.") + field + " = " + value + ";\n";
}

std::string boolean(bool value) {
  return value ? "true" : "false";
}

std::string policy_text(dsm::PolicyId policy) {
  return std::string("dsm::PolicyId::") + enumerator(policy);
}

}  // namespace

bool reaches_driver(Number number) {
  return dsm_field(number) != nullptr || number == Number::path_error_hold_ms;
}

std::string vendor_header(const Profile& profile) {
  std::string out = kHead;
  out += "// In the order of the profile, ahead of the built-in rules.\n";
  out += table("ErrorRow", "kErrorRows", profile.rows,
               [](const dsm::ErrorRow& row) { return text_of(row); });
  out += "\n// What a LUN of these devices starts with, unless the registry says otherwise.\n";
  out += table("DevicePolicy", "kDevicePolicies", profile.device_policies,
               [](const dsm::DevicePolicy& device) {
                 return "{" + cpp_literal(device.device) + ", " + policy_text(device.policy) + "}";
               });
  out += std::string("\n// What of the announced support is believed.\n") +
         "inline constexpr dsm::AluaSupport kBelievedAlua = dsm::AluaSupport::" +
         enumerator(profile.believed_alua) + ";\n" +
         "// How long others are preferred to a path that works badly.\n" +
         "inline constexpr uint32_t kPathErrorHoldMs = " +
         std::to_string(profile.number(Number::path_error_hold_ms)) + ";\n";
  out += "\ninline void configure(dsm::Config& config) {\n" +
         assignment("default_policy", policy_text(profile.policy)) +
         assignment("device_policies", "kDevicePolicies") +
         assignment("vendor_rows", "kErrorRows") +
         assignment("least_blocks_cache", boolean(profile.least_blocks_sequential)) +
         assignment("extended_rtpg", boolean(profile.extended_rtpg));
  for (const DsmField& field : dsm_fields()) {
    out += assignment(field.name, std::to_string(profile.number(field.number)));
  }
  return out + "}\n\n}  // namespace driver::vendor\n";
}

}  // namespace profile
