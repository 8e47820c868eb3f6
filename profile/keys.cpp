// See keys.h. The standard numbers are those of the disk and the DSM; a test compares them.
#include "profile/keys.h"

#include <array>

namespace profile {
namespace {

constexpr uint32_t kDayMs = 86'400'000;

constexpr std::array<PartInfo, kPartCount> kParts = {{
    {"names", false, true, "Who makes it, and what it is called."},
    {"driver", false, false,
     "The driver's further names and GUIDs, where they shall not be made of [names]; `dsmkit "
     "profile "
     "identity` prints all of them."},
    {"device", true, true,
     "The devices that the profile is for, by what INQUIRY says; the first that matches counts."},
    {"policy", false, false, "Load balance: what a LUN starts with."},
    {"timers", false, false, "All in milliseconds."},
    {"thresholds", false, false, "How much failing is too much."},
    {"access", false, false,
     "Asymmetric access (ALUA): where the array departs from the standard."},
    {"error", true, false,
     "What an error of this array means. Rules are tried in the order of the file, ahead of the "
     "built-in ones; the first that matches decides."},
    {"array", false, false, "What `dsmkit array --profile` plays. The disk does not look at it."},
}};

constexpr Key text(Part part, const char* name, bool required, const char* values,
                   const char* standard, const char* meaning) {
  return {part, name, Kind::text, required, values, standard, meaning};
}
constexpr Key word(Part part, const char* name, bool required, const char* values,
                   const char* standard, const char* meaning) {
  return {part, name, Kind::word, required, values, standard, meaning};
}
constexpr Key flag(Part part, const char* name, const char* standard, const char* meaning) {
  return {part, name, Kind::boolean, false, "true, false", standard, meaning};
}
// A number that is kept by its name.
constexpr Key number(Part part, Number id, const char* name, uint32_t standard, uint32_t least,
                     uint32_t most, const char* meaning) {
  return {part, name, Kind::number, false, "", "", meaning, least, most, standard, id};
}
// A number that is part of something.
constexpr Key part_number(Part part, const char* name, const char* standard, uint32_t least,
                          uint32_t most, const char* meaning) {
  return {part, name, Kind::number, false, "", standard, meaning, least, most};
}

using enum Part;
constexpr const char* kPolicies = "a policy of docs/disk.md";
constexpr const char* kMadeGuid = "made of its name";

constexpr Key kKeys[] = {
    text(names, "vendor", true, "1 to 16 letters, digits, '-', '_', '.'", "",
         "short name, for lists"),
    text(names, "product", true, "1 to 63 printable ASCII characters", "",
         "title of the product; the driver is shown as \"PRODUCT Multi-Path DSM\""),
    text(names, "company", true, "1 to 63 printable ASCII characters", "", "whose driver it is"),
    text(names, "service", true, "a letter, then up to 31 letters, digits, '-', '_'", "",
         "name of the driver's service and of its file; its hardware ID is Root\\SERVICE"),
    text(names, "version", true, "w.x.y.z, each 0 to 65535", "",
         "of the driver package and of the driver"),

    text(driver, "display_name", false, "1 to 127 printable ASCII characters",
         "PRODUCT Multi-Path DSM", "how MPIO and the driver's properties show it"),
    text(driver, "binary", false, "a letter, then up to 31 letters, digits, '-', '_'; .sys",
         "SERVICE.sys", "name of the driver's file"),
    text(driver, "class_prefix", false,
         "a capital letter, then up to 31 capital letters, digits, '_'",
         "SERVICE in capital letters", "how the names of its WMI classes begin"),
    text(driver, "trace_provider", false, "1 to 63 letters, digits, '-', '_', '.'",
         "VENDOR-SERVICE", "its ETW provider"),
    text(driver, "trace_guid", false, "a GUID", kMadeGuid, "of the ETW provider"),
    text(driver, "guid_device_perf", false, "a GUID", kMadeGuid,
         "of class PREFIX_DEVICE_PERF: what each path of a LUN has carried"),
    text(driver, "guid_devicepath_perf", false, "a GUID", kMadeGuid,
         "of class PREFIX_DEVICEPATH_PERF, an element of it"),
    text(driver, "guid_device_health", false, "a GUID", kMadeGuid,
         "of class PREFIX_DEVICE_HEALTH: how well each path of a LUN works"),
    text(driver, "guid_devicepath_health", false, "a GUID", kMadeGuid,
         "of class PREFIX_DEVICEPATH_HEALTH, an element of it"),
    text(driver, "guid_wmi_methods", false, "a GUID", kMadeGuid,
         "of class PREFIX_WMI_METHODS: clears the counters of a LUN"),
    text(driver, "guid_supported_devices_list", false, "a GUID", kMadeGuid,
         "of class PREFIX_SUPPORTED_DEVICES_LIST: which devices it claims"),
    text(driver, "guid_targets_default_load_balance_policy", false, "a GUID", kMadeGuid,
         "of class PREFIX_TARGETS_DEFAULT_LOAD_BALANCE_POLICY: policies of makes of device"),
    text(driver, "guid_target_default_policy_info", false, "a GUID", kMadeGuid,
         "of class PREFIX_TARGET_DEFAULT_POLICY_INFO, an element of it"),
    text(driver, "guid_default_load_balance_policy", false, "a GUID", kMadeGuid,
         "of class PREFIX_DEFAULT_LOAD_BALANCE_POLICY: the policy of everything else"),

    text(device, "vendor", true, "1 to 8 printable ASCII characters", "",
         "vendor identification as INQUIRY shows it; blanks at its end are added"),
    text(device, "product", false, "1 to 16 printable ASCII characters", "",
         "product identification, all of it; blanks at its end are added"),
    text(device, "product_prefix", false, "1 to 15 printable ASCII characters", "",
         "in its place: how the product identification begins, for a family of products"),
    word(device, "policy", false, kPolicies, "[policy] default",
         "load balance of the LUNs of this device"),

    word(policy, "default", false, kPolicies, "round-robin",
         "load balance of all other LUNs of the profile"),
    flag(policy, "least_blocks_sequential", "true",
         "least-blocks keeps a sequential transfer on one path"),
    number(policy, Number::least_blocks_sequential_bytes, "least_blocks_sequential_bytes", 1U << 20,
           512, 1U << 30, "while no more bytes than this are under way there"),

    number(timers, Number::nop_after_ms, "nop_after_ms", 250, 10, kDayMs,
           "silence, with something outstanding, after which the path is asked for a sign of life"),
    number(timers, Number::suspect_after_ms, "suspect_after_ms", 500, 10, kDayMs,
           "silence after which other paths are preferred"),
    number(timers, Number::down_after_ms, "down_after_ms", 1'200, 10, kDayMs,
           "silence after which the path is left"),
    number(timers, Number::keepalive_ms, "keepalive_ms", 5'000, 100, kDayMs,
           "an idle path is asked for a sign of life this often"),
    number(timers, Number::command_deadline_ms, "command_deadline_ms", 30'000, 10, kDayMs,
           "for one command on a path that is otherwise alive"),
    number(timers, Number::login_deadline_ms, "login_deadline_ms", 5'000, 10, kDayMs,
           "for one login, and for each command of the examination after it"),
    number(timers, Number::no_path_deadline_ms, "no_path_deadline_ms", 60'000, 0, kDayMs,
           "requests fail when no path has served for so long"),
    number(
        timers, Number::settle_loss_ms, "settle_loss_ms", 60'000, 0, kDayMs,
        "a write without an answer counts as dead after so long without a new login to its port; "
        "0: never"),
    number(timers, Number::backoff_first_ms, "backoff_first_ms", 50, 1, kDayMs,
           "first pause between two logins; it doubles each time"),
    number(timers, Number::backoff_max_ms, "backoff_max_ms", 5'000, 1, kDayMs,
           "longest pause between two logins"),
    number(timers, Number::stability_ms, "stability_ms", 1'000, 0, kDayMs,
           "a path that came back must stay well for so long before it is used"),
    number(timers, Number::recheck_ms, "recheck_ms", 30'000, 100, kDayMs,
           "a path in use is examined again this often"),
    number(timers, Number::tur_deadline_ms, "tur_deadline_ms", 10'000, 10, kDayMs,
           "for the DSM's own TEST UNIT READY"),
    number(timers, Number::rtpg_deadline_ms, "rtpg_deadline_ms", 10'000, 10, kDayMs,
           "for REPORT TARGET PORT GROUPS"),
    number(timers, Number::stpg_deadline_ms, "stpg_deadline_ms", 20'000, 10, kDayMs,
           "for SET TARGET PORT GROUPS, and for START STOP UNIT"),
    number(timers, Number::retry_pause_ms, "retry_pause_ms", 10, 1, kDayMs,
           "first pause before one of these commands is repeated; it doubles each time"),
    number(timers, Number::retry_pause_max_ms, "retry_pause_max_ms", 1'000, 1, kDayMs,
           "longest pause before it is repeated"),
    number(timers, Number::access_work_ms, "access_work_ms", 60'000, 100, kDayMs,
           "how long a transition of access states may take when the array tells no implicit "
           "transition time, and the limit of what it may tell"),

    number(thresholds, Number::retry_limit, "retry_limit", 8, 0, 1'000,
           "counted retries of one command; then the client gets an error"),
    number(thresholds, Number::flap_window_ms, "flap_window_ms", 60'000, 0, kDayMs,
           "a path that is lost again within this time after it came back is flapping"),
    number(thresholds, Number::flap_hold_max_ms, "flap_hold_max_ms", 10'000, 0, kDayMs,
           "a flapping path must stay well twice as long each time, up to this"),
    number(thresholds, Number::path_error_limit, "path_error_limit", 10, 0, 1'000'000,
           "a path on which so many commands fail within path_error_window_ms for reasons of its "
           "own is the last choice for path_error_hold_ms; 0: never"),
    number(thresholds, Number::path_error_window_ms, "path_error_window_ms", 60'000, 1, kDayMs,
           "the window in which such errors are counted; it begins with the first"),
    number(thresholds, Number::path_error_hold_ms, "path_error_hold_ms", 60'000, 1, kDayMs,
           "how long others are preferred to such a path"),

    flag(access, "extended_rtpg", "true",
         "ask REPORT TARGET PORT GROUPS for the extended header; an array that refuses it, "
         "or answers it wrongly, is not asked again anyway"),
    word(
        access, "believed_alua", false, "both, explicit, implicit, none", "both",
        "what of the ALUA support that INQUIRY announces is believed: without explicit, SET TARGET "
        "PORT GROUPS is never sent; with none, access states are neither read nor heeded"),

    text(error, "name", true, "1 to 40 lower-case letters, digits, '-'", "",
         "name of the rule, in `dsmkit show` and `dsmkit explain sense`"),
    text(error, "meaning", true, "1 to 120 printable ASCII characters", "",
         "one line for the administrator"),
    {error, "transport", Kind::words, false,
     "a list of delivered, connection-lost, silent, not-sent, no-device, bus-reset, data-overrun, "
     "adapter-busy, other",
     "any", "match: how the command ended below SCSI"},
    word(error, "status", false,
         "check-condition, condition-met, busy, reservation-conflict, task-set-full, aca-active, "
         "task-aborted, or 1 to 254",
         "any", "match: the SCSI status of a command that was delivered"),
    flag(error, "deferred", "false", "match: sense data about an earlier command, instead of this"),
    word(error, "key", false, "a sense key such as not-ready, or 0 to 15", "any",
         "match: the sense key"),
    part_number(error, "asc", "any", 0, 254, "match: the additional sense code"),
    part_number(error, "ascq", "any", 0, 254, "match: its qualifier; only together with asc"),
    word(error, "when", false, "always, read-or-write, optimized-elsewhere", "always",
         "match: reads and writes only, that is no flush and no unmap; and only while another path "
         "is "
         "active/optimized"),
    word(
        error, "verdict", true, "retry, fail-over, report, resend-now, resend-later", "",
        "retry: the DSM has it sent again; fail-over: the path is taken out of use and the command "
        "goes down another; report: the client's to know; resend: it was not executed, the layer "
        "above sends it again, at once (counted) or after a pause (not counted)"),
    word(error, "on", false, "any-path, same-path, other-path", "any-path",
         "retry: where to; other-path where the policy leaves another"),
    flag(error, "counted", "true", "retry: counts against retry_limit"),
    part_number(error, "pause_ms", "the host's: at once, then longer each time", 0, 60'000,
                "retry: the pause before; 0: at once"),
    word(error, "then", false, "nothing, read-access, read-access-elsewhere, start-unit", "nothing",
         "what the DSM does besides; all but nothing hold (throttle) the LUN's new I/O until it is "
         "done: REPORT TARGET PORT GROUPS down this path, or down one of another group; START STOP "
         "UNIT down this path, so that its controller takes the LUN over. Not with fail-over"),
    flag(error, "against_path", "false",
         "counts towards path_error_limit: the path's own fault, which a command that is sent "
         "again need not meet. Not with fail-over, which is worse"),

    word(array, "access", true, "symmetric, alua, active-passive", "",
         "how its controllers share the LUNs"),
    text(array, "product", false, "1 to 16 printable ASCII characters", "that of the first device",
         "product identification that it shows; must be one of the profile's devices"),
    part_number(array, "controllers", "2", 1, 32, "how many controllers it has"),
    word(array, "alua", false, "both, explicit, implicit", "both",
         "alua: who may change access states"),
    word(array, "passive_state", false, "active/non-optimized, standby, unavailable",
         "active/non-optimized", "alua: of all controllers but the first"),
    part_number(array, "transition_time_s", "5", 0, 255,
                "alua: implicit transition time that it tells; 0: none"),
    word(array, "passive_key", false, "a sense key such as not-ready, or 0 to 15", "not-ready",
         "active-passive: how a controller that does not own the LUNs answers reads and writes"),
    part_number(array, "passive_asc", "4", 0, 254, "likewise, the additional sense code"),
    part_number(
        array, "passive_ascq", "2", 0, 254,
        "likewise, its qualifier; the standard one is 04h/02h, initializing command required"),
};

constexpr bool every_number_has_its_key() {
  size_t next = 0;
  for (const Key& key : kKeys) {
    if (key.number != Number::none && static_cast<size_t>(key.number) != next++) {
      return false;
    }
  }
  return next == kNumberCount;
}
static_assert(every_number_has_its_key(), "in the order of the enumeration");

}  // namespace

const PartInfo& info_of(Part part) {
  return kParts[static_cast<size_t>(part)];
}

std::span<const Key> all_keys() {
  return kKeys;
}

const Key& key_of(Number number) {
  for (const Key& key : kKeys) {
    if (key.number == number) {
      return key;
    }
  }
  return kKeys[0];  // not reached: see every_number_has_its_key()
}

const Key* find_key(Part part, std::string_view name) {
  for (const Key& key : kKeys) {
    if (key.part == part && key.name == name) {
      return &key;
    }
  }
  return nullptr;
}

}  // namespace profile
