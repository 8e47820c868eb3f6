// SCSI commands of a connection: from the command PDU to the response. Their data is in
// connection_data.cpp.
#include <algorithm>
#include <utility>

#include "io/iscsi/connection.h"
#include "scsi/block_range.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace io::iscsi {
namespace {

constexpr uint8_t kRead = 0x40;
constexpr uint8_t kWrite = 0x20;
constexpr uint8_t kOverflow = 0x04;
constexpr uint8_t kUnderflow = 0x02;
constexpr uint8_t kStatusIsHere = 0x01;
constexpr uint16_t kInvalidFieldInCdb = 0x2400;
constexpr size_t kMaxSpareBytes = size_t{8} << 20;

}  // namespace

Command* Connection::find(uint32_t tag) {
  const auto found = commands_.find(tag);
  return found == commands_.end() ? nullptr : found->second.get();
}

std::unique_ptr<Command> Connection::new_command() {
  if (spare_commands_.empty()) {
    auto command = std::make_unique<Command>();
    command->connection = this;
    command->task.owner = command.get();
    command->task.done = [](Task& task) {
      auto& done = *static_cast<Command*>(task.owner);
      done.connection->complete(done);
    };
    return command;
  }
  std::unique_ptr<Command> command = std::move(spare_commands_.back());
  spare_commands_.pop_back();
  spare_bytes_ -= command->data_out.size();
  return command;
}

void Connection::recycle(std::unique_ptr<Command> command) {
  if (spare_commands_.size() < kCommandWindow &&
      spare_bytes_ + command->data_out.size() <= kMaxSpareBytes) {
    command->reset();
    spare_bytes_ += command->data_out.size();
    spare_commands_.push_back(std::move(command));
  }
}

// Out of the table: its tag, its place in the window and its share of the memory are free again.
std::unique_ptr<Command> Connection::take(Command& command) {
  const auto found = commands_.find(command.tag);
  std::unique_ptr<Command> taken = std::move(found->second);
  commands_.erase(found);
  counted_commands_ -= taken->immediate ? 0 : 1;
  if (sink_command_ == taken.get()) {
    sink_command_ = nullptr;
    reader_.drop_sink();
  }
  if (taken->has_room) {
    taken->has_room = false;
    solicited_bytes_ -= taken->expected_bytes;
    serve_waiting();
  }
  return taken;
}

void Connection::scsi_command(const Header& header) {
  std::unique_ptr<Command> arrived = std::move(incoming_);
  const uint32_t tag = header.initiator_tag();
  if (!in_order(header)) {
    return recycle(std::move(arrived));
  }
  const auto refuse_pdu = [&](RejectReason reason) {
    reject(header, reason);
    recycle(std::move(arrived));
  };
  if (nexus_ == nullptr || tag == kNoTag) {  // a discovery session has no logical units
    return refuse_pdu(nexus_ == nullptr ? kProtocolError : kInvalidField);
  }
  if (commands_.contains(tag)) {
    return refuse_pdu(kTaskInProgress);
  }
  if (header.immediate() && commands_.size() - counted_commands_ >= kImmediateCommands) {
    return refuse_pdu(kTooManyImmediate);
  }
  Command& command = *arrived;
  command.tag = tag;
  command.immediate = header.immediate();
  command.read = (header.flags() & kRead) != 0;
  command.write = (header.flags() & kWrite) != 0;
  command.expected_bytes = header.field(20);
  command.task.lun = header.lun();
  command.task.tag = tag;
  std::copy_n(header.raw.begin() + 32, 16, command.task.cdb.bytes.begin());
  command.task.cdb.length = 16;
  counted_commands_ += command.immediate ? 0 : 1;
  commands_.emplace(tag, std::move(arrived));
  if (command.expected_bytes > kMaxExpectedBytes) {
    return refuse(command, scsi::kIllegalRequest, kInvalidFieldInCdb);
  }
  if (take_data_in_command(command, header)) {
    proceed(command);
  }
}

void Connection::submit(Command& command) {
  command.submitted = true;
  command.task.data_out = base::Bytes(command.data_out).first(command.received_bytes);
  command.task.data_out_buffer = &command.data_out;
  if (command.read) {
    command.task.data_in = queue_.take_spare();
    command.task.data_in_bytes = command.write ? 0 : command.expected_bytes;
  }
  nexus_->submit(command.task);
}

// Ends a command that the device has not seen.
void Connection::refuse(Command& command, uint8_t sense_key, uint16_t sense_code) {
  end_check(command.task, sense_key, sense_code);
  complete(command);
}

void Connection::complete(Command& command) {
  std::unique_ptr<Command> done = take(command);
  if (!done->task.aborted && !done->task.drop_reply && state_ == State::full_feature) {
    queue_.spoil_digests(done->task.bad_digest);
    respond(*done);
    queue_.spoil_digests(false);
    if (!processing_) {
      host_.on_output();
    }
  }
  recycle(std::move(done));
}

// How much data the command wanted from the initiator, as far as its CDB tells; else what was
// announced.
uint64_t Connection::wanted_data_out(const Command& command) const {
  const uint64_t lun = command.task.lun;
  const uint32_t block_bytes = target_.device.has_lun(lun) ? target_.device.block_bytes(lun) : 0;
  const auto range = scsi::block_range(command.task.cdb.span());
  if (block_bytes == 0 || !range || range->access != scsi::BlockAccess::write) {
    return command.write ? command.expected_bytes : 0;
  }
  return range->blocks * block_bytes;
}

// Residuals: RFC 7143 11.4.5. What was moved against what the initiator expected to be moved.
void Connection::respond(Command& command) {
  const bool reads = command.read && !command.write;
  const uint64_t read = command.task.data_in.size() + command.task.data_in_beyond;
  const uint64_t available =
      command.write || (read == 0 && !command.read) ? wanted_data_out(command) : read;
  const uint64_t expected = command.expected_bytes;
  const uint64_t moved = std::min(available, expected);
  uint8_t flags = 0;
  uint32_t residual = 0;
  if (available != expected) {
    flags = available > expected ? kOverflow : kUnderflow;
    residual = static_cast<uint32_t>(
        std::min<uint64_t>(std::max(available, expected) - moved, UINT32_MAX));
  }
  if (reads && moved != 0 && command.task.status == scsi::kGood) {
    return send_data_in(command, static_cast<uint32_t>(moved), flags, residual);
  }
  send_response(command, flags, residual);
}

// The data in PDUs that the initiator can take, in sequences of at most MaxBurstLength; the last
// one carries the status.
void Connection::send_data_in(Command& command, uint32_t count, uint8_t residual_flags,
                              uint32_t residual) {
  const SessionParameters& parameters = login_.parameters();
  const base::Bytes all = base::Bytes(command.task.data_in).first(count);
  uint32_t in_burst = 0;
  uint32_t data_sn = 0;
  for (uint32_t offset = 0; offset < count;) {
    const uint32_t length = std::min(
        {count - offset, parameters.send_segment_bytes, parameters.max_burst_bytes - in_burst});
    const bool last = offset + length == count;
    in_burst = (in_burst + length) % parameters.max_burst_bytes;
    Header out;
    out.raw[0] = kDataIn;
    out.raw[1] = last || in_burst == 0 ? kFinal : 0;
    out.set(16, command.tag);
    out.set(20, kNoTag);
    if (last) {
      out.raw[1] |= static_cast<uint8_t>(kStatusIsHere | residual_flags);
      out.raw[3] = command.task.status;
      out.set(44, residual);
    }
    stamp(out, last);
    if (!last) {
      out.set(24, 0);  // StatSN means something with a status only
    }
    out.set(36, data_sn++);
    out.set(40, offset);
    queue_.push(out, all.subspan(offset, length),
                last ? std::move(command.task.data_in) : std::vector<uint8_t>());
    offset += length;
  }
}

void Connection::send_response(Command& command, uint8_t residual_flags, uint32_t residual) {
  Header out;
  out.raw[0] = kScsiResponse;
  out.raw[1] = static_cast<uint8_t>(kFinal | residual_flags);
  out.raw[3] = command.task.status;
  out.set(16, command.tag);
  stamp(out, true);
  out.set(36, command.r2t_count);  // ExpDataSN
  out.set(44, residual);
  std::vector<uint8_t> sense;
  if (command.task.sense_bytes != 0) {
    sense = {0, command.task.sense_bytes};  // SenseLength, RFC 7143 11.4.7
    sense.insert(sense.end(), command.task.sense.begin(),
                 command.task.sense.begin() + command.task.sense_bytes);
  }
  queue_.push_owned(out, std::move(sense));
}

}  // namespace io::iscsi
