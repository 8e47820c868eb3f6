// See out_queue.h.
#include "io/iscsi/out_queue.h"

#include <array>
#include <utility>

#include "base/assert.h"

namespace io::iscsi {
namespace {

constexpr size_t kMaxSpares = 16;
constexpr size_t kMaxSpareBytes = size_t{512} * 1024;
constexpr std::array<uint8_t, 3> kZeros{};

}  // namespace

void OutQueue::push(const Header& header, base::Bytes data, std::vector<uint8_t> keep) {
  Pdu& pdu = pdus_.emplace_back(Pdu{header, data, std::move(keep)});
  pdu.header.set_data_bytes(data.size());
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
    add(pdu.header.raw.data(), kHeaderBytes);
    add(pdu.data.data(), pdu.data.size());
    add(kZeros.data(), padded(pdu.data.size()) - pdu.data.size());
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
