// Writes whose fate is unknown. A command that changes blocks and was given up without an answer
// may still be executed by its target, however late: bytes that a frozen target or a healed network
// still holds. Its identical retry may go elsewhere at once. A newer command that changes one of
// the same blocks must wait until the record is settled: by a new login of the same initiator port
// to the same target port, which ends the old session's tasks first (RFC 7143 6.3.5), or by a
// configured time. See docs/late-writes.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mpio {

struct UnsettledWrite {
  unsigned path = 0;
  uint64_t request = 0;  // the disk's number of the request
  uint64_t lba = 0;
  uint64_t blocks = 0;
  uint64_t since_ns = 0;
  uint64_t tick = 0;
};

class UnsettledWrites {
 public:
  bool empty() const { return records_.empty(); }
  const std::vector<UnsettledWrite>& records() const { return records_; }

  // A moment in the order of things; hand it in as `first_sent` later.
  uint64_t tick() { return ++tick_; }
  void add(unsigned path, uint64_t request, uint64_t lba, uint64_t blocks, uint64_t now_ns);
  // A login to this path's target port has succeeded.
  void settle_path(unsigned path);
  // Records older than `age_ns` count as dead; returns how many.
  size_t expire(uint64_t now_ns, uint64_t age_ns);
  // When expire() has something to do next; UINT64_MAX: never.
  uint64_t next_expiry_ns(uint64_t age_ns) const;

  // Must a command that changes these blocks wait? Not for records of its own request, nor for
  // those made after it was first sent (`first_sent`, 0: not yet): then the client had both in
  // flight at once.
  bool must_wait(uint64_t request, uint64_t first_sent, uint64_t lba, uint64_t blocks) const;

 private:
  std::vector<UnsettledWrite> records_;
  uint64_t tick_ = 0;
};

}  // namespace mpio
