// A client session's requests, from submission to the wire and, at the end of it all, to failure.
#include "io/nbd/client_session.h"

#include <utility>

#include "base/assert.h"
#include "io/nbd/slices.h"

namespace io::nbd {
namespace {

Command command_of(mpio::BlockOp op) {
  switch (op) {
    case mpio::BlockOp::read:
      return Command::read;
    case mpio::BlockOp::write:
      return Command::write;
    case mpio::BlockOp::flush:
      return Command::flush;
    case mpio::BlockOp::trim:
      return Command::trim;
    case mpio::BlockOp::write_zeroes:
      return Command::write_zeroes;
  }
  return Command::flush;
}

}  // namespace

ClientSession::ClientSession(bool structured_replies)
    : structured_replies_(structured_replies), stage_(std::make_unique<uint8_t[]>(kStageBytes)) {}

ClientSession::~ClientSession() {
  BASE_ASSERT(outstanding_ == 0);
}

void ClientSession::enqueue(mpio::BlockRequest& request) {
  Slot& slot = take_slot();
  slot.request = &request;
  const bool writes = request.op != mpio::BlockOp::read && request.op != mpio::BlockOp::flush;
  unsigned flags = request.fua && writes ? kCommandFua : 0u;
  if (request.op == mpio::BlockOp::write_zeroes && !request.may_unmap) {
    flags |= kCommandNoHole;
  }
  store_request(slot.header.data(), {.magic = kRequestMagic,
                                     .flags = static_cast<uint16_t>(flags),
                                     .command = static_cast<uint16_t>(command_of(request.op)),
                                     .cookie = (uint64_t{slot.generation} << 32) | slot.index,
                                     .offset_bytes = request.offset_bytes,
                                     .length_bytes = static_cast<uint32_t>(request.length_bytes)});
  slot.send_bytes = kRequestBytes;
  if (request.op == mpio::BlockOp::write) {
    slot.send_bytes += request.length_bytes;
  }
  ++outstanding_;
  reads_ += request.op == mpio::BlockOp::read ? 1 : 0;
  push_unsent(slot);
}

void ClientSession::enqueue_disconnect() {
  Slot& slot = take_slot();
  store_request(slot.header.data(),
                {.magic = kRequestMagic, .command = static_cast<uint16_t>(Command::disconnect)});
  slot.send_bytes = kRequestBytes;
  push_unsent(slot);
}

ClientSession::Slot& ClientSession::take_slot() {
  if (free_slots_ == nullptr) {
    Slot& fresh = slots_.emplace_back();
    fresh.index = static_cast<uint32_t>(slots_.size() - 1);
    free_slots_ = &fresh;
  }
  Slot& slot = *free_slots_;
  free_slots_ = std::exchange(slot.next, nullptr);
  ++slot.generation;
  slot.received_bytes = 0;
  slot.error = 0;
  slot.sent = false;
  slot.replied = false;
  return slot;
}

void ClientSession::push_unsent(Slot& slot) {
  (last_unsent_ == nullptr ? first_unsent_ : last_unsent_->next) = &slot;
  last_unsent_ = &slot;
}

size_t ClientSession::gather(std::span<mpio::IoSlice> out) const {
  size_t used = 0;
  uint64_t skip = unsent_skip_bytes_;
  for (const Slot* slot = first_unsent_; slot != nullptr && used < out.size();
       slot = slot->next, skip = 0) {
    if (skip < kRequestBytes) {
      out[used++] = {const_cast<uint8_t*>(slot->header.data()) + skip,
                     static_cast<size_t>(kRequestBytes - skip)};
      skip = kRequestBytes;
    }
    if (slot->send_bytes > kRequestBytes) {
      // When `out` is full inside a payload, nothing may follow: the loop ends by `used`.
      used += window(slot->request->slices, skip - kRequestBytes, slot->send_bytes - skip,
                     out.subspan(used));
    }
  }
  return used;
}

void ClientSession::sent(size_t count) {
  unsent_skip_bytes_ += count;
  while (first_unsent_ != nullptr && unsent_skip_bytes_ >= first_unsent_->send_bytes) {
    Slot& slot = *first_unsent_;
    unsent_skip_bytes_ -= slot.send_bytes;
    first_unsent_ = std::exchange(slot.next, nullptr);
    if (first_unsent_ == nullptr) {
      last_unsent_ = nullptr;
    }
    slot.sent = true;
    if (slot.request == nullptr) {
      slot.next = std::exchange(free_slots_, &slot);
    } else {
      complete_if_over(slot);
    }
  }
}

void ClientSession::fail_all(int error) {
  first_unsent_ = nullptr;
  last_unsent_ = nullptr;
  data_slot_ = nullptr;
  data_left_bytes_ = 0;
  for (Slot& slot : slots_) {
    if (slot.request != nullptr) {
      mpio::BlockRequest& request = *std::exchange(slot.request, nullptr);
      --outstanding_;
      request.error = error;
      request.done(request);
    }
  }
  reads_ = 0;
}

}  // namespace io::nbd
