// See send_queue.h.
#include "io/iscsi/initiator/send_queue.h"

#include <algorithm>
#include <utility>

namespace io::iscsi::initiator {
namespace {

constexpr size_t kFirstRing = 16;

}  // namespace

SendQueue::Pdu& SendQueue::add() {
  if (count_ == ring_.size()) {
    std::vector<Pdu> larger(std::max(kFirstRing, 2 * count_));
    for (size_t i = 0; i < count_; ++i) {
      Pdu& from = ring_[(first_ + i) & (ring_.size() - 1)];
      const bool kept = from.data.first == &from.own;
      larger[i] = std::move(from);
      if (kept) {
        larger[i].data.first = &larger[i].own;
      }
    }
    ring_ = std::move(larger);
    first_ = 0;
  }
  return ring_[(first_ + count_++) & (ring_.size() - 1)];
}

void SendQueue::push(const Header& header, const SliceRun& data, uint32_t owner) {
  Pdu& pdu = add();
  pdu.owner = owner;
  pdu.data = data;
  seal(pdu, header);
}

void SendQueue::push_text(const Header& header, std::string_view text) {
  Pdu& pdu = add();
  pdu.owner = kNoTag;
  pdu.keep.assign(text.begin(), text.end());
  pdu.own = {pdu.keep.data(), pdu.keep.size()};
  pdu.data = {&pdu.own, 0, text.size()};
  seal(pdu, header);
}

void SendQueue::seal(Pdu& pdu, const Header& header) {
  std::copy(header.raw.begin(), header.raw.end(), pdu.head.begin());
  base::store_be24(&pdu.head[5], static_cast<uint32_t>(pdu.data.bytes));
  pdu.head_bytes = kHeaderBytes;
  if (digests_.header) {
    Crc32c crc;
    crc.add(base::Bytes(pdu.head).first(kHeaderBytes));
    const auto digest = digest_bytes(crc.value());
    std::copy(digest.begin(), digest.end(), pdu.head.begin() + kHeaderBytes);
    pdu.head_bytes += kDigestBytes;
  }
  pdu.tail = {};
  pdu.tail_bytes = static_cast<uint8_t>(padded(pdu.data.bytes) - pdu.data.bytes);
  if (digests_.data && pdu.data.bytes != 0) {
    Crc32c crc;
    pdu.data.for_each_piece([&crc](base::MutableBytes piece) {
      crc.add(piece);
      return true;
    });
    crc.add(base::Bytes(pdu.tail).first(pdu.tail_bytes));  // padding is data to a digest
    const auto digest = digest_bytes(crc.value());
    std::copy(digest.begin(), digest.end(), pdu.tail.begin() + pdu.tail_bytes);
    pdu.tail_bytes = static_cast<uint8_t>(pdu.tail_bytes + kDigestBytes);
  }
  bytes_ += pdu.total();
}

size_t SendQueue::gather(std::span<iovec> out) const {
  size_t used = 0;
  size_t skip = sent_of_first_;
  const auto add = [&](const uint8_t* bytes, size_t count) {
    const size_t skipped = std::min(skip, count);
    skip -= skipped;
    if (skipped < count) {
      out[used++] = {const_cast<uint8_t*>(bytes) + skipped, count - skipped};
    }
    return used < out.size();
  };
  for (size_t i = 0; i < count_; ++i) {
    const Pdu& pdu = ring_[(first_ + i) & (ring_.size() - 1)];
    bool room = add(pdu.head.data(), pdu.head_bytes);
    if (room && pdu.data.bytes != 0) {
      pdu.data.for_each_piece([&](base::MutableBytes piece) {
        room = add(piece.data(), piece.size());
        return room;
      });
      room = room && add(pdu.tail.data(), pdu.tail_bytes);
    }
    if (!room) {
      break;
    }
  }
  return used;
}

void SendQueue::forget(uint32_t owner) {
  for (size_t i = 0; i < count_; ++i) {
    Pdu& pdu = ring_[(first_ + i) & (ring_.size() - 1)];
    if (pdu.owner != owner) {
      continue;
    }
    pdu.owner = kNoTag;
    if (i == 0 && sent_of_first_ != 0) {
      keep_data(pdu);
    } else {
      bytes_ -= pdu.total();
      pdu.head_bytes = pdu.tail_bytes = 0;
      pdu.data = {};
    }
  }
}

void SendQueue::keep_data(Pdu& pdu) {
  pdu.keep.clear();
  pdu.data.for_each_piece([&pdu](base::MutableBytes piece) {
    pdu.keep.insert(pdu.keep.end(), piece.begin(), piece.end());
    return true;
  });
  pdu.own = {pdu.keep.data(), pdu.keep.size()};
  pdu.data = {&pdu.own, 0, pdu.keep.size()};
}

void SendQueue::clear() {
  first_ = count_ = sent_of_first_ = bytes_ = 0;
}

}  // namespace io::iscsi::initiator
