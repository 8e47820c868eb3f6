// The commands that the array knows; see commands.h. Everything else is refused: ILLEGAL REQUEST,
// INVALID COMMAND OPERATION CODE.
#include <array>

#include "array/commands.h"
#include "scsi/opcodes.h"
#include "scsi/persistent_reservation.h"
#include "scsi/sense.h"

namespace array {
namespace {

using enum Served;
using Mask = std::array<uint8_t, 16>;

constexpr int kNone = kNoServiceAction;
constexpr uint8_t kAboutTheUnit = kAnyLun | kSkipsAttention | kDespiteReservation;
constexpr uint8_t kGeometry = kNeedsMedium | kDespiteReservation;

// The layouts of the CDBs: which bits of them are looked at. Several commands share one.
constexpr Mask kPlain = {};
constexpr Mask kBlocks6 = {0, 0x1f, 0xff, 0xff, 0xff};
constexpr Mask blocks10(uint8_t flags) {
  return {0, flags, 0xff, 0xff, 0xff, 0xff, 0, 0xff, 0xff};
}
constexpr Mask blocks12(uint8_t flags) {
  return {0, flags, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
}
constexpr Mask blocks16(uint8_t flags) {
  return {0, flags, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
}
// The flags in byte 1 of the block commands.
constexpr uint8_t kTransfer = 0xf8;    // RDPROTECT or WRPROTECT, DPO, FUA
constexpr uint8_t kVerify = 0xf6;      // VRPROTECT, DPO, BYTCHK
constexpr uint8_t kWriteSameS = 0xf8;  // WRPROTECT, ANCHOR, UNMAP
constexpr uint8_t kWriteSameL = 0xf9;  // and NDOB
constexpr uint8_t kImmediate = 0x02;   // IMMED
constexpr Mask kCompareAndWrite = {0,    kTransfer, 0xff, 0xff, 0xff, 0xff, 0xff,
                                   0xff, 0xff,      0xff, 0,    0,    0,    0xff};
constexpr Mask kUnmap = {0, 0x01, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr Mask kRequestSense = {0, 0x01, 0, 0, 0xff};
constexpr Mask kInquiry = {0, 0x01, 0xff, 0xff, 0xff};
constexpr Mask kReportLuns = {0, 0, 0xff, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
constexpr Mask kModeSense6 = {0, 0x08, 0xff, 0xff, 0xff};
constexpr Mask kModeSense10 = {0, 0x18, 0xff, 0xff, 0, 0, 0, 0xff, 0xff};
constexpr Mask kModeSelect6 = {0, 0x11, 0, 0, 0xff};
constexpr Mask kModeSelect10 = {0, 0x11, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr Mask kReserve6 = {0, 0x11};
constexpr Mask kReserve10 = {0, 0x13};
constexpr Mask kStartStop = {0, 0x01, 0, 0x0f, 0xf7};
constexpr Mask kPrevent = {0, 0, 0, 0, 0x03};
constexpr Mask kCapacity16 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
constexpr Mask kPersistentIn = {0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr Mask kPersistentOut = {0, 0, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff};
constexpr Mask kGroupsIn = {0, 0xe0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
constexpr Mask kGroupsOut = {0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
constexpr Mask kCommands = {0, 0, 0x87, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr Mask kFunctions = {0, 0, 0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};

constexpr CommandRow reads(uint8_t opcode, void (*execute)(Context&), const Mask& mask) {
  return {opcode, kNone, active, kNeedsMedium, ExcludedBy::exclusive_access, execute, mask};
}
constexpr CommandRow writes(uint8_t opcode, void (*execute)(Context&), const Mask& mask) {
  return {opcode, kNone, active, kNeedsMedium, ExcludedBy::any, execute, mask};
}
// PERSISTENT RESERVE IN and OUT, which mind reservations themselves.
constexpr CommandRow reserve_in(scsi::ReserveInAction action) {
  return {scsi::kPersistentReserveIn, static_cast<int>(action), standby,      0,
          ExcludedBy::none,           &persistent_reserve_in,   kPersistentIn};
}
constexpr CommandRow reserve_out(scsi::ReserveOutAction action) {
  return {scsi::kPersistentReserveOut,
          static_cast<int>(action),
          standby,
          0,
          ExcludedBy::none,
          &persistent_reserve_out,
          kPersistentOut};
}

constexpr CommandRow kRows[] = {
    {scsi::kTestUnitReady, kNone, active, kNeedsMedium, ExcludedBy::none, &test_unit_ready, kPlain},
    {scsi::kRequestSense, kNone, always, kAboutTheUnit, ExcludedBy::none, &request_sense,
     kRequestSense},
    {scsi::kInquiry, kNone, always, kAboutTheUnit, ExcludedBy::none, &inquiry, kInquiry},
    {scsi::kReportLuns, kNone, always, kAboutTheUnit, ExcludedBy::none, &report_luns, kReportLuns},
    {scsi::kMaintenanceIn, scsi::kServiceReportSupportedOpcodes, standby, kDespiteReservation,
     ExcludedBy::exclusive_access, &report_supported_commands, kCommands},
    {scsi::kMaintenanceIn, scsi::kServiceReportSupportedFunctions, standby, kDespiteReservation,
     ExcludedBy::exclusive_access, &report_supported_functions, kFunctions},

    {scsi::kModeSense6, kNone, standby, 0, ExcludedBy::exclusive_access, &mode_sense, kModeSense6},
    {scsi::kModeSense10, kNone, standby, 0, ExcludedBy::exclusive_access, &mode_sense,
     kModeSense10},
    {scsi::kModeSelect6, kNone, standby, 0, ExcludedBy::any, &mode_select, kModeSelect6},
    {scsi::kModeSelect10, kNone, standby, 0, ExcludedBy::any, &mode_select, kModeSelect10},

    {scsi::kReadCapacity10, kNone, active, kGeometry, ExcludedBy::none, &read_capacity10, kPlain},
    {scsi::kServiceActionIn16, scsi::kServiceReadCapacity16, active, kGeometry, ExcludedBy::none,
     &read_capacity16, kCapacity16},
    {scsi::kServiceActionIn16, scsi::kServiceGetLbaStatus, active, kNeedsMedium,
     ExcludedBy::exclusive_access, &get_lba_status, blocks16(0)},

    reads(scsi::kRead6, &read_blocks, kBlocks6),
    reads(scsi::kRead10, &read_blocks, blocks10(kTransfer)),
    reads(scsi::kRead12, &read_blocks, blocks12(kTransfer)),
    reads(scsi::kRead16, &read_blocks, blocks16(kTransfer)),
    writes(scsi::kWrite6, &write_blocks, kBlocks6),
    writes(scsi::kWrite10, &write_blocks, blocks10(kTransfer)),
    writes(scsi::kWrite12, &write_blocks, blocks12(kTransfer)),
    writes(scsi::kWrite16, &write_blocks, blocks16(kTransfer)),
    writes(scsi::kWriteAndVerify10, &write_and_verify, blocks10(kVerify)),
    writes(scsi::kWriteAndVerify12, &write_and_verify, blocks12(kVerify)),
    writes(scsi::kWriteAndVerify16, &write_and_verify, blocks16(kVerify)),
    reads(scsi::kVerify10, &verify_blocks, blocks10(kVerify)),
    reads(scsi::kVerify12, &verify_blocks, blocks12(kVerify)),
    reads(scsi::kVerify16, &verify_blocks, blocks16(kVerify)),
    writes(scsi::kCompareAndWrite, &compare_and_write, kCompareAndWrite),
    writes(scsi::kSynchronizeCache10, &synchronize_cache, blocks10(kImmediate)),
    writes(scsi::kSynchronizeCache16, &synchronize_cache, blocks16(kImmediate)),
    reads(scsi::kPreFetch10, &prefetch_blocks, blocks10(kImmediate)),
    reads(scsi::kPreFetch16, &prefetch_blocks, blocks16(kImmediate)),
    writes(scsi::kWriteSame10, &write_same, blocks10(kWriteSameS)),
    writes(scsi::kWriteSame16, &write_same, blocks16(kWriteSameL)),
    {scsi::kUnmap, kNone, active, kNeedsMedium | kThinOnly, ExcludedBy::any, &unmap, kUnmap},

    {scsi::kStartStopUnit, kNone, active, 0, ExcludedBy::any_if_it_stops, &start_stop_unit,
     kStartStop},
    {scsi::kPreventAllowMediumRemoval, kNone, active, kRemovableOnly, ExcludedBy::any_if_it_stops,
     &prevent_allow_removal, kPrevent},
    {scsi::kReserve6, kNone, active, 0, ExcludedBy::none, &reserve_unit, kReserve6},
    {scsi::kReserve10, kNone, active, 0, ExcludedBy::none, &reserve_unit, kReserve10},
    {scsi::kRelease6, kNone, active, kDespiteReservation, ExcludedBy::none, &release_unit,
     kReserve6},
    {scsi::kRelease10, kNone, active, kDespiteReservation, ExcludedBy::none, &release_unit,
     kReserve10},

    reserve_in(scsi::ReserveInAction::read_keys),
    reserve_in(scsi::ReserveInAction::read_reservation),
    reserve_in(scsi::ReserveInAction::report_capabilities),
    reserve_in(scsi::ReserveInAction::read_full_status),
    reserve_out(scsi::ReserveOutAction::register_key),
    reserve_out(scsi::ReserveOutAction::reserve),
    reserve_out(scsi::ReserveOutAction::release),
    reserve_out(scsi::ReserveOutAction::clear),
    reserve_out(scsi::ReserveOutAction::preempt),
    reserve_out(scsi::ReserveOutAction::preempt_and_abort),
    reserve_out(scsi::ReserveOutAction::register_and_ignore_existing_key),
    reserve_out(scsi::ReserveOutAction::register_and_move),

    {scsi::kMaintenanceIn, scsi::kServiceReportTargetPortGroups, always,
     kDespiteReservation | kNeedsAlua, ExcludedBy::none, &report_groups, kGroupsIn},
    {scsi::kMaintenanceOut, scsi::kServiceSetTargetPortGroups, unavailable, kNeedsExplicitAlua,
     ExcludedBy::any, &set_groups, kGroupsOut},
};

}  // namespace

std::span<const CommandRow> all_commands() {
  return kRows;
}

bool applies_to(const CommandRow& row, const Lun& lun) {
  return ((row.properties & kThinOnly) == 0 || lun.thin()) &&
         ((row.properties & kRemovableOnly) == 0 || lun.removable());
}

std::array<uint8_t, 16> cdb_usage(const CommandRow& row) {
  Mask usage = row.mask;
  usage[0] = row.opcode;
  if (row.service_action != kNoServiceAction) {
    usage[1] = static_cast<uint8_t>(usage[1] | row.service_action);
  }
  return usage;
}

const CommandRow* find_command(Context& context) {
  const base::Bytes cdb = context.cdb();
  bool known = false;
  if (cdb.size() >= 6 && cdb.size() >= scsi::cdb_length_of(cdb[0])) {
    for (const CommandRow& row : kRows) {
      if (row.opcode != cdb[0] || (context.lun != nullptr && !applies_to(row, *context.lun))) {
        continue;
      }
      known = true;
      if (row.service_action == kNoServiceAction || row.service_action == (cdb[1] & 0x1f)) {
        return &row;
      }
    }
  }
  if (context.lun == nullptr) {
    end_check(context.task, scsi::kIllegalRequest, 0x2500);
  } else if (known) {
    end_invalid_field(context.task, 1);  // the service action
  } else {
    end_check(context.task, scsi::kIllegalRequest, 0x2000);
  }
  return nullptr;
}

}  // namespace array
