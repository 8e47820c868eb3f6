// PERSISTENT RESERVE IN and OUT: CDBs, parameter lists and answers, both ways. SPC-4 5.12, 6.15,
// 6.16.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "scsi/cdb.h"
#include "scsi/transport_id.h"

namespace scsi {

// Service actions of PERSISTENT RESERVE IN. SPC-4 table 203.
enum class ReserveInAction : uint8_t {
  read_keys = 0,
  read_reservation = 1,
  report_capabilities = 2,
  read_full_status = 3,
};
// Service actions of PERSISTENT RESERVE OUT. SPC-4 table 212.
enum class ReserveOutAction : uint8_t {
  register_key = 0,
  reserve = 1,
  release = 2,
  clear = 3,
  preempt = 4,
  preempt_and_abort = 5,
  register_and_ignore_existing_key = 6,
  register_and_move = 7,
  replace_lost_reservation = 8,
};
// REGISTER and REGISTER AND IGNORE EXISTING KEY: what they change is the sender's own registration.
constexpr bool is_registration(ReserveOutAction action) {
  return action == ReserveOutAction::register_key ||
         action == ReserveOutAction::register_and_ignore_existing_key;
}
// SPC-4 table 209. The values in between are obsolete.
enum class ReservationType : uint8_t {
  none = 0,
  write_exclusive = 1,
  exclusive_access = 3,
  write_exclusive_registrants_only = 5,
  exclusive_access_registrants_only = 6,
  write_exclusive_all_registrants = 7,
  exclusive_access_all_registrants = 8,
};
// "REGISTER AND MOVE", "Write Exclusive - Registrants Only", ...; "reserved" for other values.
const char* name_of(ReserveInAction action);
const char* name_of(ReserveOutAction action);
const char* name_of(ReservationType type);
bool is_known(ReservationType type);  // none is no type
// Registered nexuses have the access that the holder has.
bool is_for_registrants(ReservationType type);
// Every registered nexus is a holder.
bool is_all_registrants(ReservationType type);
// Reading is excluded too.
bool excludes_reading(ReservationType type);

// The only scope that is left: the logical unit.
inline constexpr uint8_t kScopeLogicalUnit = 0;

// --- commands

struct ReserveOutCommand {
  ReserveOutAction action = ReserveOutAction::register_key;
  ReservationType type = ReservationType::none;
  uint8_t scope = kScopeLogicalUnit;
  uint32_t parameter_bytes = 0;
};
Cdb make_persistent_reserve_out(const ReserveOutCommand& command);
// Empty: no such command. Scope and type are as sent: reserved ones are the caller's to refuse.
std::optional<ReserveOutCommand> read_persistent_reserve_out(base::Bytes cdb);

Cdb make_persistent_reserve_in(ReserveInAction action, uint16_t allocation_bytes);

// --- parameter lists

inline constexpr size_t kReserveOutBytes = 24;  // the list, without TransportIDs

// Of all service actions but REGISTER AND MOVE. SPC-4 table 214.
struct ReserveOutList {
  uint64_t key = 0;                 // RESERVATION KEY: what the sender is registered with
  uint64_t service_action_key = 0;  // to register, or to preempt
  bool specifies_ports = false;     // SPEC_I_PT
  bool all_target_ports = false;    // ALL_TG_PT
  bool persists = false;            // APTPL
  base::Bytes transport_ids;        // with SPEC_I_PT; walked by TransportIdWalk
  // False: bytes behind the list without SPEC_I_PT, or fewer TransportIDs than promised (decoding
  // only).
  bool length_fits = true;
};
// Empty when 24 bytes are not there.
std::optional<ReserveOutList> decode_reserve_out(base::Bytes bytes);
// Returns the full length, writes what fits.
size_t encode_reserve_out(base::MutableBytes out, const ReserveOutList& list);

// SPC-4 table 217.
struct RegisterAndMoveList {
  uint64_t key = 0;
  uint64_t service_action_key = 0;  // what the receiver of the reservation is registered with
  bool unregister = false;          // UNREG: the sender
  bool persists = false;
  uint16_t relative_target_port = 0;
  base::Bytes transport_id;
  bool length_fits = true;  // as above
};
std::optional<RegisterAndMoveList> decode_register_and_move(base::Bytes bytes);
size_t encode_register_and_move(base::MutableBytes out, const RegisterAndMoveList& list);

// --- answers

// What all answers but REPORT CAPABILITIES begin with.
struct ReserveInHeader {
  uint32_t generation = 0;        // PRGENERATION
  uint32_t additional_bytes = 0;  // how long the list is at the target
  base::Bytes list;               // as much of it as is here

  bool complete() const { return list.size() == additional_bytes; }
};
// Empty when 8 bytes are not there.
std::optional<ReserveInHeader> decode_reserve_in_header(base::Bytes bytes);

// READ KEYS. Calls visit(key) for each whole key of ReserveInHeader::list.
template <typename F>
void for_each_reservation_key(base::Bytes list, F&& visit) {
  for (size_t at = 0; at + 8 <= list.size(); at += 8) {
    visit(base::load_be64(&list[at]));
  }
}
// Returns the full length, writes what fits; so do all below.
size_t encode_read_keys(base::MutableBytes out, uint32_t generation,
                        std::span<const uint64_t> keys);

struct Reservation {
  uint64_t key = 0;  // of the holder; zero when all registrants hold it
  uint8_t scope = kScopeLogicalUnit;
  ReservationType type = ReservationType::none;
};
// READ RESERVATION.
struct ReservationReport {
  uint32_t generation = 0;
  std::optional<Reservation> reservation;
};
// Empty when it is cut: an answer of 8 bytes that says so is "no reservation".
std::optional<ReservationReport> decode_read_reservation(base::Bytes bytes);
size_t encode_read_reservation(base::MutableBytes out, const ReservationReport& report);

// REPORT CAPABILITIES, SPC-4 table 210.
struct ReservationCapabilities {
  bool replaces_lost = false;        // RLR_C
  bool compatible_handling = false;  // CRH: RESERVE and RELEASE beside registrations, SPC-4 5.12.3
  bool specifies_ports = false;      // SIP_C
  bool all_target_ports = false;     // ATP_C
  bool can_persist = false;          // PTPL_C
  bool persists = false;             // PTPL_A
  uint8_t allowed_commands = 0;      // ALLOW COMMANDS
  bool types_valid = false;          // TMV
  uint16_t types = 0;                // bit n: type n
};
constexpr uint16_t bit_of(ReservationType type) {
  return static_cast<uint16_t>(1U << static_cast<unsigned>(type));
}
inline constexpr size_t kReservationCapabilitiesBytes = 8;
// Empty when 8 bytes are not there, or the length in them says less.
std::optional<ReservationCapabilities> decode_report_capabilities(base::Bytes bytes);
size_t encode_report_capabilities(base::MutableBytes out, const ReservationCapabilities& can);

// One registered nexus of READ FULL STATUS, SPC-4 table 211.
struct RegistrationStatus {
  uint64_t key = 0;
  bool all_target_ports = false;
  bool holder = false;
  uint8_t scope = kScopeLogicalUnit;  // both only of a holder
  ReservationType type = ReservationType::none;
  uint16_t relative_target_port = 0;  // not with all_target_ports
  base::Bytes transport_id;           // one; TransportIdWalk reads it
};
inline constexpr size_t kRegistrationStatusBytes = 24;  // without the TransportID

// Walks ReserveInHeader::list of READ FULL STATUS. A descriptor that does not fit ends the walk;
// `truncated()` then says so.
class FullStatusWalk {
 public:
  explicit FullStatusWalk(base::Bytes list) : rest_(list) {}
  std::optional<RegistrationStatus> next();
  bool truncated() const { return truncated_; }

 private:
  base::Bytes rest_;
  bool truncated_ = false;
};

// Builds a READ FULL STATUS answer in `out`, nexus by nexus.
class FullStatusWriter {
 public:
  FullStatusWriter(base::MutableBytes out, uint32_t generation);
  void add(const RegistrationStatus& status);
  // Length of the answer; bytes past the end of `out` are counted, not written.
  size_t finish();

 private:
  base::ByteWriter writer_;
};

}  // namespace scsi
