// See out_queue.h.
#include "io/iscsi/out_queue.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace io::iscsi {
namespace {

constexpr size_t kMaxSpares = 16;
constexpr size_t kMaxSpareBytes = size_t{512} * 1024;

}  // namespace

std::array<uint8_t, kDigestBytes> OutQueue::digest_of(base::Bytes bytes, base::Bytes more) const {
  Crc32c crc;
  crc.add(bytes);
  crc.add(more);
  return digest_bytes(spoil_ ? ~crc.value() : crc.value());
}

void OutQueue::push(const Header& header, base::Bytes data, std::vector<uint8_t> keep) {
  Pdu& pdu = pdus_.emplace_back();
  pdu.data = data;
  pdu.keep = std::move(keep);
  Header sized = header;
  sized.set_data_bytes(data.size());
  std::copy(sized.raw.begin(), sized.raw.end(), pdu.head.begin());
  if (digests_.header) {
    const auto digest = digest_of(sized.raw, {});
    std::copy(digest.begin(), digest.end(), pdu.head.begin() + kHeaderBytes);
    pdu.head_bytes += kDigestBytes;
  }
  pdu.tail_bytes = padded(data.size()) - data.size();
  if (digests_.data && !data.empty()) {
    const auto digest = digest_of(data, base::Bytes(pdu.tail).first(pdu.tail_bytes));
    std::copy(digest.begin(), digest.end(),
              pdu.tail.begin() + static_cast<std::ptrdiff_t>(pdu.tail_bytes));
    pdu.tail_bytes += kDigestBytes;
  }
  bytes_ += pdu.total();
}

void OutQueue::push_owned(const Header& header, std::vector<uint8_t> data) {
  const base::Bytes all(data);  // moving the vector does not move its bytes
  push(header, all, std::move(data));
}

size_t OutQueue::gather(std::span<iovec> out) const {
  size_t used = 0;
  size_t skip = sent_of_first_;
  const auto add = [&](const uint8_t* bytes, size_t count) {
    const size_t skipped = skip < count ? skip : count;
    skip -= skipped;
    if (skipped < count) {
      out[used++] = {const_cast<uint8_t*>(bytes) + skipped, count - skipped};
    }
  };
  for (const Pdu& pdu : pdus_) {
    if (out.size() - used < 3) {
      break;
    }
    add(pdu.head.data(), pdu.head_bytes);
    add(pdu.data.data(), pdu.data.size());
    add(pdu.tail.data(), pdu.tail_bytes);
  }
  return used;
}

void OutQueue::sent(size_t bytes) {
  BASE_ASSERT(bytes <= bytes_);
  bytes_ -= bytes;
  sent_of_first_ += bytes;
  while (!pdus_.empty() && sent_of_first_ >= pdus_.front().total()) {
    sent_of_first_ -= pdus_.front().total();
    recycle(std::move(pdus_.front().keep));
    pdus_.pop_front();
  }
}

void OutQueue::clear() {
  pdus_.clear();
  sent_of_first_ = 0;
  bytes_ = 0;
}

std::vector<uint8_t> OutQueue::take_spare() {
  if (spares_.empty()) {
    return {};
  }
  std::vector<uint8_t> spare = std::move(spares_.back());
  spares_.pop_back();
  return spare;
}

void OutQueue::recycle(std::vector<uint8_t>&& buffer) {
  if (buffer.capacity() != 0 && buffer.capacity() <= kMaxSpareBytes &&
      spares_.size() < kMaxSpares) {
    buffer.clear();
    spares_.push_back(std::move(buffer));
  }
}

}  // namespace io::iscsi
