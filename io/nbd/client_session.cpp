// See client_session.h; the messages are in doc/proto.md, "Transmission".
#include "io/nbd/client_session.h"

#include <algorithm>
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

// To the few that a BlockRequest may carry.
int request_error(uint32_t wire) {
  switch (wire) {
    case EPERM:
    case ENOSPC:
    case EINVAL:
      return static_cast<int>(wire);
    case EOVERFLOW:
    case ENOTSUP:
      return EINVAL;
    default:
      return EIO;
  }
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

size_t ClientSession::input_space(std::span<mpio::IoSlice> out) {
  if (stage_begin_ != 0) {
    std::memmove(stage_.get(), stage_.get() + stage_begin_, stage_end_ - stage_begin_);
    stage_end_ -= std::exchange(stage_begin_, 0);
  }
  const size_t usual =
      structured_replies_ ? kChunkHeaderBytes + kChunkOffsetBytes : kSimpleReplyBytes;
  if (data_left_bytes_ != 0) {
    // One header behind the data cannot contain data: nothing will have to be copied.
    size_t used = window(data_slot_->request->slices, data_position_bytes_, data_left_bytes_,
                         out.first(out.size() - 1));
    uint64_t covered = 0;
    for (const mpio::IoSlice& slice : out.first(used)) {
      covered += slice.size_bytes;
    }
    if (covered == data_left_bytes_) {
      out[used++] = {stage_.get(), usual};
    }
    return used;
  }
  size_t stage_bytes = kStageBytes - stage_end_;
  if (reads_ != 0) {
    stage_bytes = std::max(needed_bytes_, usual) - stage_end_;
  }
  out[0] = {stage_.get() + stage_end_, stage_bytes};
  return 1;
}

void ClientSession::received(size_t count) {
  if (data_left_bytes_ != 0) {
    const uint64_t data = std::min<uint64_t>(count, data_left_bytes_);
    data_position_bytes_ += data;
    data_left_bytes_ -= data;
    count -= static_cast<size_t>(data);
  }
  BASE_ASSERT(count <= kStageBytes - stage_end_);
  stage_end_ += count;
  parse();
}

void ClientSession::parse() {
  bool advanced = true;
  while (advanced && error_.empty()) {
    advanced = data_slot_ != nullptr ? parse_data() : parse_header();
  }
}

bool ClientSession::parse_data() {
  const base::Bytes here = base::slice(staged(), 0, static_cast<size_t>(data_left_bytes_));
  scatter(data_slot_->request->slices, data_position_bytes_, here);
  stage_begin_ += here.size();
  data_position_bytes_ += here.size();
  data_left_bytes_ -= here.size();
  if (data_left_bytes_ != 0) {
    return false;
  }
  Slot& slot = *std::exchange(data_slot_, nullptr);
  if (data_last_) {
    on_last_chunk(slot);
  }
  return true;
}

bool ClientSession::parse_header() {
  needed_bytes_ = 4;
  if (staged().size() < needed_bytes_) {
    return false;
  }
  const uint32_t magic = base::load_be32(staged().data());
  if (magic == kSimpleReplyMagic) {
    return parse_simple();
  }
  if (magic == kStructuredReplyMagic && structured_replies_) {
    return parse_chunk();
  }
  return broken("a reply of the server does not begin with a reply magic");
}

bool ClientSession::parse_simple() {
  needed_bytes_ = kSimpleReplyBytes;
  if (staged().size() < needed_bytes_) {
    return false;
  }
  const uint32_t error = base::load_be32(staged().data() + 4);
  Slot* const slot = find(base::load_be64(staged().data() + 8));
  if (slot == nullptr) {
    return broken("the server answers a request that was not made");
  }
  const bool has_data = slot->request->op == mpio::BlockOp::read && error == 0;
  if (has_data && structured_replies_) {
    return broken(
        "the server answers a read with a simple reply after agreeing on structured ones");
  }
  stage_begin_ += kSimpleReplyBytes;
  slot->error = error == 0 ? 0 : request_error(error);
  if (has_data) {
    begin_data(*slot, 0, slot->request->length_bytes, true);
  } else {
    on_last_chunk(*slot);
  }
  return true;
}

bool ClientSession::parse_chunk() {
  needed_bytes_ = kChunkHeaderBytes;
  if (staged().size() < needed_bytes_) {
    return false;
  }
  const uint8_t* const at = staged().data();
  const uint16_t flags = base::load_be16(at + 4);
  const auto type = static_cast<Chunk>(base::load_be16(at + 6));
  const size_t length = base::load_be32(at + 16);
  Slot* const slot = find(base::load_be64(at + 8));
  if (slot == nullptr) {
    return broken("the server answers a request that was not made");
  }
  const mpio::BlockRequest& request = *slot->request;
  if (type != Chunk::offset_data) {
    return parse_small_chunk(*slot, type, flags, length);
  }
  needed_bytes_ = kChunkHeaderBytes + kChunkOffsetBytes;
  if (staged().size() < needed_bytes_) {
    return false;
  }
  const uint64_t offset = base::load_be64(at + kChunkHeaderBytes);
  if (request.op != mpio::BlockOp::read || length <= kChunkOffsetBytes ||
      offset < request.offset_bytes || offset - request.offset_bytes > request.length_bytes ||
      length - kChunkOffsetBytes > request.length_bytes - (offset - request.offset_bytes)) {
    return broken("the server sends data that were not asked for");
  }
  stage_begin_ += needed_bytes_;
  begin_data(*slot, offset - request.offset_bytes, length - kChunkOffsetBytes,
             (flags & kChunkDone) != 0);
  return true;
}

bool ClientSession::parse_small_chunk(Slot& slot, Chunk type, uint16_t flags, size_t length) {
  const mpio::BlockRequest& request = *slot.request;
  if (length > kStageBytes - kChunkHeaderBytes) {
    return broken("a chunk of the server is too long");
  }
  needed_bytes_ = kChunkHeaderBytes + length;
  if (staged().size() < needed_bytes_) {
    return false;
  }
  const base::Bytes payload = staged().subspan(kChunkHeaderBytes, length);
  if (is_error(type)) {  // unknown ones too: the protocol lets every error begin alike
    if (payload.size() < 4) {
      return broken("an error chunk of the server is too short");
    }
    slot.error = request_error(base::load_be32(payload.data()));
  } else if (type == Chunk::offset_hole && payload.size() == 12 &&
             request.op == mpio::BlockOp::read) {
    const uint64_t offset = base::load_be64(payload.data());
    const uint64_t count = base::load_be32(payload.data() + 8);
    if (offset < request.offset_bytes || offset - request.offset_bytes > request.length_bytes ||
        count > request.length_bytes - (offset - request.offset_bytes)) {
      return broken("the server sends a hole that was not asked for");
    }
    scatter_zeroes(request.slices, offset - request.offset_bytes, count);
    slot.received_bytes += count;
  } else if (type != Chunk::none || !payload.empty() || (flags & kChunkDone) == 0) {
    return broken("a chunk of the server makes no sense");
  }
  stage_begin_ += needed_bytes_;
  if ((flags & kChunkDone) != 0) {
    on_last_chunk(slot);
  }
  return true;
}

ClientSession::Slot* ClientSession::find(uint64_t cookie) {
  const auto index = static_cast<uint32_t>(cookie);
  if (index >= slots_.size()) {
    return nullptr;
  }
  Slot& slot = slots_[index];
  // A server that answers what it cannot have read yet is as wrong as one that answers twice.
  const bool unread = &slot == first_unsent_ ? unsent_skip_bytes_ < kRequestBytes : !slot.sent;
  const bool valid = slot.request != nullptr && !slot.replied && !unread &&
                     slot.generation == static_cast<uint32_t>(cookie >> 32);
  return valid ? &slot : nullptr;
}

void ClientSession::begin_data(Slot& slot, uint64_t position, uint64_t count, bool last) {
  data_slot_ = &slot;
  data_position_bytes_ = position;
  data_left_bytes_ = count;
  data_last_ = last;
  slot.received_bytes += count;
}

void ClientSession::on_last_chunk(Slot& slot) {
  const mpio::BlockRequest& request = *slot.request;
  if (request.op == mpio::BlockOp::read && slot.error == 0 &&
      slot.received_bytes != request.length_bytes) {
    slot.error = EIO;  // it left data out
  }
  slot.replied = true;
  complete_if_over(slot);
}

// A server may refuse a write before it has read the payload; the buffer is then still in use.
void ClientSession::complete_if_over(Slot& slot) {
  if (!slot.sent || !slot.replied) {
    return;
  }
  mpio::BlockRequest& request = *std::exchange(slot.request, nullptr);
  request.error = slot.error;
  slot.next = std::exchange(free_slots_, &slot);
  --outstanding_;
  reads_ -= request.op == mpio::BlockOp::read ? 1 : 0;
  request.done(request);
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

bool ClientSession::broken(const char* why) {
  error_ = why;
  return false;
}

}  // namespace io::nbd
