// A session's output: from completions to bytes for the client.
#include <algorithm>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "io/nbd/session.h"

namespace io::nbd {

void Session::on_done(mpio::BlockRequest& block) {
  Slot& slot = *static_cast<Slot*>(block.owner);
  slot.session->completed(slot);
}

void Session::completed(Slot& slot) {
  BASE_ASSERT(outstanding_ != 0);
  --outstanding_;
  if (orphaned_) {
    if (outstanding_ == 0) {
      delete this;
    }
    return;
  }
  ++totals_->requests;
  if (slot.block.error == 0 && slot.command == Command::read) {
    totals_->read_bytes += slot.slice.size_bytes;
  } else if (slot.block.error == 0 && slot.command == Command::write) {
    totals_->written_bytes += slot.slice.size_bytes;
  }
  if (end_ == End::broken) {
    release(slot);
  } else {
    queue_reply(slot);
  }
  if (progress_) {
    progress_();
  }
}

void Session::queue_reply(Slot& slot) {
  const uint32_t error = wire_error(slot.block.error);
  const bool is_read = slot.command == Command::read;
  slot.data_bytes = is_read && error == 0 ? slot.slice.size_bytes : 0;
  if (!structured_replies_ || (error == 0 && !is_read)) {
    write_simple_header(slot, error);  // allowed for all but reads in either mode
  } else if (error == 0) {
    write_read_header(slot);
  } else {
    write_error_header(slot, error);
  }
  slot.next = nullptr;
  (last_reply_ == nullptr ? first_reply_ : last_reply_->next) = &slot;
  last_reply_ = &slot;
}

void Session::write_simple_header(Slot& slot, uint32_t error) {
  uint8_t* const at = slot.header.data();
  base::store_be32(at, kSimpleReplyMagic);
  base::store_be32(at + 4, error);
  base::store_be64(at + 8, slot.cookie);
  slot.header_bytes = kSimpleReplyBytes;
}

void Session::write_read_header(Slot& slot) {
  base::ByteWriter out(slot.header);
  out.be32(kStructuredReplyMagic);
  out.be16(kChunkDone);
  out.be16(static_cast<uint16_t>(Chunk::offset_data));
  out.be64(slot.cookie);
  out.be32(static_cast<uint32_t>(kChunkOffsetBytes + slot.data_bytes));
  out.be64(slot.block.offset_bytes);
  slot.header_bytes = out.written().size();
}

void Session::write_error_header(Slot& slot, uint32_t error) {
  constexpr size_t kFixedBytes = 6;  // error and length of the message
  std::string_view why = slot.refusal != nullptr ? slot.refusal : "the device reports an error";
  why = why.substr(0, slot.header.size() - kChunkHeaderBytes - kFixedBytes);
  base::ByteWriter out(slot.header);
  out.be32(kStructuredReplyMagic);
  out.be16(kChunkDone);
  out.be16(static_cast<uint16_t>(Chunk::error));
  out.be64(slot.cookie);
  out.be32(static_cast<uint32_t>(kFixedBytes + why.size()));
  out.be32(error);
  out.be16(static_cast<uint16_t>(why.size()));
  out.bytes({reinterpret_cast<const uint8_t*>(why.data()), why.size()});
  slot.header_bytes = out.written().size();
}

bool Session::has_output() const {
  return handshake_sent_ != handshake_.size() || first_reply_ != nullptr;
}

size_t Session::gather(std::span<mpio::IoSlice> out) const {
  size_t used = 0;
  const auto add = [&](const uint8_t* data, size_t size_bytes, size_t& skip) {
    const size_t skipped = std::min(skip, size_bytes);
    skip -= skipped;
    if (skipped != size_bytes && used != out.size()) {
      out[used++] = {const_cast<uint8_t*>(data) + skipped, size_bytes - skipped};
    }
  };
  size_t handshake_skip = handshake_sent_;
  add(handshake_.data(), handshake_.size(), handshake_skip);
  size_t reply_skip = reply_sent_;
  for (const Slot* slot = first_reply_; slot != nullptr && used != out.size(); slot = slot->next) {
    add(slot->header.data(), slot->header_bytes, reply_skip);
    add(slot->buffer.data.get(), slot->data_bytes, reply_skip);
  }
  return used;
}

void Session::sent(size_t count) {
  const size_t handshake = std::min(count, handshake_.size() - handshake_sent_);
  handshake_sent_ += handshake;
  count -= handshake;
  if (handshake_sent_ == handshake_.size()) {
    handshake_.clear();
    handshake_sent_ = 0;
  }
  reply_sent_ += count;
  while (first_reply_ != nullptr &&
         reply_sent_ >= first_reply_->header_bytes + first_reply_->data_bytes) {
    Slot& slot = *first_reply_;
    reply_sent_ -= slot.header_bytes + slot.data_bytes;
    first_reply_ = slot.next;
    if (first_reply_ == nullptr) {
      last_reply_ = nullptr;
    }
    release(slot);
  }
  if (std::exchange(stalled_, false)) {
    parse();
  }
}

void Session::release(Slot& slot) {
  buffers_.give_back(std::move(slot.buffer));
  slot.buffer = {};
  slot.next = std::exchange(free_slots_, &slot);
}

}  // namespace io::nbd
