// SCSI commands: out in the order of their numbers, and the target's answers. RFC 7143 11.3, 11.4,
// 11.7.
#include <algorithm>
#include <string>

#include "base/assert.h"
#include "io/iscsi/initiator/session.h"

namespace io::iscsi::initiator {
namespace {

constexpr uint8_t kRead = 0x40;
constexpr uint8_t kWrite = 0x20;
constexpr uint8_t kSimpleTask = 1;
constexpr uint8_t kOverflow = 0x04;
constexpr uint8_t kUnderflow = 0x02;
constexpr uint8_t kStatusIsHere = 0x01;
constexpr uint8_t kGood = 0;
constexpr uint8_t kCheckCondition = 2;

std::string bytes_text(uint64_t count) {
  return std::to_string(count) + " bytes";
}

}  // namespace

void Session::submit(mpio::TransportCommand& command) {
  BASE_ASSERT(state_ == State::up && command.slices.size() <= kMostSlices);
  if (waiting_.empty() && window_open() && !tasks_.full()) {
    start(command);
  } else {
    waiting_.push(command);
  }
}

void Session::start_waiting() {
  while (!waiting_.empty() && state_ == State::up && window_open() && !tasks_.full()) {
    start(*waiting_.pop());
  }
}

void Session::start(mpio::TransportCommand& command) {
  const Agreement& agreed = login_.agreement();
  Task& task = tasks_.acquire(command);
  command.transport_tag = task.tag;
  task.command_sn = command_sn_;
  task.cursor = SliceCursor(command.slices);
  const bool write = command.direction == mpio::Direction::to_target;
  const uint32_t length = command.direction == mpio::Direction::none ? 0 : command.length_bytes;
  uint32_t immediate = 0;
  if (write) {
    const uint32_t unsolicited = std::min(length, agreed.first_burst_bytes);
    immediate = agreed.immediate_data ? std::min(unsolicited, agreed.send_segment_bytes) : 0;
    task.asked_bytes = agreed.initial_r2t ? immediate : unsolicited;
  }
  Header header;
  header.raw[0] = kScsiCommand;
  header.raw[1] = static_cast<uint8_t>(kSimpleTask | (write ? kWrite : 0) |
                                       (task.asked_bytes == immediate ? kFinal : 0));
  if (command.direction == mpio::Direction::from_target) {
    header.raw[1] |= kRead;
  }
  base::store_be64(&header.raw[8], wanted_.lun);
  header.set(16, task.tag);
  header.set(20, length);
  stamp(header, false);
  std::copy_n(command.cdb.bytes.begin(), 16, header.raw.begin() + 32);
  queue_.push(header, task.cursor.take(immediate), task.tag);
  if (task.asked_bytes > immediate) {
    task.sequences[0] = {kNoTag, immediate, task.asked_bytes, 0};
    task.sequence_count = 1;
    send_later(task);
  }
}

// ---- data in
// --------------------------------------------------------------------------------------

bool Session::on_data_in_header(const Header& header, PduReader::Sink& sink) {
  Task* const task = tasks_.find(header.initiator_tag());
  if (task == nullptr || !task->sent || task->command->direction != mpio::Direction::from_target) {
    return violation("Data-In for no read that is under way");
  }
  if (header.field(36) != task->data_sn) {
    return violation("DataSN is " + std::to_string(header.field(36)) + " where " +
                     std::to_string(task->data_sn) + " is due");
  }
  const uint32_t offset = header.field(40);
  const auto count = static_cast<uint32_t>(header.data_bytes());
  if (offset != task->received_bytes) {
    return violation("Data-In at offset " + std::to_string(offset) + " where " +
                     std::to_string(task->received_bytes) + " is due");
  }
  if (count > task->command->length_bytes - offset) {
    return violation("Data-In past the end: " + bytes_text(count) + " at offset " +
                     std::to_string(offset) + " of " + bytes_text(task->command->length_bytes));
  }
  if ((header.flags() & kStatusIsHere) != 0 && !header.final()) {
    return violation("Data-In with a status that is not the last of its sequence");
  }
  pieces_.clear();
  task->cursor.take(count).for_each_piece([this](base::MutableBytes piece) {
    pieces_.push_back({piece.data(), piece.size()});
    return true;
  });
  sink = pieces_;
  arriving_ = task;
  return true;
}

// How long a sequence may be (MaxBurstLength) is not held against the target: it costs nothing
// here, and there are targets that know one sequence per command only.
bool Session::on_data_in(const Header& header) {
  Task& task = *arriving_;
  arriving_ = nullptr;
  task.received_bytes += static_cast<uint32_t>(header.data_bytes());
  ++task.data_sn;
  if ((header.flags() & kStatusIsHere) == 0) {
    return true;
  }
  return count_status(header) && finish(task, header);
}

// ---- the end of a command
// ----------------------------------------------------------------------------

bool Session::on_response(const Header& header) {
  if (!count_status(header)) {
    return false;
  }
  Task* const task = tasks_.find(header.initiator_tag());
  if (task == nullptr || !task->sent) {
    return violation("an answer to no command that is under way");
  }
  if (header.raw[2] != 0) {
    // Nobody knows what became of the command; only the end of the session makes that definite.
    return violation("it could not carry out a command (iSCSI response " +
                     std::to_string(header.raw[2]) + ")");
  }
  mpio::TransportCommand& command = *task->command;
  if (header.raw[3] == kCheckCondition && header.data_bytes() > 2) {
    const base::Bytes data = segment(header);  // sense data after its length, 11.4.7.2
    command.sense_bytes = static_cast<uint16_t>(
        base::copy_bounded(command.sense, base::slice(data, 2, base::load_be16(data.data()))));
  }
  return finish(*task, header);
}

// Status and residual count stand in the same places of a SCSI Response and of Data-In.
bool Session::finish(Task& task, const Header& header) {
  mpio::TransportCommand& command = *task.command;
  command.scsi_status = header.raw[3];
  command.overflow = (header.flags() & kOverflow) != 0;
  const bool underflow = (header.flags() & kUnderflow) != 0;
  const uint32_t residual = underflow ? header.field(44) : 0;
  if (command.overflow && underflow) {
    return violation("an answer with both an overflow and an underflow");
  }
  if (residual > command.length_bytes) {
    return violation("a residual of " + bytes_text(residual) + " of a command of " +
                     bytes_text(command.length_bytes));
  }
  command.residual_bytes = residual;
  command.overflow_bytes = command.overflow ? header.field(44) : 0;
  if (command.scsi_status == kGood && command.direction != mpio::Direction::none) {
    const bool write = command.direction == mpio::Direction::to_target;
    if (write && (task.sequence_count != 0 || task.queued_pdus != 0)) {
      return violation("it calls a write good before it has all the data that it asked for");
    }
    // What was not moved is missing, whatever the target says.
    const uint32_t moved = write ? task.asked_bytes : task.received_bytes;
    command.residual_bytes = std::max(residual, command.length_bytes - moved);
  }
  command.delivery = mpio::Delivery::delivered;
  conclude(task);
  return true;
}

// The command is the caller's again, and its buffers too.
void Session::conclude(Task& task) {
  task.sequence_count = 0;  // make_data_out() passes over it
  if (task.queued_pdus != 0) {
    queue_.forget(task.tag);
  }
  finished_.push(*task.command);
  tasks_.retire(task);
  if (!task.sending) {  // else when the list has passed it
    tasks_.give_back(task);
  }
}

}  // namespace io::iscsi::initiator
