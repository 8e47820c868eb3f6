// Commands of clients that speak SCSI themselves: they go the way of all requests, but what the
// target answers is theirs to judge, except for what concerns one path only.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "mpio/disk_lane.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace mpio {
namespace {

constexpr uint8_t kPowerOnOrReset = 0x29;

std::vector<uint8_t> gather(const ScsiRequest& request) {
  std::vector<uint8_t> bytes;
  for (const IoSlice& slice : request.slices) {
    bytes.insert(bytes.end(), slice.data, slice.data + slice.size_bytes);
  }
  return bytes;
}

// News of access states concerns the disk, not its clients: to them there are none.
bool is_about_paths(const scsi::Sense& sense) {
  return sense.code() == scsi::kAccessStateChanged ||
         sense.code() == scsi::kImplicitTransitionFailed;
}

bool changes_mode(const TransportCommand& command) {
  const uint8_t opcode = command.cdb.opcode();
  return command.scsi_status == scsi::kGood &&
         (opcode == scsi::kModeSelect6 || opcode == scsi::kModeSelect10);
}

bool reserves(const scsi::Cdb& cdb) {
  return cdb.opcode() == scsi::kReserve6 || cdb.opcode() == scsi::kReserve10;
}

bool releases(const scsi::Cdb& cdb) {
  return cdb.opcode() == scsi::kRelease6 || cdb.opcode() == scsi::kRelease10;
}

}  // namespace

DiskLane::StandIn& DiskLane::stand_in_for(ScsiRequest& request) {
  if (idle_stand_ins_.empty()) {
    stand_ins_.push_back(std::make_unique<StandIn>());
    idle_stand_ins_.push_back(stand_ins_.back().get());
  }
  StandIn& stand_in = *idle_stand_ins_.back();
  idle_stand_ins_.pop_back();
  stand_in.request = &request;
  stand_in.lane = this;
  stand_in.block = {.op = request.direction == Direction::from_target ? BlockOp::read
                          : request.direction == Direction::to_target ? BlockOp::write
                                                                      : BlockOp::flush,
                    .length_bytes = request.length_bytes,
                    .done =
                        [](BlockRequest& block) {
                          StandIn& mine = *static_cast<StandIn*>(block.owner);
                          ScsiRequest& done = *mine.request;
                          mine.lane->idle_stand_ins_.push_back(&mine);
                          done.done(done);
                        },
                    .owner = &stand_in};
  return stand_in;
}

void DiskLane::submit(ScsiRequest& scsi) {
  scsi.error = 0;
  scsi.scsi_status = scsi::kGood;
  scsi.residual_bytes = 0;
  scsi.overflow_bytes = 0;
  scsi.sense_bytes = 0;
  if (phase_ == Phase::accepting && scsi.direction == Direction::to_target &&
      scsi.cdb.opcode() == scsi::kPersistentReserveOut) {
    std::vector<uint8_t> list = gather(scsi);
    dsm::ReserveRequest wanted;
    if (dsm::read_reserve_request(scsi.cdb.span(), list, wanted)) {
      owner_.on_reserve_out(scsi, wanted, std::move(list));
      return;
    }
  }
  Request& request = new_request(stand_in_for(scsi).block);
  request.scsi = &scsi;
  reserves_under_way_ += reserves(scsi.cdb) ? 1 : 0;
  prepare_client_command(request);
  if (phase_ != Phase::accepting) {
    finish_later(request, EIO);
  } else if (!try_send(request, request.submitted_ns)) {
    wait(request);
  }
}

// Does the command end with what came? Else it is tried again as the verdict says.
bool DiskLane::answers_client(Request& request, const dsm::Verdict& verdict) {
  const TransportCommand& command = request.command.transport;
  if (command.delivery == Delivery::not_sent) {
    return false;
  }
  if (command.delivery != Delivery::delivered) {
    return !may_be_repeated(command.cdb.opcode());
  }
  const scsi::Sense sense = scsi::decode_sense({command.sense.data(), command.sense_bytes});
  if (command.scsi_status != scsi::kCheckCondition || sense.deferred ||
      sense.key != scsi::kUnitAttention) {
    return verdict.give_back;
  }
  return !is_about_paths(sense) && attention_filter_.is_news(sense.code(), request.session.path);
}

// --- RESERVE and RELEASE
// ---------------------------------------------------------------------------

// Reservations end with RELEASE, with their nexus, and with whatever a unit attention 29h tells of.
void DiskLane::heed_reservation(const Request& request) {
  const TransportCommand& command = request.command.transport;
  if (command.delivery != Delivery::delivered) {
    return;
  }
  const bool good = command.scsi_status == scsi::kGood;
  const unsigned path = request.session.path;
  if (good && reserves(command.cdb)) {
    reservation_ += reserved_path_ ? 0 : 1;
    reserved_path_ = path;
  } else if (reserved_path_ == path) {
    const scsi::Sense sense = scsi::decode_sense({command.sense.data(), command.sense_bytes});
    const bool reset = command.scsi_status == scsi::kCheckCondition &&
                       sense.key == scsi::kUnitAttention && sense.asc == kPowerOnOrReset;
    if (reset || (good && releases(command.cdb))) {
      reserved_path_.reset();
    }
  }
}

// What was sent under it must not be executed without it: another host may have the unit by now.
void DiskLane::lose_reservation() {
  reserved_path_.reset();
  last_lost_reservation_ = reservation_;
  tells_of_loss_ = true;
  pump_soon();
}

uint16_t DiskLane::take_attention() {
  return std::exchange(tells_of_loss_, false) ? scsi::kReservationsReleased : uint16_t{0};
}

bool DiskLane::has_lost_reservation(const Request& request) const {
  return request.reservation != 0 && request.reservation <= last_lost_reservation_;
}

// A conflict with the client's own RESERVE, which has gone, or is going, down another path.
bool DiskLane::conflicts_with_itself(const Request& request) const {
  const TransportCommand& command = request.command.transport;
  return command.delivery == Delivery::delivered &&
         command.scsi_status == scsi::kReservationConflict &&
         (reserved_path_ ? *reserved_path_ != request.session.path
                         : reserves_under_way_ != 0 && !reserves(command.cdb));
}

// The last answer is better than none, whatever ended the tries.
void DiskLane::take_answer(Request& request, int error) {
  if (request.scsi == nullptr) {
    return;
  }
  ScsiRequest& scsi = *request.scsi;
  reserves_under_way_ -= reserves(scsi.cdb) ? 1 : 0;
  const TransportCommand& command = request.command.transport;
  const bool answered =
      error == 0 || (request.attempts != 0 && command.delivery == Delivery::delivered &&
                     command.scsi_status != scsi::kGood);
  scsi.error = answered ? 0 : error;
  if (answered) {
    scsi.scsi_status = command.scsi_status;
    scsi.residual_bytes = command.residual_bytes;
    scsi.overflow_bytes = command.overflow ? command.overflow_bytes : 0;
    scsi.sense_bytes = command.sense_bytes;
    std::copy_n(command.sense.begin(), command.sense_bytes, scsi.sense.begin());
    if (changes_mode(command)) {
      attention_filter_.caused_here(scsi::kModeParametersChanged, request.session.path);
    }
  }
}

void DiskLane::cleared_through(unsigned path) {
  attention_filter_.caused_here(scsi::kCommandsCleared, path);
}

// SPC-4 5.12.11: who takes registrations away tells their nexuses, who ends a reservation tells the
// registered ones.
void DiskLane::reserved_through(unsigned path, const scsi::Cdb& cdb) {
  const auto caused = [&](uint16_t code) { attention_filter_.caused_here(code, path); };
  switch (static_cast<scsi::ReserveOutAction>(cdb.service_action())) {
    case scsi::ReserveOutAction::release:
      caused(scsi::kReservationsReleased);
      break;
    case scsi::ReserveOutAction::clear:
    case scsi::ReserveOutAction::preempt:
    case scsi::ReserveOutAction::preempt_and_abort:
      caused(scsi::kReservationsPreempted);
      caused(scsi::kReservationsReleased);
      caused(scsi::kRegistrationsPreempted);
      break;
    default:
      break;
  }
}

}  // namespace mpio
