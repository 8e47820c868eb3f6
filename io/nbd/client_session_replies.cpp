// The replies of the server: doc/proto.md, "Simple reply message" and "Structured reply chunk
// message".
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "io/nbd/client_session.h"
#include "io/nbd/slices.h"

namespace io::nbd {
namespace {

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

bool ClientSession::broken(const char* why) {
  error_ = why;
  return false;
}

}  // namespace io::nbd
