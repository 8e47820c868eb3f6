// See supported_commands.h.
#include "scsi/supported_commands.h"

namespace scsi {
namespace {

constexpr uint8_t kNotSupported = 1;
constexpr uint8_t kSupportedAsInStandard = 3;

// SPC-4 table 279. Both times are 0: not specified.
void write_timeouts(base::ByteWriter& writer) {
  writer.be16(10);
  writer.zeros(10);
}

}  // namespace

size_t encode_all_commands(base::MutableBytes out, std::span<const SupportedCommand> commands,
                           bool timeouts) {
  base::ByteWriter writer(out);
  writer.be32(static_cast<uint32_t>(commands.size() * (timeouts ? 20 : 8)));
  for (const SupportedCommand& command : commands) {
    writer.u8(command.opcode);
    writer.u8(0);
    writer.be16(command.service_action);
    writer.u8(0);
    writer.u8(static_cast<uint8_t>((timeouts ? 0x02 : 0) |                  // CTDP
                                   (command.has_service_action ? 1 : 0)));  // SERVACTV
    writer.be16(static_cast<uint16_t>(command.cdb_usage.size()));
    if (timeouts) {
      write_timeouts(writer);
    }
  }
  return writer.needed();
}

size_t encode_one_command(base::MutableBytes out, const SupportedCommand* command, bool timeouts) {
  base::ByteWriter writer(out);
  writer.u8(0);
  if (command == nullptr) {
    writer.u8(kNotSupported);
    writer.be16(0);
    return writer.needed();
  }
  writer.u8(static_cast<uint8_t>((timeouts ? 0x80 : 0) | kSupportedAsInStandard));
  writer.be16(static_cast<uint16_t>(command->cdb_usage.size()));
  writer.bytes(command->cdb_usage);
  if (timeouts) {
    write_timeouts(writer);
  }
  return writer.needed();
}

size_t encode_supported_functions(base::MutableBytes out, const SupportedFunctions& functions,
                                  bool extended) {
  base::ByteWriter writer(out);
  writer.u8(static_cast<uint8_t>(
      (functions.abort_task ? 0x80 : 0) | (functions.abort_task_set ? 0x40 : 0) |
      (functions.clear_aca ? 0x20 : 0) | (functions.clear_task_set ? 0x10 : 0) |
      (functions.logical_unit_reset ? 0x08 : 0) | (functions.target_reset ? 0x02 : 0)));
  writer.zeros(2);
  writer.u8(extended ? 12 : 0);  // what follows; no timeouts are specified in it
  if (extended) {
    writer.zeros(12);
  }
  return writer.needed();
}

}  // namespace scsi
