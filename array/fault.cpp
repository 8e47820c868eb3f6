// See fault.h. One row and one function per fault.
#include "array/fault.h"

#include <array>
#include <charconv>
#include <optional>

namespace array {
namespace {

constexpr uint64_t kNsPerMs = 1'000'000;

// Takes the arguments one after the other; the first that is missing or wrong is remembered.
class Arguments {
 public:
  Arguments(const FaultDescription& fault, std::span<const std::string> words)
      : fault_(fault), words_(words) {}

  uint64_t number(const char* name, uint64_t limit, uint64_t fallback = UINT64_MAX, int base = 10) {
    if (next_ >= words_.size()) {
      if (fallback == UINT64_MAX) {
        complain(std::string(name) + " is missing");
      }
      return fallback == UINT64_MAX ? 0 : fallback;
    }
    const std::string& word = words_[next_++];
    uint64_t value = 0;
    const bool prefixed = base == 16 && word.starts_with("0x");
    const char* const begin = word.data() + (prefixed ? 2 : 0);
    const char* const end = word.data() + word.size();
    const auto parsed = std::from_chars(begin, end, value, base);
    if (parsed.ec != std::errc() || parsed.ptr != end || value >= limit) {
      complain(std::string(name) + " \"" + word + "\" must be a number below " +
               std::to_string(limit));
      return 0;
    }
    return value;
  }

  bool on_off() {
    if (next_ < words_.size() && (words_[next_] == "on" || words_[next_] == "off")) {
      return words_[next_++] == "on";
    }
    complain("\"on\" or \"off\" is missing");
    return false;
  }

  scsi::AccessState state() {
    constexpr std::array kStates = {
        scsi::AccessState::active_optimized, scsi::AccessState::active_nonoptimized,
        scsi::AccessState::standby,          scsi::AccessState::unavailable,
        scsi::AccessState::offline,          scsi::AccessState::transitioning};
    if (next_ < words_.size()) {
      for (const scsi::AccessState state : kStates) {
        if (words_[next_] == scsi::name_of(state)) {
          ++next_;
          return state;
        }
      }
    }
    complain(
        "the state must be active/optimized, active/non-optimized, standby, unavailable, offline "
        "or "
        "transitioning");
    return scsi::AccessState::unavailable;
  }

  // All words used, none wrong.
  bool good(std::string& error) {
    if (problem_.empty() && next_ < words_.size()) {
      complain("\"" + words_[next_] + "\" is one argument too many");
    }
    if (!problem_.empty()) {
      error = std::string("fault ") + fault_.name + ": " + problem_ + "; usage: " + fault_.name +
              " " + fault_.arguments;
    }
    return problem_.empty();
  }

 private:
  void complain(std::string problem) {
    if (problem_.empty()) {
      problem_ = std::move(problem);
    }
  }

  const FaultDescription& fault_;
  std::span<const std::string> words_;
  size_t next_ = 0;
  std::string problem_;
};

using Apply = bool (*)(Array&, Arguments&, std::string&);

unsigned take_port(Array& array, Arguments& arguments) {
  return static_cast<unsigned>(arguments.number("PORT", array.config().ports.size()));
}
unsigned take_controller(Array& array, Arguments& arguments) {
  return static_cast<unsigned>(arguments.number("CONTROLLER", array.config().controllers));
}
uint32_t take_count(Arguments& arguments) {
  return static_cast<uint32_t>(arguments.number("COUNT", UINT32_MAX, 1));
}
bool settle(const base::Status& status, std::string& error) {
  error = status.message();
  return status.ok();
}

bool controller_crash(Array& array, Arguments& arguments, std::string& error) {
  const unsigned controller = take_controller(array, arguments);
  if (arguments.good(error)) {
    array.crash_controller(controller);
  }
  return error.empty();
}
bool controller_restart(Array& array, Arguments& arguments, std::string& error) {
  const unsigned controller = take_controller(array, arguments);
  if (arguments.good(error)) {
    array.restart_controller(controller);
  }
  return error.empty();
}
bool controller_freeze(Array& array, Arguments& arguments, std::string& error) {
  const unsigned controller = take_controller(array, arguments);
  if (arguments.good(error)) {
    array.freeze_controller(controller, true);
  }
  return error.empty();
}
bool controller_thaw(Array& array, Arguments& arguments, std::string& error) {
  const unsigned controller = take_controller(array, arguments);
  if (arguments.good(error)) {
    array.freeze_controller(controller, false);
  }
  return error.empty();
}
bool port_down(Array& array, Arguments& arguments, std::string& error) {
  const unsigned port = take_port(array, arguments);
  if (arguments.good(error)) {
    array.set_port_enabled(port, false);
  }
  return error.empty();
}
bool port_up(Array& array, Arguments& arguments, std::string& error) {
  const unsigned port = take_port(array, arguments);
  if (arguments.good(error)) {
    array.set_port_enabled(port, true);
  }
  return error.empty();
}
bool black_hole(Array& array, Arguments& arguments, std::string& error) {
  const unsigned port = take_port(array, arguments);
  const bool on = arguments.on_off();
  if (arguments.good(error)) {
    array.set_port_silent(port, on);
  }
  return error.empty();
}
bool delay(Array& array, Arguments& arguments, std::string& error) {
  const unsigned port = take_port(array, arguments);
  const uint64_t delay_ms = arguments.number("MS", 3'600'000);
  if (arguments.good(error)) {
    array.port_faults(port).delay_ns = delay_ms * kNsPerMs;
  }
  return error.empty();
}
bool busy(Array& array, Arguments& arguments, std::string& error) {
  const unsigned port = take_port(array, arguments);
  const uint32_t count = take_count(arguments);
  if (arguments.good(error)) {
    array.port_faults(port).busy = count;
  }
  return error.empty();
}
bool task_set_full(Array& array, Arguments& arguments, std::string& error) {
  const unsigned port = take_port(array, arguments);
  const uint32_t count = take_count(arguments);
  if (arguments.good(error)) {
    array.port_faults(port).task_set_full = count;
  }
  return error.empty();
}
bool drop_reply(Array& array, Arguments& arguments, std::string& error) {
  const unsigned port = take_port(array, arguments);
  const uint32_t count = take_count(arguments);
  if (arguments.good(error)) {
    array.port_faults(port).drop_replies = count;
  }
  return error.empty();
}
bool sense(Array& array, Arguments& arguments, std::string& error) {
  const unsigned port = take_port(array, arguments);
  const uint64_t key = arguments.number("KEY", 16, UINT64_MAX, 16);
  const uint64_t asc = arguments.number("ASC", 256, UINT64_MAX, 16);
  const uint64_t ascq = arguments.number("ASCQ", 256, UINT64_MAX, 16);
  const uint32_t count = take_count(arguments);
  if (arguments.good(error)) {
    PortFaults& faults = array.port_faults(port);
    faults.sense_key = static_cast<uint8_t>(key);
    faults.sense_code = static_cast<uint16_t>((asc << 8) | ascq);
    faults.sense_count = count;
  }
  return error.empty();
}
bool unit_attention(Array& array, Arguments& arguments, std::string& error) {
  const uint64_t asc = arguments.number("ASC", 256, UINT64_MAX, 16);
  const uint64_t ascq = arguments.number("ASCQ", 256, UINT64_MAX, 16);
  if (arguments.good(error)) {
    array.attention_for_all(static_cast<uint16_t>((asc << 8) | ascq), Array::kEveryLun);
  }
  return error.empty();
}
bool access(Array& array, Arguments& arguments, std::string& error) {
  const auto group = static_cast<uint16_t>(arguments.number("GROUP", UINT16_MAX));
  const scsi::AccessState state = arguments.state();
  return arguments.good(error) && settle(array.set_group_state(group, state), error);
}
bool transition(Array& array, Arguments& arguments, std::string& error) {
  const auto group = static_cast<uint16_t>(arguments.number("GROUP", UINT16_MAX));
  const scsi::AccessState after = arguments.state();
  const uint64_t duration_ms = arguments.number("MS", 3'600'000);
  return arguments.good(error) &&
         settle(array.begin_transition(group, after, duration_ms * kNsPerMs), error);
}
bool resize(Array& array, Arguments& arguments, std::string& error) {
  const auto lun = static_cast<size_t>(arguments.number("LUN", array.lun_count()));
  const uint64_t size_bytes = arguments.number("BYTES", uint64_t{1} << 62);
  return arguments.good(error) && settle(array.resize_lun(lun, size_bytes), error);
}
bool clear(Array& array, Arguments& arguments, std::string& error) {
  if (!arguments.good(error)) {
    return false;
  }
  for (unsigned controller = 0; controller < array.config().controllers; ++controller) {
    array.freeze_controller(controller, false);
    array.restart_controller(controller);
  }
  for (unsigned port = 0; port < array.config().ports.size(); ++port) {
    array.port_faults(port) = {};
    array.set_port_silent(port, false);
    array.set_port_enabled(port, true);
  }
  return true;
}

constexpr std::array<FaultDescription, 17> kFaults = {{
    {"controller-crash", "CONTROLLER", "its ports close, its tasks die, the others take over"},
    {"controller-restart", "CONTROLLER", "it comes back; access states return to their home"},
    {"freeze", "CONTROLLER", "it stops: nothing is read or answered, nothing closed"},
    {"thaw", "CONTROLLER", "it goes on, and executes what had reached it if its session lives"},
    {"port-down", "PORT", "the portal closes, its connections are reset"},
    {"port-up", "PORT", "the portal listens again"},
    {"black-hole", "PORT on|off", "the portal answers nothing and closes nothing"},
    {"delay", "PORT MS", "every task of the port takes so much longer; 0 ends it"},
    {"busy", "PORT [COUNT]", "the next COUNT tasks end with BUSY"},
    {"task-set-full", "PORT [COUNT]", "the next COUNT tasks end with TASK SET FULL"},
    {"drop-reply", "PORT [COUNT]", "the next COUNT tasks are executed but never answered"},
    {"sense", "PORT KEY ASC ASCQ [COUNT]",
     "the next COUNT tasks end with this sense (hexadecimal)"},
    {"unit-attention", "ASC ASCQ", "every I_T nexus gets this unit attention (hexadecimal)"},
    {"access", "GROUP STATE", "the target port group changes its access state implicitly"},
    {"transition", "GROUP STATE MS", "transitioning for so long, then STATE"},
    {"resize", "LUN BYTES", "the LUN grows or shrinks"},
    {"clear", "", "ends every fault"},
}};
constexpr std::array<Apply, kFaults.size()> kApply = {&controller_crash,
                                                      &controller_restart,
                                                      &controller_freeze,
                                                      &controller_thaw,
                                                      &port_down,
                                                      &port_up,
                                                      &black_hole,
                                                      &delay,
                                                      &busy,
                                                      &task_set_full,
                                                      &drop_reply,
                                                      &sense,
                                                      &unit_attention,
                                                      &access,
                                                      &transition,
                                                      &resize,
                                                      &clear};

}  // namespace

std::span<const FaultDescription> all_faults() {
  return kFaults;
}

bool apply_fault(Array& array, std::string_view name, std::span<const std::string> arguments,
                 std::string& error) {
  error.clear();
  for (size_t i = 0; i < kFaults.size(); ++i) {
    if (name == kFaults[i].name) {
      Arguments parsed(kFaults[i], arguments);
      return kApply[i](array, parsed, error);
    }
  }
  error = "there is no fault \"" + std::string(name) + "\"; `dsmkit array fault --list` shows all";
  return false;
}

}  // namespace array
