// The data of write commands: immediate, unsolicited, and asked for by R2T. RFC
// 7143 4.2.5, 11.7, 11.8.
#include <algorithm>

#include "io/iscsi/connection.h"
#include "scsi/sense.h"

namespace io::iscsi {
namespace {

// Sense codes of RFC 7143 11.4.7.2, all with ABORTED COMMAND.
constexpr uint16_t kUnexpectedUnsolicitedData = 0x0c0c;
constexpr uint16_t kIncorrectAmountOfData = 0x0c0d;
constexpr uint16_t kProtocolServiceCrcError = 0x4705;

}  // namespace

// Immediate data, and whether unsolicited Data-Out PDUs follow. False: the command has been ended.
bool Connection::take_data_in_command(Command& command, const Header& header) {
  const SessionParameters& parameters = login_.parameters();
  const auto count = static_cast<uint32_t>(header.data_bytes());
  const uint32_t expected = command.write ? command.expected_bytes : 0;
  const uint32_t first_burst =
      std::min({expected, parameters.first_burst_bytes, parameters.max_burst_bytes});
  const bool more_follows = command.write && !header.final();
  if ((count != 0 && (!parameters.immediate_data || count > first_burst)) ||
      (more_follows && parameters.initial_r2t)) {
    refuse(command, scsi::kAbortedCommand, kUnexpectedUnsolicitedData);
    return false;
  }
  command.received_bytes = count;
  command.unsolicited = more_follows && count < first_burst;
  command.sequence_end = first_burst;
  command.data_out.resize(std::max<size_t>(command.data_out.size(), first_burst));
  return true;
}

// Decides where the data of this Data-Out goes. What belongs to no command that waits for it (an
// ended one's, mostly) is discarded; what breaks the rules ends its command.
void Connection::data_out_header(const Header& header, base::MutableBytes& sink) {
  Command* const command = find(header.initiator_tag());
  if (command == nullptr || command->submitted) {
    return;
  }
  const uint32_t transfer_tag = header.field(20);
  const bool unsolicited = transfer_tag == kNoTag;
  if (unsolicited && !command->unsolicited) {
    return refuse(*command, scsi::kAbortedCommand, kUnexpectedUnsolicitedData);
  }
  if (!unsolicited && (command->unsolicited || transfer_tag != command->transfer_tag)) {
    return;
  }
  if (header.field(36) != command->data_sn) {
    return refuse(*command, scsi::kAbortedCommand, kProtocolServiceCrcError);
  }
  const size_t count = header.data_bytes();
  if (header.field(40) != command->received_bytes ||
      count > command->sequence_end - command->received_bytes) {
    return refuse(*command, scsi::kAbortedCommand, kIncorrectAmountOfData);
  }
  sink_command_ = command;
  sink = base::MutableBytes(command->data_out).subspan(command->received_bytes, count);
}

void Connection::data_out(const Header& header) {
  if (sink_command_ == nullptr) {
    return;
  }
  Command& command = *sink_command_;
  sink_command_ = nullptr;
  command.received_bytes += static_cast<uint32_t>(header.data_bytes());
  ++command.data_sn;
  const bool sequence_full = command.received_bytes == command.sequence_end;
  if (!header.final()) {
    if (sequence_full) {
      refuse(command, scsi::kAbortedCommand, kIncorrectAmountOfData);
    }
    return;
  }
  if (!command.unsolicited && !sequence_full) {
    return refuse(command, scsi::kAbortedCommand, kIncorrectAmountOfData);
  }
  command.unsolicited = false;
  command.transfer_tag = kNoTag;
  proceed(command);
}

// All that is on its way has arrived: ask for more, or execute.
void Connection::proceed(Command& command) {
  if (command.unsolicited) {
    return;
  }
  if (command.damaged) {
    return refuse(command, scsi::kAbortedCommand, kProtocolServiceCrcError);
  }
  if (command.write && command.received_bytes < command.expected_bytes) {
    return solicit(command);
  }
  submit(command);
}

void Connection::solicit(Command& command) {
  if (!command.has_room) {
    if (solicited_bytes_ != 0 && solicited_bytes_ + command.expected_bytes > kMaxSolicitedBytes) {
      waiting_for_room_.push_back(command.tag);
      return;
    }
    command.has_room = true;
    solicited_bytes_ += command.expected_bytes;
    command.data_out.resize(std::max<size_t>(command.data_out.size(), command.expected_bytes));
  }
  const uint32_t length = std::min(command.expected_bytes - command.received_bytes,
                                   login_.parameters().max_burst_bytes);
  command.sequence_end = command.received_bytes + length;
  command.data_sn = 0;
  command.transfer_tag = next_transfer_tag_;
  next_transfer_tag_ = next_transfer_tag_ + 1 == kNoTag ? 1 : next_transfer_tag_ + 1;
  Header out;
  out.raw[0] = kReadyToTransfer;
  out.raw[1] = kFinal;
  base::store_be64(&out.raw[8], command.task.lun);
  out.set(16, command.tag);
  out.set(20, command.transfer_tag);
  stamp(out, false);
  out.set(36, command.r2t_count++);
  out.set(40, command.received_bytes);
  out.set(44, length);
  queue_.push(out, {});
  if (!processing_) {
    host_.on_output();
  }
}

// Commands whose data found no room before. A tag may have been aborted, or be used anew by a
// command that has room.
void Connection::serve_waiting() {
  while (!waiting_for_room_.empty()) {
    Command* const command = find(waiting_for_room_.front());
    if (command != nullptr && !command->submitted && !command->has_room && !command->unsolicited &&
        command->transfer_tag == kNoTag) {
      if (solicited_bytes_ != 0 &&
          solicited_bytes_ + command->expected_bytes > kMaxSolicitedBytes) {
        return;
      }
      solicit(*command);
    }
    waiting_for_room_.pop_front();
  }
}

}  // namespace io::iscsi
