// REPORT SUPPORTED OPERATION CODES and REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS.
// SPC-4 6.35, 6.36.
#include <array>
#include <list>
#include <vector>

#include "array/commands.h"
#include "scsi/cdb.h"
#include "scsi/supported_commands.h"

namespace array {
namespace {

// REPORTING OPTIONS.
constexpr uint8_t kAll = 0;
constexpr uint8_t kOneWithoutServiceAction = 1;
constexpr uint8_t kOneWithServiceAction = 2;
constexpr uint8_t kOneEither = 3;

// What a unit supports, and the bytes that its entries point to.
struct Supported {
  std::vector<scsi::SupportedCommand> commands;
  std::list<std::array<uint8_t, 16>> usage;
};

bool applies_to(const CommandRow& row, AluaMode alua) {
  const bool explicit_alua = alua == AluaMode::explicit_only || alua == AluaMode::both;
  return ((row.properties & kNeedsAlua) == 0 || alua != AluaMode::none) &&
         ((row.properties & kNeedsExplicitAlua) == 0 || explicit_alua);
}

Supported supported_by(const Context& context) {
  Supported supported;
  for (const CommandRow& row : all_commands()) {
    if (!applies_to(row, *context.lun) || !applies_to(row, context.array.config().alua)) {
      continue;
    }
    const auto& usage = supported.usage.emplace_back(cdb_usage(row));
    const bool has_action = row.service_action != kNoServiceAction;
    supported.commands.push_back(
        {.opcode = row.opcode,
         .has_service_action = has_action,
         .service_action = static_cast<uint8_t>(has_action ? row.service_action : 0),
         .cdb_usage = base::Bytes(usage).first(scsi::cdb_length_of(row.opcode))});
  }
  return supported;
}

}  // namespace

void report_supported_commands(Context& context) {
  const base::Bytes cdb = context.cdb();
  const bool timeouts = (cdb[2] & 0x80) != 0;  // RCTD
  const uint8_t options = cdb[2] & 0x07;
  const uint8_t opcode = cdb[3];
  const uint16_t service_action = base::load_be16(&cdb[4]);
  const uint32_t allocation = base::load_be32(&cdb[6]);
  const Supported supported = supported_by(context);
  std::vector<uint8_t> data(4 + supported.commands.size() * 20);
  if (options == kAll) {
    data.resize(scsi::encode_all_commands(data, supported.commands, timeouts));
    return end_with_data(context.task, data, allocation);
  }
  if (options > kOneEither) {
    return end_invalid_field(context.task, 2);
  }
  const scsi::SupportedCommand* found = nullptr;
  for (const scsi::SupportedCommand& command : supported.commands) {
    if (command.opcode != opcode) {
      continue;
    }
    // The question must fit the operation code: with a service action, or without.
    if ((options == kOneWithoutServiceAction && command.has_service_action) ||
        (options == kOneWithServiceAction && !command.has_service_action)) {
      return end_invalid_field(context.task, 2);
    }
    if (!command.has_service_action || command.service_action == service_action) {
      found = &command;
    }
  }
  data.resize(scsi::encode_one_command(data, found, timeouts));
  end_with_data(context.task, data, allocation);
}

void report_supported_functions(Context& context) {
  const base::Bytes cdb = context.cdb();
  const bool extended = (cdb[2] & 0x80) != 0;  // REPD
  const uint32_t allocation = base::load_be32(&cdb[6]);
  if (allocation < 4) {
    return end_invalid_field(context.task, 6);
  }
  // The functions that Array::manage() knows.
  constexpr scsi::SupportedFunctions kFunctions{.abort_task = true,
                                                .abort_task_set = true,
                                                .clear_task_set = true,
                                                .logical_unit_reset = true,
                                                .target_reset = true};
  std::array<uint8_t, 16> data{};
  const size_t length = scsi::encode_supported_functions(data, kFunctions, extended);
  end_with_data(context.task, base::Bytes(data).first(length), allocation);
}

}  // namespace array
