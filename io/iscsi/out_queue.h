// What one connection has to send: headers of its own, data by reference until it is sent.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "io/iscsi/digest.h"
#include "io/iscsi/pdu.h"

namespace io::iscsi {

class OutQueue {
 public:
  // For the PDUs queued from now on.
  void use(const Digests& digests) { digests_ = digests; }
  // Makes their digests wrong, until told otherwise: a fault.
  void spoil_digests(bool spoil) { spoil_ = spoil; }

  // Queues a PDU; its data segment length, padding and digests are filled in here. `data` must stay
  // valid until it is sent: it lies in `keep` of this PDU or of a later one (several Data-In PDUs
  // share one buffer, the last keeps it).
  void push(const Header& header, base::Bytes data, std::vector<uint8_t> keep = {});
  // A PDU whose data is all of `data`.
  void push_owned(const Header& header, std::vector<uint8_t> data);

  // Fills `out` with what is next to send, in order; returns how many entries were used.
  size_t gather(std::span<iovec> out) const;
  // `bytes` of what gather() showed are gone.
  void sent(size_t bytes);

  bool empty() const { return pdus_.empty(); }
  size_t bytes() const { return bytes_; }
  void clear();

  // An empty vector, with the capacity of a buffer sent earlier if there is one.
  std::vector<uint8_t> take_spare();

 private:
  struct Pdu {
    std::array<uint8_t, kHeaderBytes + kDigestBytes> head{};
    size_t head_bytes = kHeaderBytes;
    base::Bytes data;
    std::array<uint8_t, 3 + kDigestBytes> tail{};  // padding and digest
    size_t tail_bytes = 0;
    std::vector<uint8_t> keep;
    size_t total() const { return head_bytes + data.size() + tail_bytes; }
  };
  std::array<uint8_t, kDigestBytes> digest_of(base::Bytes bytes, base::Bytes more) const;
  void recycle(std::vector<uint8_t>&& buffer);

  Digests digests_;
  bool spoil_ = false;
  std::deque<Pdu> pdus_;
  size_t sent_of_first_ = 0;
  size_t bytes_ = 0;
  std::vector<std::vector<uint8_t>> spares_;
};

}  // namespace io::iscsi
