// The data of writes: unsolicited, and as the target asks for it. RFC 7143 11.7, 11.8. A PDU is
// made when its turn to be sent has come, so that a target that asks for much costs nothing, and a
// command that ends early leaves little behind.
#include <algorithm>
#include <string>

#include "io/iscsi/initiator/session.h"

namespace io::iscsi::initiator {
void Session::send_later(Task& task) {
  if (task.sending) {
    return;
  }
  task.sending = true;
  task.next_sending = kNoPlace;
  const uint32_t place = TaskTable::place_of(task);
  (last_sending_ != kNoPlace ? tasks_.at(last_sending_).next_sending : first_sending_) = place;
  last_sending_ = place;
}

void Session::make_data_out() {
  Task& task = tasks_.at(first_sending_);
  if (task.sequence_count == 0) {
    first_sending_ = task.next_sending;
    last_sending_ = first_sending_ == kNoPlace ? kNoPlace : last_sending_;
    task.sending = false;
    if (task.command == nullptr) {
      tasks_.give_back(task);
    }
    return;
  }
  DataSequence& sequence = task.sequence(0);
  const uint32_t count =
      std::min(sequence.end - sequence.at, login_.agreement().send_segment_bytes);
  const bool last = sequence.at + count == sequence.end;
  Header header;
  header.raw[0] = kDataOut;
  header.raw[1] = last ? kFinal : 0;
  base::store_be64(&header.raw[8], sequence.transfer_tag == kNoTag ? 0 : wanted_.lun);
  header.set(16, task.tag);
  header.set(20, sequence.transfer_tag);
  header.set(28, exp_stat_sn_);
  header.set(36, sequence.data_sn++);
  header.set(40, sequence.at);
  queue_.push(header, task.cursor.take(count), task.tag);
  ++task.queued_pdus;
  sequence.at += count;
  if (last) {
    task.first_sequence = static_cast<uint8_t>((task.first_sequence + 1) % task.sequences.size());
    --task.sequence_count;
  }
}

bool Session::on_ready_to_transfer(const Header& header) {
  Task* const task = tasks_.find(header.initiator_tag());
  if (task == nullptr || !task->sent || task->command->direction != mpio::Direction::to_target) {
    return violation("an R2T for no write that is under way");
  }
  const Agreement& agreed = login_.agreement();
  const uint32_t transfer_tag = header.field(20);
  const uint32_t offset = header.field(40);
  const uint32_t count = header.field(44);
  if (header.field(36) != task->r2t_sn) {
    return violation("R2TSN is " + std::to_string(header.field(36)) + " where " +
                     std::to_string(task->r2t_sn) + " is due");
  }
  if (transfer_tag == kNoTag) {
    return violation("an R2T without a transfer tag");
  }
  if (task->outstanding_r2t() >= agreed.max_outstanding_r2t) {
    return violation("more R2Ts at once than the " + std::to_string(agreed.max_outstanding_r2t) +
                     " agreed on");
  }
  if (offset != task->asked_bytes || count == 0 ||
      count > task->command->length_bytes - task->asked_bytes) {
    return violation("an R2T for " + std::to_string(count) + " bytes at offset " +
                     std::to_string(offset) + ", where " +
                     std::to_string(task->command->length_bytes - task->asked_bytes) +
                     " bytes from offset " + std::to_string(task->asked_bytes) + " are left");
  }
  if (count > agreed.max_burst_bytes) {
    return violation("an R2T for " + std::to_string(count) + " bytes, more than the " +
                     std::to_string(agreed.max_burst_bytes) + " of MaxBurstLength");
  }
  ++task->r2t_sn;
  task->asked_bytes += count;
  task->sequence(task->sequence_count) = {transfer_tag, offset, offset + count, 0};
  ++task->sequence_count;
  send_later(*task);
  return true;
}

}  // namespace io::iscsi::initiator
