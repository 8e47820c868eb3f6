// What one connection of the initiator has to send. Data is shown where the caller has it; when the
// caller takes its buffers back early, what has not begun is forgotten and what has begun is
// copied.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "io/iscsi/digest.h"
#include "io/iscsi/initiator/slice_run.h"
#include "io/iscsi/pdu.h"

namespace io::iscsi::initiator {

class SendQueue {
 public:
  // For the PDUs queued from now on.
  void use(const Digests& digests) { digests_ = digests; }

  // Queues a PDU; its data segment length, padding and digests are filled in here. `owner` is told
  // by sent(), and names the PDUs of a task in forget().
  void push(const Header& header, const SliceRun& data, uint32_t owner);
  // `text` is copied.
  void push_text(const Header& header, std::string_view text);

  // Fills `out` with what is next to send, in order; returns how many entries were used.
  size_t gather(std::span<iovec> out) const;
  // `bytes` of what gather() showed are gone. Calls `on_sent(owner, opcode)` for each PDU that
  // has gone out to its end.
  template <typename OnSent>
  void sent(size_t bytes, OnSent on_sent) {
    bytes_ -= bytes;
    sent_of_first_ += bytes;
    while (count_ != 0 && sent_of_first_ >= front().total()) {
      sent_of_first_ -= front().total();
      on_sent(front().owner, static_cast<uint8_t>(front().head[0] & 0x3f));
      if (front().keep.capacity() > kMaxSpareBytes) {
        front().keep = {};
      }
      first_ = (first_ + 1) & (ring_.size() - 1);
      --count_;
    }
  }
  // The owner's slices are going away: nothing of them is read after this, and sent() does not
  // name it again.
  void forget(uint32_t owner);

  bool empty() const { return bytes_ == 0; }
  size_t bytes() const { return bytes_; }
  size_t count() const { return count_; }
  void clear();

 private:
  struct Pdu {
    std::array<uint8_t, kHeaderBytes + kDigestBytes> head{};
    uint8_t head_bytes = 0;
    uint8_t tail_bytes = 0;
    std::array<uint8_t, 3 + kDigestBytes> tail{};  // padding and digest
    uint32_t owner = kNoTag;
    SliceRun data;
    mpio::IoSlice own;          // what `data` shows when the bytes are in `keep`
    std::vector<uint8_t> keep;  // its capacity is used again
    size_t total() const { return head_bytes + data.bytes + tail_bytes; }
  };
  static constexpr size_t kMaxSpareBytes = 4096;

  Pdu& front() { return ring_[first_]; }
  Pdu& add();
  void keep_data(Pdu& pdu);
  void seal(Pdu& pdu, const Header& header);

  Digests digests_;
  std::vector<Pdu> ring_;  // a power of two
  size_t first_ = 0;
  size_t count_ = 0;
  size_t sent_of_first_ = 0;
  size_t bytes_ = 0;
};

}  // namespace io::iscsi::initiator
