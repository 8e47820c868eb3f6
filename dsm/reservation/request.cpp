// From the bytes of a client's command to what the DSM works with.
#include "dsm/reservation/request.h"

namespace dsm {

bool read_reserve_request(base::Bytes cdb, base::Bytes list, ReserveRequest& out) {
  const auto command = scsi::read_persistent_reserve_out(cdb);
  if (!command || command->parameter_bytes != list.size()) {
    return false;
  }
  out = {.action = command->action,
         .type = command->type,
         .scope = command->scope,
         .parameter_bytes = command->parameter_bytes};
  if (command->action == scsi::ReserveOutAction::register_and_move) {
    const auto fields = scsi::decode_register_and_move(list);
    if (fields) {
      out.key = fields->key;
      out.service_action_key = fields->service_action_key;
      out.unregisters = fields->unregister;
      out.persists = fields->persists;
      out.has_more = true;
    }
    return fields.has_value();
  }
  const auto fields = scsi::decode_reserve_out(list);
  if (fields) {
    out.key = fields->key;
    out.service_action_key = fields->service_action_key;
    out.persists = fields->persists;
    out.all_target_ports = fields->all_target_ports;
    out.has_more = fields->specifies_ports || list.size() != scsi::kReserveOutBytes;
  }
  return fields.has_value();
}

}  // namespace dsm
