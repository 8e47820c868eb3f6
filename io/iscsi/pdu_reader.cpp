// See pdu_reader.h.
#include "io/iscsi/pdu_reader.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace io::iscsi {

size_t PduReader::buffers(std::span<iovec> out) {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ > buffer_.size() / 2) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, available());
    end_ -= begin_;
    begin_ = 0;
  }
  size_t used = 0;
  if (begin_ == end_) {  // nothing of the data waits in front of the sink
    for (; used < sink_.size() && used + 1 < out.size(); ++used) {
      out[used] = sink_[used];
    }
  }
  // Behind a sink that is only partly shown comes the rest of it.
  if (end_ < buffer_.size() && (begin_ != end_ || used == sink_.size())) {
    out[used++] = {buffer_.data() + end_, buffer_.size() - end_};
  }
  return used;
}

void PduReader::advance(size_t bytes) {
  if (begin_ == end_ && !sink_.empty()) {
    const size_t direct = std::min(bytes, data_left_);
    fill_sink(direct, nullptr);
    data_left_ -= direct;
    bytes -= direct;
  }
  BASE_ASSERT(bytes <= buffer_.size() - end_);
  end_ += bytes;
}

void PduReader::fill_sink(size_t bytes, const uint8_t* from) {
  while (bytes != 0) {
    iovec& piece = sink_.front();
    auto* const to = static_cast<uint8_t*>(piece.iov_base);
    const size_t count = std::min(bytes, piece.iov_len);
    if (from != nullptr) {
      std::memcpy(to, from, count);
      from += count;
    } else if (digests_.data) {
      crc_.add({to, count});
    }
    piece = {to + count, piece.iov_len - count};
    if (piece.iov_len == 0) {
      sink_ = sink_.subspan(1);
    }
    bytes -= count;
  }
}

bool PduReader::begin_pdu(Client& client) {
  if (available() < kHeaderBytes) {
    return false;
  }
  std::copy_n(buffer_.data() + begin_, kHeaderBytes, header_.raw.begin());
  const size_t header_bytes = kHeaderBytes + header_.ahs_bytes();
  const size_t digest_bytes = digests_.header ? kDigestBytes : 0;
  if (!digests_.header && !client.is_plausible(header_)) {
    return false;
  }
  if (available() < header_bytes + digest_bytes) {
    return false;
  }
  if (digests_.header) {
    const base::Bytes wire = base::Bytes(buffer_).subspan(begin_, header_bytes + kDigestBytes);
    Crc32c crc;
    crc.add(wire.first(header_bytes));
    if (!is_digest(wire.last(kDigestBytes), crc.value())) {
      client.on_damaged_header();
      return false;
    }
  }
  begin_ += header_bytes + digest_bytes;
  data_left_ = header_.data_bytes();
  tail_bytes_ = padded(data_left_) - data_left_;
  if (digests_.data && data_left_ != 0) {
    tail_bytes_ += kDigestBytes;
    crc_ = {};
  }
  sink_ = {};
  if (!client.on_header(header_, sink_)) {
    return false;
  }
  in_data_ = true;
  return true;
}

bool PduReader::next(Client& client) {
  if (!in_data_ && !begin_pdu(client)) {
    return false;
  }
  const size_t count = std::min(available(), data_left_);
  const base::Bytes arrived = base::Bytes(buffer_).subspan(begin_, count);
  if (digests_.data) {
    crc_.add(arrived);
  }
  if (!sink_.empty()) {
    fill_sink(count, arrived.data());
  }
  data_left_ -= count;
  begin_ += count;
  return data_left_ == 0 && available() >= tail_bytes_ && end_pdu(client);
}

// All of the PDU has come.
bool PduReader::end_pdu(Client& client) {
  const base::Bytes tail = base::Bytes(buffer_).subspan(begin_, tail_bytes_);
  begin_ += tail_bytes_;
  in_data_ = false;
  if (digests_.data && header_.data_bytes() != 0) {
    crc_.add(tail.first(tail.size() - kDigestBytes));  // padding is data to a digest
    if (!is_digest(tail.last(kDigestBytes), crc_.value())) {
      return client.on_damaged_data(header_);
    }
  }
  return client.on_pdu(header_);
}

}  // namespace io::iscsi
