// See array_status.h.
#include "cli/array_status.h"

#include <fmt/format.h>

#include "scsi/persistent_reservation.h"

namespace cli {
namespace {

nlohmann::json registration_json(const array::Reservations& table,
                                 const array::Registration& registration) {
  const array::InitiatorPort& initiator = registration.nexus.initiator;
  return {{"initiator", initiator.name},
          {"isid", fmt::format("{:02x}", fmt::join(initiator.isid, ""))},
          {"port", registration.nexus.port},
          {"key", fmt::format("{:016x}", registration.key)},
          {"holder", table.type() != scsi::ReservationType::none && table.is_holder(registration)}};
}

}  // namespace

nlohmann::json reservations_json(const array::Array& array) {
  nlohmann::json luns = nlohmann::json::array();
  for (size_t lun = 0; lun < array.lun_count(); ++lun) {
    const array::Reservations& table = array.lun(lun).reservations();
    nlohmann::json registrations = nlohmann::json::array();
    for (const array::Registration& each : table.registrations()) {
      registrations.push_back(registration_json(table, each));
    }
    if (!registrations.empty()) {
      luns.push_back({{"lun", lun},
                      {"type", scsi::name_of(table.type())},
                      {"generation", table.generation()},
                      {"persists", table.persists()},
                      {"registrations", std::move(registrations)}});
    }
  }
  return luns;
}

}  // namespace cli
