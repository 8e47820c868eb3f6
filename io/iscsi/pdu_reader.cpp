// See pdu_reader.h.
#include "io/iscsi/pdu_reader.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace io::iscsi {

size_t PduReader::buffers(std::span<iovec, 2> out) {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ > kBufferBytes / 2) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, available());
    end_ -= begin_;
    begin_ = 0;
  }
  size_t used = 0;
  if (begin_ == end_ && !sink_.empty()) {  // nothing of the data waits in front of it
    out[used++] = {sink_.data(), sink_.size()};
  }
  if (end_ < kBufferBytes) {
    out[used++] = {buffer_.data() + end_, kBufferBytes - end_};
  }
  return used;
}

void PduReader::advance(size_t bytes) {
  if (begin_ == end_ && !sink_.empty()) {
    const size_t direct = std::min(bytes, sink_.size());
    if (digests_.data) {
      crc_.add(sink_.first(direct));
    }
    sink_ = sink_.subspan(direct);
    data_left_ -= direct;
    bytes -= direct;
  }
  BASE_ASSERT(bytes <= kBufferBytes - end_);
  end_ += bytes;
}

bool PduReader::begin_pdu(Client& client) {
  if (available() < kHeaderBytes) {
    return false;
  }
  std::copy_n(buffer_.data() + begin_, kHeaderBytes, header_.raw.begin());
  const size_t header_bytes = kHeaderBytes + header_.ahs_bytes();
  const size_t digest_bytes = digests_.header ? kDigestBytes : 0;
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
  BASE_ASSERT(sink_.empty() || sink_.size() == data_left_);
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
    base::copy_bounded(sink_, arrived);
    sink_ = sink_.subspan(count);
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
