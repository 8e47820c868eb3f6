// The commands of a session: from the caller to libiscsi and back, each exactly once, without
// copying data.
//
// The danger here is in libiscsi: when a target answers a write before all its data has gone out
// (it may, with an error), the Data-Out PDUs that are still queued keep pointing to the task and to
// the caller's buffers. So an answered write is retired: its vector is pointed at a page of zeros,
// and the task lives until the queue must have passed it.
#include <poll.h>
#include <sys/mman.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "io/iscsi_outstanding.h"
#include "io/iscsi_transport.h"

namespace io {

namespace {

constexpr size_t kMaxSlices = 1024;  // IOV_MAX: libiscsi hands the vector to writev() as it is

// Read-only, never written, so all of it is the kernel's one page of zeros.
void* zeros() {
  static void* const mapping = mmap(nullptr, IscsiTransport::kMaxTransferBytes, PROT_READ,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  BASE_ASSERT(mapping != MAP_FAILED);
  return mapping;
}

int transfer_direction(mpio::Direction direction) {
  switch (direction) {
    case mpio::Direction::from_target:
      return SCSI_XFER_READ;
    case mpio::Direction::to_target:
      return SCSI_XFER_WRITE;
    case mpio::Direction::none:
      break;
  }
  return SCSI_XFER_NONE;
}

// Single-level addressing (SAM-5 4.7): peripheral device form up to 255, flat space form above.
int wire_lun(uint16_t lun) {
  return lun < 256 ? lun : 0x4000 | lun;
}

}  // namespace

IscsiTransport::Outstanding& IscsiTransport::acquire(mpio::TransportCommand& command) {
  if (free_.empty()) {
    all_.push_back(std::make_unique<Outstanding>());
    free_.push_back(all_.back().get());
  }
  Outstanding& taken = *free_.back();
  free_.pop_back();
  taken.owner = this;
  taken.command = &command;
  taken.sequence = next_sequence_++;
  taken.vector.clear();
  return taken;
}

void IscsiTransport::recycle(Outstanding& outstanding) {
  if (outstanding.task != nullptr) {
    scsi_free_scsi_task(std::exchange(outstanding.task, nullptr));
  }
  outstanding.command = nullptr;
  free_.push_back(&outstanding);
}

void IscsiTransport::unlink(Outstanding& outstanding) {
  (outstanding.previous != nullptr ? outstanding.previous->next : first_) = outstanding.next;
  (outstanding.next != nullptr ? outstanding.next->previous : last_) = outstanding.previous;
  outstanding.previous = outstanding.next = nullptr;
}

void IscsiTransport::submit(mpio::TransportCommand& command) {
  command.delivery = mpio::Delivery::not_sent;
  command.scsi_status = 0;
  command.residual_bytes = 0;
  command.overflow = false;
  command.sense_bytes = 0;
  if (state_ != State::up || dead_) {
    unsent_.push_back(&command);
    loop_.defer(deferred_);
    return;
  }
  BASE_ASSERT(command.length_bytes <= kMaxTransferBytes && command.slices.size() <= kMaxSlices);

  Outstanding& outstanding = acquire(command);
  outstanding.task = scsi_create_task(command.cdb.length, command.cdb.bytes.data(),
                                      transfer_direction(command.direction),
                                      static_cast<int>(command.length_bytes));
  size_t total = 0;
  for (const mpio::IoSlice& slice : command.slices) {
    outstanding.vector.push_back({slice.data, slice.size_bytes});
    total += slice.size_bytes;
  }
  BASE_ASSERT(command.direction == mpio::Direction::none || total == command.length_bytes);
  if (outstanding.task != nullptr && !outstanding.vector.empty()) {
    const int count = static_cast<int>(outstanding.vector.size());
    if (command.direction == mpio::Direction::from_target) {
      scsi_task_set_iov_in(outstanding.task, outstanding.vector.data(), count);
    } else if (command.direction == mpio::Direction::to_target) {
      scsi_task_set_iov_out(outstanding.task, outstanding.vector.data(), count);
    }
  }
  if (outstanding.task == nullptr ||
      iscsi_scsi_command_async(context_, wire_lun(config_.lun), outstanding.task, note_command,
                               nullptr, &outstanding) != 0) {
    recycle(outstanding);
    unsent_.push_back(&command);
    loop_.defer(deferred_);
    return;
  }
  outstanding.previous = last_;
  outstanding.next = nullptr;
  (last_ != nullptr ? last_->next : first_) = &outstanding;
  last_ = &outstanding;
  ++queued_;
  if (!handing_back_ && !deferred_.armed()) {
    loop_.defer(deferred_);
  }
}

void IscsiTransport::note_command(iscsi_context*, int status, void*, void* outstanding) {
  auto& noted = *static_cast<Outstanding*>(outstanding);
  noted.owner->take_result(noted, status);
}

void IscsiTransport::take_result(Outstanding& outstanding, int status) {
  if (status < 0 || status > 0xff) {
    // Cancelled, or answered with something that is no SCSI status. Nobody knows what became of the
    // command: only the end of the session makes that definite. It stays in the list and is handed
    // back with the rest.
    dead_ = true;
    return;
  }
  mpio::TransportCommand& command = *outstanding.command;
  const scsi_task& task = *outstanding.task;
  command.delivery = mpio::Delivery::delivered;
  command.scsi_status = static_cast<uint8_t>(status);
  if (task.residual_status == SCSI_RESIDUAL_UNDERFLOW) {
    command.residual_bytes =
        static_cast<uint32_t>(std::min<size_t>(task.residual, command.length_bytes));
  }
  command.overflow = task.residual_status == SCSI_RESIDUAL_OVERFLOW;
  // Sense data follows its own length (RFC 7143 11.4.7.2).
  if (status == SCSI_STATUS_CHECK_CONDITION && task.datain.data != nullptr &&
      task.datain.size > 2) {
    const base::Bytes segment(task.datain.data, static_cast<size_t>(task.datain.size));
    command.sense_bytes = static_cast<uint16_t>(base::copy_bounded(
        command.sense, base::slice(segment, 2, base::load_be16(segment.data()))));
  }
  unlink(outstanding);
  finished_.push_back(&command);
  const uint64_t sequence = outstanding.sequence;
  retire(outstanding);
  release_retired(sequence);
}

void IscsiTransport::retire(Outstanding& outstanding) {
  if (outstanding.command->direction == mpio::Direction::to_target) {
    for (scsi_iovec& part : outstanding.vector) {
      part.iov_base = zeros();
    }
  }
  outstanding.command = nullptr;
  outstanding.sequence = next_sequence_;
  retired_.push_back(&outstanding);
}

// libiscsi sends in the order of command numbers, Data-Out PDUs with those of their command. So
// once a command is answered that was submitted after a write was retired, no PDU of that write is
// left. The one just retired is never the one released, which also keeps the task alive until
// libiscsi's callback has returned.
void IscsiTransport::release_retired(uint64_t answered_sequence) {
  while (!retired_.empty() && retired_.front()->sequence <= answered_sequence) {
    recycle(*retired_.front());
    retired_.pop_front();
  }
}

// Takes from the member queues one by one, so that a handler that drops the link or destroys this
// object from inside finds there what is still to be handed back. What it submits anew from inside
// waits for the next round.
bool IscsiTransport::hand_back(std::deque<mpio::TransportCommand*>& commands) {
  const std::weak_ptr<const bool> alive = alive_;
  const bool destructing = alive_ == nullptr;
  for (size_t left = commands.size(); left > 0 && !commands.empty(); --left) {
    mpio::TransportCommand& command = *commands.front();
    commands.pop_front();
    handler_->on_command_done(command);
    if (!destructing && alive.expired()) {
      return false;
    }
  }
  return true;
}

void IscsiTransport::finish_outstanding(mpio::Delivery delivery) {
  while (first_ != nullptr) {
    Outstanding& outstanding = *first_;
    unlink(outstanding);
    outstanding.command->delivery = delivery;
    finished_.push_back(outstanding.command);
    recycle(outstanding);
  }
}

}  // namespace io
