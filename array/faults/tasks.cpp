// Faults of the tasks that reach a port: late, refused, unanswered.
#include "array/faults/families.h"

namespace array::faults {
namespace {

void delay(Array& array, FaultArguments& arguments) {
  const unsigned port = arguments.port();
  const uint64_t delay_ns = arguments.milliseconds_as_ns();
  if (arguments.ready()) {
    array.port_faults(port).delay_ns = delay_ns;
  }
}

void delay_reply(Array& array, FaultArguments& arguments) {
  const unsigned port = arguments.port();
  const uint64_t delay_ns = arguments.milliseconds_as_ns();
  const uint32_t count = arguments.count();
  if (arguments.ready()) {
    array.port_faults(port).reply_delay_ns = delay_ns;
    array.port_faults(port).delayed_replies = count;
  }
}

// The next COUNT tasks meet with what one counter of the port stands for.
template <uint32_t PortFaults::*kCounter>
void next_tasks(Array& array, FaultArguments& arguments) {
  const unsigned port = arguments.port();
  const uint32_t count = arguments.count();
  if (arguments.ready()) {
    array.port_faults(port).*kCounter = count;
  }
}

// The same for commands of one kind, if one is named.
template <uint32_t PortFaults::*kCounter, std::optional<uint8_t> PortFaults::*kOpcode>
void next_commands(Array& array, FaultArguments& arguments) {
  const unsigned port = arguments.port();
  const uint32_t count = arguments.count();
  const std::optional<uint8_t> opcode = arguments.opcode();
  if (arguments.ready()) {
    array.port_faults(port).*kCounter = count;
    array.port_faults(port).*kOpcode = opcode;
  }
}

void sense(Array& array, FaultArguments& arguments) {
  const unsigned port = arguments.port();
  const auto key =
      static_cast<uint8_t>(arguments.number("KEY", 16, FaultArguments::kNoFallback, 16));
  const uint8_t asc = arguments.hex_byte("ASC");
  const uint8_t ascq = arguments.hex_byte("ASCQ");
  const uint32_t count = arguments.count();
  const std::optional<uint8_t> opcode = arguments.opcode();
  if (arguments.ready()) {
    PortFaults& faults = array.port_faults(port);
    faults.sense_key = key;
    faults.sense_code = static_cast<uint16_t>((asc << 8) | ascq);
    faults.sense_count = count;
    faults.sense_opcode = opcode;
  }
}

constexpr std::array<Row, 8> kRows = {{
    {{"delay", "PORT MS", "every task of the port is executed so much later; 0 ends it"}, &delay},
    {{"delay-reply", "PORT MS [COUNT]",
      "the next COUNT tasks are executed at once and answered so much later"},
     &delay_reply},
    {{"drop-reply", "PORT [COUNT]", "the next COUNT tasks are executed but never answered"},
     &next_tasks<&PortFaults::drop_replies>},
    {{"busy", "PORT [COUNT [OPCODE]]", "the next COUNT tasks (of this OPCODE) end with BUSY"},
     &next_commands<&PortFaults::busy, &PortFaults::busy_opcode>},
    {{"task-set-full", "PORT [COUNT [OPCODE]]",
      "the next COUNT tasks (of this OPCODE) end with TASK SET FULL"},
     &next_commands<&PortFaults::task_set_full, &PortFaults::task_set_full_opcode>},
    {{"sense", "PORT KEY ASC ASCQ [COUNT [OPCODE]]",
      "the next COUNT tasks (of this OPCODE) end with this sense (hexadecimal)"},
     &sense},
    {{"attention-storm", "PORT [COUNT]",
      "the next COUNT tasks end with a unit attention, each with another one"},
     &next_tasks<&PortFaults::attentions>},
    {{"bad-digest", "PORT [COUNT]",
      "the answers to the next COUNT tasks have wrong digests, where digests were agreed on"},
     &next_tasks<&PortFaults::bad_digests>},
}};

}  // namespace

std::span<const Row> of_tasks() {
  return kRows;
}

}  // namespace array::faults
